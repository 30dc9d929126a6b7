/**
 * The keyboard controller of a PC/AT with PS/2 mouse port: ports 0x60 and 0x64, lines 1 and 12 (IBM PS/2 hardware interface, keyboard and
 * auxiliary device controller). It answers at once; a byte waits in the output buffer until the guest reads it.
 */
import type { A20Gate } from './a20-gate.ts';
import type { Device, DeviceBus, IrqLine, SavedValue } from './device.ts';
import { Ps2Keyboard } from './i8042-keyboard.ts';
import { Ps2Mouse } from './i8042-mouse.ts';
import { BREAK_PREFIX, SET1_BREAK, toSet1 } from './i8042-scancodes.ts';
import { SavedFields } from './saved-fields.ts';

const DATA_PORT = 0x60;
const COMMAND_PORT = 0x64;
const KEYBOARD_LINE = 1;
const AUX_LINE = 12;

const Status = { outputFull: 0x01, system: 0x04, command: 0x08, unlocked: 0x10, aux: 0x20 } as const;
/** Command byte: RAM cell 0. */
const Mode = { keyboardInterrupt: 0x01, auxInterrupt: 0x02, system: 0x04, keyboardOff: 0x10, auxOff: 0x20, translate: 0x40 } as const;
const Command = {
  readRam: 0x20, writeRam: 0x60, passwordInstalled: 0xa4, auxOff: 0xa7, auxOn: 0xa8, auxTest: 0xa9, selfTest: 0xaa, keyboardTest: 0xab, keyboardOff: 0xad,
  keyboardOn: 0xae, readInput: 0xc0, readOutput: 0xd0, writeOutput: 0xd1, keyboardLoop: 0xd2, auxLoop: 0xd3, auxWrite: 0xd4, a20Off: 0xdd,
  a20On: 0xdf, testInputs: 0xe0, pulse: 0xf0,
} as const;
const RAM_BYTES = 32;
const OutputPort = { noReset: 0x01, a20: 0x02, keyboardFull: 0x10, auxFull: 0x20, ones: 0xcc } as const;
const SELF_TEST_PASSED = 0x55;
const NO_PASSWORD = 0xf1;
/** Keyboard not locked, colour display, no jumper. */
const INPUT_PORT = 0xa0;
/** As firmware leaves it: keyboard with interrupt and translation, mouse port off. */
const RESET_MODE = Mode.keyboardInterrupt | Mode.system | Mode.auxOff | Mode.translate;
const REPLIES_LIMIT = 16;
/** Flag of a queued reply: it comes from the mouse port. */
const FROM_AUX = 0x100;

export class I8042 implements Device {
  readonly id = 'i8042';
  readonly keyboard = new Ps2Keyboard(() => this.#fill());
  readonly mouse = new Ps2Mouse(() => this.#fill());
  readonly #a20: A20Gate;
  readonly #control: DeviceBus['control'];
  readonly #keyboardIrq: IrqLine;
  readonly #auxIrq: IrqLine;
  /** Cell 0 is the command byte. */
  readonly #ram = new Uint8Array(RAM_BYTES);
  #outputFull = false;
  #outputAux = false;
  #output = 0;
  /** The controller's own answers: before what the devices send. */
  #replies: number[] = [];
  /** Command whose parameter port 0x60 takes next. */
  #awaiting: number | undefined;
  #lastWasCommand = false;
  /** Translation has swallowed a break prefix. */
  #break = false;

  constructor(bus: Pick<DeviceBus, 'irq' | 'attachPorts' | 'control'>, options: { readonly a20: A20Gate }) {
    this.#a20 = options.a20;
    this.#control = bus.control;
    this.#keyboardIrq = bus.irq(KEYBOARD_LINE);
    this.#auxIrq = bus.irq(AUX_LINE);
    this.#ram[0] = RESET_MODE;
    bus.attachPorts(DATA_PORT, DATA_PORT, {
      maxSize: 1,
      read: () => this.#read(),
      write: (_port, _size, value) => this.#writeData(value),
    });
    bus.attachPorts(COMMAND_PORT, COMMAND_PORT, {
      maxSize: 1,
      read: () => this.#status,
      write: (_port, _size, value) => this.#writeCommand(value),
    });
  }

  reset(): void {
    this.#ram.fill(0);
    this.#ram[0] = RESET_MODE;
    this.#outputFull = false;
    this.#replies = [];
    this.#awaiting = undefined;
    this.#lastWasCommand = false;
    this.#break = false;
    this.keyboard.reset();
    this.mouse.reset();
    this.#drive();
  }

  save(): SavedValue {
    return {
      ram: this.#ram.slice(), outputFull: this.#outputFull, outputAux: this.#outputAux, output: this.#output, replies: [...this.#replies],
      awaiting: this.#awaiting ?? null, lastWasCommand: this.#lastWasCommand, break: this.#break, keyboard: this.keyboard.save(), mouse: this.mouse.save(),
    };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#ram.set(from.bytes('ram', RAM_BYTES));
    this.#outputFull = from.bool('outputFull');
    this.#outputAux = from.bool('outputAux');
    this.#output = from.byte('output');
    this.#replies = from.ints('replies', { max: REPLIES_LIMIT }, 0, FROM_AUX | 0xff);
    this.#awaiting = from.intOrNull('awaiting', 0, 0xff) ?? undefined;
    this.#lastWasCommand = from.bool('lastWasCommand');
    this.#break = from.bool('break');
    this.keyboard.load(from.fields('keyboard'));
    this.mouse.load(from.fields('mouse'));
    this.#drive();
  }

  get #mode(): number {
    return this.#ram[0];
  }

  set #mode(mode: number) {
    this.#ram[0] = mode;
    this.#fill();
    this.#drive();
  }

