/**
 * How far a guest has come, told from what it prints: a row per line that marks a step. The rows know Linux; for other guests there is no phase.
 */

interface Mark {
  readonly text: RegExp;
  readonly phase: string;
}

/** In the order in which they come; a later row wins. A kernel that boots again starts over with the first. */
const MARKS: readonly Mark[] = [
  { text: /Linux version \d/, phase: 'kernel' },
  { text: /(?:Memory: \d+K|PCI: Using|clocksource:)/, phase: 'devices' },
  { text: /(?:Unpacking initramfs|Trying to unpack rootfs)/, phase: 'initramfs' },
  { text: /Run \/\S+ as init process/, phase: 'init' },
  // A prompt, and after it the question for the cursor's place that line editors ask.
  { text: /(?:^|[\n\r])[^\n\r]{0,60}[#$] (?:.\[6n)?$/, phase: 'shell' },
];

/** Longer than any mark: what of the text before is looked at again, since a piece may end inside of one. */
const OVERLAP = 120;

export class BootPhase {
  readonly #decoder = new TextDecoder();
  #tail = '';
  #row = -1;

  /** Undefined: no mark has been seen. */
  get phase(): string | undefined {
    return MARKS[this.#row]?.phase;
  }

  /** Look at what the guest printed next. */
  see(bytes: Uint8Array): void {
    if (this.#row === MARKS.length - 1 && bytes.length > OVERLAP * 100) return;
    const text = this.#tail + this.#decoder.decode(bytes, { stream: true });
    for (const [row, mark] of MARKS.entries()) {
      if ((row > this.#row || row === 0) && mark.text.test(text)) this.#row = row;
    }
    this.#tail = text.slice(-OVERLAP);
  }
}
