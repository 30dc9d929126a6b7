/**
 * How far a guest has come, told from what it prints: a row per line that marks a step. The rows know Linux; for other guests there is no phase.
 */

interface Mark {
  readonly text: RegExp;
  readonly phase: string;
}

/** In the order in which they come; a later row wins. The first means that a kernel starts, perhaps once more. */
const MARKS: readonly Mark[] = [
  { text: /Linux version \d/, phase: 'kernel' },
  { text: /Memory: \d+K|PCI: Using|clocksource:/, phase: 'devices' },
  { text: /Unpacking initramfs|Trying to unpack rootfs/, phase: 'initramfs' },
  { text: /Run \/\S+ as init process/, phase: 'init' },
];
/** Of a line that has no end yet: a prompt, and after it the question for the cursor's place that line editors ask. */
const PROMPT = /^[^\n\r]{0,60}[#$] (?:.\[6n)?$/;
const SHELL = 'shell';

/** Longer than any mark and its time stamp: of a line without an end, no more is kept. */
const LINE_LIMIT = 300;

export class BootPhase {
  readonly #decoder = new TextDecoder();
  #line = '';
  #row = -1;
  #shell = false;

  /** Undefined: no mark has been seen. */
  get phase(): string | undefined {
    return this.#shell ? SHELL : MARKS[this.#row]?.phase;
  }

  /** Look at what the guest printed next. */
  see(bytes: Uint8Array): void {
    const lines = (this.#line + this.#decoder.decode(bytes, { stream: true })).split(/[\r\n]+/);
    const rest = lines.pop() ?? '';
    for (const line of lines) this.#look(line);
    this.#look(rest);
    if (PROMPT.test(rest)) this.#shell = true;
    this.#line = rest.slice(-LINE_LIMIT);
  }

  #look(line: string): void {
    const row = MARKS.findIndex((mark) => mark.text.test(line));
    if (row === 0) this.#shell = false;
    if (row === 0 || row > this.#row) this.#row = row;
  }
}
