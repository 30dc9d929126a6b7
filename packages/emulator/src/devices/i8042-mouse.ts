/** PS/2 mouse with the wheel and five buttons of the IntelliMouse extensions (IBM PS/2 hardware interface, mouse section). Knows no controller. */
import type { SavedValue } from './device.ts';
import type { SavedFields } from './saved-fields.ts';

const Command = {
  scale1: 0xe6, scale2: 0xe7, resolution: 0xe8, status: 0xe9, stream: 0xea, readData: 0xeb, unwrap: 0xec, wrap: 0xee, remote: 0xf0,
  identify: 0xf2, rate: 0xf3, enable: 0xf4, disable: 0xf5, defaults: 0xf6, resend: 0xfe, reset: 0xff,
} as const;
const Reply = { ack: 0xfa, passed: 0xaa, error: 0xfc } as const;
/** Plain mouse, with wheel, with five buttons: what setting these three rates in a row turns it into. */
const Identity = { plain: 0, wheel: 3, buttons: 4 } as const;
const KNOCKS = [{ rates: [200, 100, 80], from: Identity.plain, to: Identity.wheel }, { rates: [200, 200, 80], from: Identity.wheel, to: Identity.buttons }] as const;
const Status = { remote: 0x40, enabled: 0x20, scale2: 0x10 } as const;
const DEFAULT_RATE = 100;
const DEFAULT_RESOLUTION = 2;
/** Movement that one packet can carry. */
const LIMIT = 255;
const WHEEL_LIMIT = 7;
/** Movement that waits to be reported: some screens. */
const BACKLOG = 10_000;
const REPLIES_LIMIT = 64;
/** Scaling 2:1 of small movements; larger ones double. */
const SCALED = [0, 1, 1, 3, 6, 9] as const;

export const MouseButton = { left: 1, right: 2, middle: 4, side: 8, extra: 16 } as const;

export class Ps2Mouse {
  readonly #onOutput: () => void;
  #output: number[] = [];
  #enabled = false;
  #remote = false;
  #wrap = false;
  #scale2 = false;
  #resolution: number = DEFAULT_RESOLUTION;
  #rate: number = DEFAULT_RATE;
  #identity: number = Identity.plain;
  #lastRates = [0, 0, 0];
  #awaiting: number | undefined;
  #last: readonly number[] = [];
  /** Movement not yet reported: right, up, wheel towards the user. */
  #dx = 0;
  #dy = 0;
  #dz = 0;
  #buttons = 0;
  /** Buttons or movement changed since the last packet. */
  #changed = false;

  /** @param onOutput there is something to {@link take} */
  constructor(onOutput: () => void) {
    this.#onOutput = onOutput;
  }