  get #status(): number {
    return Status.unlocked | (this.#outputFull ? Status.outputFull : 0) | (this.#outputFull && this.#outputAux ? Status.aux : 0) |
      ((this.#mode & Mode.system) !== 0 ? Status.system : 0) | (this.#lastWasCommand ? Status.command : 0);
  }

  #read(): number {
    const byte = this.#output;
    if (this.#outputFull) {
      this.#outputFull = false;
      // The line falls before the next byte raises it: an edge for each.
      this.#drive();
      this.#fill();
    }
    return byte;
  }

  /** Move the next byte into the output buffer if it is empty: the controller's own, the keyboard's, the mouse's. */
  #fill(): void {
    if (this.#outputFull) return;
    const reply = this.#replies.shift();
    if (reply !== undefined) {
      this.#put(reply & 0xff, (reply & FROM_AUX) !== 0);
      return;
    }
    const key = (this.#mode & Mode.keyboardOff) === 0 ? this.#takeKey() : undefined;
    if (key !== undefined) {
      this.#put(key, false);
      return;
    }
    const aux = (this.#mode & Mode.auxOff) === 0 ? this.mouse.take() : undefined;
    if (aux !== undefined) this.#put(aux, true);
  }

  #takeKey(): number | undefined {
    for (;;) {
      const byte = this.keyboard.take();
      if (byte === undefined || (this.#mode & Mode.translate) === 0) return byte;
      if (byte !== BREAK_PREFIX) {
        const translated = toSet1(byte) | (this.#break ? SET1_BREAK : 0);
        this.#break = false;
        return translated;
      }
      this.#break = true;
    }
  }

  #put(byte: number, aux: boolean): void {
    this.#output = byte;
    this.#outputAux = aux;
    this.#outputFull = true;
    this.#drive();
  }

  #drive(): void {
    this.#keyboardIrq.set(this.#outputFull && !this.#outputAux && (this.#mode & Mode.keyboardInterrupt) !== 0);
    this.#auxIrq.set(this.#outputFull && this.#outputAux && (this.#mode & Mode.auxInterrupt) !== 0);
  }

  #reply(byte: number, aux = false): void {
    if (this.#replies.length < REPLIES_LIMIT) this.#replies.push(byte | (aux ? FROM_AUX : 0));
    this.#fill();
  }

  #writeData(value: number): void {
    this.#lastWasCommand = false;
    const command = this.#awaiting;
    this.#awaiting = undefined;
    switch (command) {
      case undefined:
        // Writing to a device switches its port on.
        this.#mode &= ~Mode.keyboardOff;
        this.keyboard.write(value);
        return;
      case Command.writeOutput:
        this.#a20.open = (value & OutputPort.a20) !== 0;
        if ((value & OutputPort.noReset) === 0) this.#control.reset();
        return;
      case Command.keyboardLoop:
        this.#reply(value);
        return;
      case Command.auxLoop:
        this.#reply(value, true);
        return;
      case Command.auxWrite:
        this.#mode &= ~Mode.auxOff;
        this.mouse.write(value);
        return;
      case Command.writeRam:
        this.#mode = value;
        return;
      default:
        this.#ram[command % RAM_BYTES] = value;
    }
  }

  #writeCommand(value: number): void {
    this.#lastWasCommand = true;
    this.#awaiting = undefined;
    if (value >= Command.readRam && value < Command.readRam + RAM_BYTES) {
      this.#reply(this.#ram[value % RAM_BYTES]);
      return;
    }
    if (value >= Command.writeRam && value < Command.writeRam + RAM_BYTES) {
      this.#awaiting = value;
      return;
    }
    if (value >= Command.pulse) {
      // Bits 0 … 3 low: the lines of the output port that are pulsed. Line 0 is the processor's reset.
      if ((value & OutputPort.noReset) === 0) this.#control.reset();
      return;
    }
    this.#simpleCommand(value);
  }

  #simpleCommand(value: number): void {
    switch (value) {
      case Command.passwordInstalled:
        this.#reply(NO_PASSWORD);
        return;
      case Command.auxOff:
        this.#mode |= Mode.auxOff;
        return;
      case Command.auxOn:
        this.#mode &= ~Mode.auxOff;
        return;
      case Command.auxTest:
      case Command.keyboardTest:
      case Command.testInputs:
        this.#reply(0);
        return;
      case Command.selfTest:
        this.#mode |= Mode.system;
        this.#reply(SELF_TEST_PASSED);
        return;
      case Command.keyboardOff:
        this.#mode |= Mode.keyboardOff;
        return;
      case Command.keyboardOn:
        this.#mode &= ~Mode.keyboardOff;
        return;
      case Command.readInput:
        this.#reply(INPUT_PORT);
        return;
      case Command.readOutput:
        this.#reply(this.#outputPort);
        return;
      case Command.a20Off:
      case Command.a20On:
        this.#a20.open = value === Command.a20On;
        return;
      case Command.writeOutput: case Command.keyboardLoop: case Command.auxLoop: case Command.auxWrite:
        this.#awaiting = value;
        return;
      default:
        // Unknown commands are ignored.
    }
  }

  get #outputPort(): number {
    const full = !this.#outputFull ? 0 : this.#outputAux ? OutputPort.auxFull : OutputPort.keyboardFull;
    return OutputPort.noReset | OutputPort.ones | full | (this.#a20.open ? OutputPort.a20 : 0);
  }
}
