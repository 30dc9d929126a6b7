/** PS/2 keyboard of 101 keys and more (IBM PS/2 hardware interface, keyboard section): commands, scan code sets 1 and 2. Knows no controller. */
import type { SavedValue } from './device.ts';
import { BREAK_PREFIX, EXTENDED_PREFIX, SET1_BREAK, toSet1 } from './i8042-scancodes.ts';
import type { SavedFields } from './saved-fields.ts';

const Command = {
  leds: 0xed, echo: 0xee, scanCodeSet: 0xf0, identify: 0xf2, rate: 0xf3, enable: 0xf4, disable: 0xf5, defaults: 0xf6,
  resend: 0xfe, reset: 0xff,
} as const;
/** Commands of set 3, which this keyboard has not: accepted, without effect. */
const SET3_FIRST = 0xf7;
const SET3_LAST = 0xfa;
const Reply = { ack: 0xfa, resend: 0xfe, passed: 0xaa } as const;
const IDENTITY = [0xab, 0x83] as const;
/** Bytes that wait for the controller: more than a person types while a guest is busy. A key that does not fit is lost whole. */
const BUFFER_BYTES = 256;
/** Pause sends its press and release at once, and nothing when it is released. */
const PAUSE = { set1: [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5], set2: [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77] } as const;
/** Key code of Pause for {@link Ps2Keyboard.key}. */
export const PAUSE_KEY = 0xe114;

export class Ps2Keyboard {
  readonly #onOutput: () => void;
  #output: number[] = [];
  #scanning = true;
  #set: 1 | 2 = 2;
  /** Command whose parameter comes next. */
  #awaiting: number | undefined;
  #leds = 0;
  #last = 0;

  /** @param onOutput there is something to {@link take} */
  constructor(onOutput: () => void) {
    this.#onOutput = onOutput;
  }

  /** Lights: bit 0 scroll, 1 num, 2 caps lock. */
  get leds(): number {
    return this.#leds;
  }

  /**
   * A key goes down (or repeats) or up.
   * @param code set 2 code of the key; 0xE0nn for an extended one, {@link PAUSE_KEY} for Pause
   * @returns false when the buffer is full or the guest has switched the keyboard off
   */
  key(code: number, pressed: boolean): boolean {
    if (!this.#scanning) return false;
    const bytes = this.#sequence(code, pressed);
    if (this.#output.length + bytes.length > BUFFER_BYTES) return false;
    this.#send(bytes);
    return true;
  }

  /** A byte from the controller. */
  write(byte: number): void {
    const command = this.#awaiting;
    this.#awaiting = undefined;
    if (command === undefined || byte >= Command.leds) this.#command(byte);
    else this.#parameter(command, byte);
  }

  /** The next byte for the controller. */
  take(): number | undefined {
    const byte = this.#output.shift();
    if (byte !== undefined) this.#last = byte;
    return byte;
  }

  reset(): void {
    this.#output = [];
    this.#awaiting = undefined;
    this.#leds = 0;
    this.#defaults();
    this.#scanning = true;
  }

  save(): SavedValue {
    return {
      output: [...this.#output], scanning: this.#scanning, set: this.#set, awaiting: this.#awaiting ?? null, leds: this.#leds, last: this.#last,
    };
  }

  load(from: SavedFields): void {
    this.#output = from.ints('output', { max: BUFFER_BYTES * 2 }, 0, 0xff);
    this.#scanning = from.bool('scanning');
    this.#set = from.int('set', 1, 2) === 1 ? 1 : 2;
    this.#awaiting = from.intOrNull('awaiting', 0, 0xff) ?? undefined;
    this.#leds = from.int('leds', 0, 7);
    this.#last = from.byte('last');
  }

  #sequence(code: number, pressed: boolean): readonly number[] {
    if (code === PAUSE_KEY) return pressed ? PAUSE[this.#set === 1 ? 'set1' : 'set2'] : [];
    const prefix = code >> 8 === EXTENDED_PREFIX ? [EXTENDED_PREFIX] : [];
    const key = code & 0xff;
    if (this.#set === 1) return [...prefix, pressed ? toSet1(key) : toSet1(key) | SET1_BREAK];
    return [...prefix, ...(pressed ? [] : [BREAK_PREFIX]), key];
  }

  #send(bytes: readonly number[]): void {
    this.#output.push(...bytes);
    if (bytes.length > 0) this.#onOutput();
  }

  #defaults(): void {
    this.#set = 2;
  }

  #command(byte: number): void {
    switch (byte) {
      case Command.leds:
      case Command.scanCodeSet:
      case Command.rate:
        this.#awaiting = byte;
        this.#send([Reply.ack]);
        return;
      case Command.echo:
        this.#send([Command.echo]);
        return;
      case Command.identify:
        this.#send([Reply.ack, ...IDENTITY]);
        return;
      case Command.enable:
        // Buffered keys are forgotten.
        this.#output = [];
        this.#scanning = true;
        this.#send([Reply.ack]);
        return;
      case Command.disable:
        this.#defaults();
        this.#scanning = false;
        this.#send([Reply.ack]);
        return;
      case Command.defaults:
        this.#defaults();
        this.#scanning = true;
        this.#send([Reply.ack]);
        return;
      case Command.resend:
        this.#send([this.#last]);
        return;
      case Command.reset:
        this.reset();
        this.#send([Reply.ack, Reply.passed]);
        return;
      default:
        this.#send([byte >= SET3_FIRST && byte <= SET3_LAST ? Reply.ack : Reply.resend]);
    }
  }

  #parameter(command: number, byte: number): void {
    if (command === Command.scanCodeSet && byte === 0) {
      this.#send([Reply.ack, this.#set]);
      return;
    }
    if (command === Command.scanCodeSet && byte !== 1 && byte !== 2) {
      this.#awaiting = command;
      this.#send([Reply.resend]);
      return;
    }
    if (command === Command.scanCodeSet) this.#set = byte === 1 ? 1 : 2;
    if (command === Command.leds) this.#leds = byte & 7;
    this.#send([Reply.ack]);
  }
}