  /**
   * The mouse moved, or its buttons changed.
   * @param dx to the right; @param dy upwards; @param dz wheel, towards the user; @param buttons all that are down: see {@link MouseButton}
   */
  move(dx: number, dy: number, dz: number, buttons: number): void {
    this.#dx = clamp(this.#dx + Math.trunc(dx), BACKLOG);
    this.#dy = clamp(this.#dy + Math.trunc(dy), BACKLOG);
    this.#dz = clamp(this.#dz + Math.trunc(dz), BACKLOG);
    this.#changed = true;
    this.#buttons = buttons & 0x1f;
    if (this.#enabled && !this.#remote && !this.#wrap && this.#output.length === 0) this.#onOutput();
  }

  /** A byte from the controller. */
  write(byte: number): void {
    if (this.#wrap && byte !== Command.unwrap && byte !== Command.reset) {
      this.#send([byte]);
      return;
    }
    const command = this.#awaiting;
    this.#awaiting = undefined;
    if (command === undefined) this.#command(byte);
    else this.#parameter(command, byte);
  }

  /** The next byte for the controller: a reply, or of a packet, which is made when there is room for it. */
  take(): number | undefined {
    if (this.#output.length === 0 && this.#enabled && !this.#remote && !this.#wrap && this.#changed) this.#output.push(...this.#packet());
    return this.#output.shift();
  }

  reset(): void {
    this.#output = [];
    this.#defaults();
    this.#wrap = false;
    this.#identity = Identity.plain;
    this.#lastRates = [0, 0, 0];
    this.#awaiting = undefined;
    this.#buttons = 0;
  }

  save(): SavedValue {
    return {
      output: [...this.#output], enabled: this.#enabled, remote: this.#remote, wrap: this.#wrap, scale2: this.#scale2, resolution: this.#resolution,
      rate: this.#rate, identity: this.#identity, lastRates: [...this.#lastRates], awaiting: this.#awaiting ?? null, last: [...this.#last],
      moved: [this.#dx, this.#dy, this.#dz], buttons: this.#buttons, changed: this.#changed,
    };
  }

  load(from: SavedFields): void {
    this.#output = from.ints('output', { max: REPLIES_LIMIT * 2 }, 0, 0xff);
    this.#enabled = from.bool('enabled');
    this.#remote = from.bool('remote');
    this.#wrap = from.bool('wrap');
    this.#scale2 = from.bool('scale2');
    this.#resolution = from.byte('resolution');
    this.#rate = from.byte('rate');
    this.#identity = from.int('identity', Identity.plain, Identity.buttons);
    this.#lastRates = from.ints('lastRates', 3, 0, 0xff);
    this.#awaiting = from.intOrNull('awaiting', 0, 0xff) ?? undefined;
    this.#last = from.ints('last', { max: REPLIES_LIMIT }, 0, 0xff);
    [this.#dx, this.#dy, this.#dz] = from.ints('moved', 3, -BACKLOG, BACKLOG);
    this.#buttons = from.int('buttons', 0, 0x1f);
    this.#changed = from.bool('changed');
  }

  #defaults(): void {
    this.#enabled = false;
    this.#remote = false;
    this.#scale2 = false;
    this.#resolution = DEFAULT_RESOLUTION;
    this.#rate = DEFAULT_RATE;
    this.#forgetMovement();
  }

  #forgetMovement(): void {
    this.#dx = 0;
    this.#dy = 0;
    this.#dz = 0;
    this.#changed = false;
  }

  #send(bytes: readonly number[]): void {
    this.#last = bytes;
    // A guest that asks and never reads gets no more than this.
    if (this.#output.length < REPLIES_LIMIT) this.#output.push(...bytes);
    this.#onOutput();
  }

  #command(byte: number): void {
    switch (byte) {
      case Command.scale1:
      case Command.scale2:
        this.#scale2 = byte === Command.scale2;
        break;
      case Command.resolution:
      case Command.rate:
        this.#awaiting = byte;
        break;
      case Command.status:
        this.#send([Reply.ack, this.#status(), this.#resolution, this.#rate]);
        return;
      case Command.stream:
      case Command.remote:
        this.#remote = byte === Command.remote;
        this.#forgetMovement();
        break;
      case Command.readData:
        this.#send([Reply.ack, ...this.#packet()]);
        return;
      case Command.wrap:
      case Command.unwrap:
        this.#wrap = byte === Command.wrap;
        break;
      case Command.identify:
        this.#send([Reply.ack, this.#identity]);
        return;
      case Command.enable:
      case Command.disable:
        this.#enabled = byte === Command.enable;
        this.#forgetMovement();
        break;
      case Command.defaults:
        this.#defaults();
        break;
      case Command.resend:
        this.#send(this.#last);
        return;
      case Command.reset:
        this.reset();
        this.#send([Reply.ack, Reply.passed, Identity.plain]);
        return;
      default:
        this.#send([Reply.error]);
        return;
    }
    this.#send([Reply.ack]);
  }

  #parameter(command: number, byte: number): void {
    if (command === Command.resolution) {
      this.#resolution = byte & 3;
    } else {
      this.#rate = byte;
      this.#lastRates = [...this.#lastRates.slice(1), byte];
      const knock = KNOCKS.find(({ rates, from }) => this.#identity === from && rates.every((rate, index) => rate === this.#lastRates[index]));
      if (knock !== undefined) this.#identity = knock.to;
    }
    this.#send([Reply.ack]);
  }

  #status(): number {
    const { left, right, middle } = MouseButton;
    const buttons = ((this.#buttons & left) !== 0 ? 4 : 0) | ((this.#buttons & middle) !== 0 ? 2 : 0) | ((this.#buttons & right) !== 0 ? 1 : 0);
    return buttons | (this.#remote ? Status.remote : 0) | (this.#enabled ? Status.enabled : 0) | (this.#scale2 ? Status.scale2 : 0);
  }

  /** As much of the movement as one packet takes; the rest stays. */
  #packet(): number[] {
    const dx = clamp(this.#dx, LIMIT);
    const dy = clamp(this.#dy, LIMIT);
    const dz = clamp(this.#dz, WHEEL_LIMIT);
    this.#dx -= dx;
    this.#dy -= dy;
    this.#dz = this.#identity === Identity.plain ? 0 : this.#dz - dz;
    this.#changed = this.#dx !== 0 || this.#dy !== 0 || this.#dz !== 0;
    const [x, y] = this.#remote ? [dx, dy] : [this.#scaled(dx), this.#scaled(dy)];
    const packet = [0x08 | (this.#buttons & 7) | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0), x & 0xff, y & 0xff];
    if (this.#identity === Identity.wheel) packet.push(dz & 0xff);
    if (this.#identity === Identity.buttons) packet.push((dz & 0x0f) | ((this.#buttons & 0x18) << 1));
    return packet;
  }

  #scaled(value: number): number {
    if (!this.#scale2) return value;
    const size = Math.abs(value);
    return Math.sign(value) * Math.min(LIMIT, SCALED[size] ?? size * 2);
  }
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
