/**
 * The test device that kvm-unit-tests expect (QEMU's `pc-testdev`): interrupt lines by port, a scratch register in three widths, a port that
 * asks for a page to be flushed, and 64 KiB of scratch MMIO.
 */
import { IOAPIC_PINS } from '../firmware/pc-map.ts';
import type { Device, DeviceBus, IrqLine, SavedValue } from './device.ts';
import { partOf } from './register-access.ts';
import { SavedFields } from './saved-fields.ts';

/** 32-bit scratch register, any width. */
const SCRATCH_PORT = 0xe0;
/** Takes a physical address whose page shall vanish and come back: nothing to do where nothing is cached behind the guest's back. */
const FLUSH_PORT = 0xe4;
/** The same scratch register, byte by byte. */
const SCRATCH_BYTES_PORT = 0xe8;
/** One port per interrupt line: a write sets its level. */
const LINES_PORT = 0x2000;
const MMIO_BASE = 0xff000000;
const MMIO_BYTES = 0x10000;

export class TestDevice implements Device {
  readonly id = 'pc-testdev';
  readonly #lines: readonly IrqLine[];
  readonly #levels: boolean[] = Array.from({ length: IOAPIC_PINS }, () => false);
  #scratch = 0;
  readonly #mmio = new Uint8Array(MMIO_BYTES);

  /** Attach before the debug console: port 0xE9 lies in the byte-wide scratch register. */
  constructor(bus: Pick<DeviceBus, 'irq' | 'attachPorts' | 'attachMmio'>) {
    this.#lines = Array.from({ length: IOAPIC_PINS }, (_, line) => bus.irq(line));
    const scratch = {
      read: (port: number, size: 1 | 2 | 4): number => partOf(this.#scratch, port & 3, size),
      write: (port: number, size: 1 | 2 | 4, value: number): void => {
        const shift = (port & 3) * 8;
        const mask = (size === 4 ? 0xffffffff : 2 ** (8 * size) - 1) << shift;
        this.#scratch = ((this.#scratch & ~mask) | ((value << shift) & mask)) >>> 0;
      },
    };
    bus.attachPorts(SCRATCH_PORT, SCRATCH_PORT + 3, scratch);
    bus.attachPorts(FLUSH_PORT, FLUSH_PORT + 3, {});
    bus.attachPorts(SCRATCH_BYTES_PORT, SCRATCH_BYTES_PORT + 3, { maxSize: 1, ...scratch });
    bus.attachPorts(LINES_PORT, LINES_PORT + IOAPIC_PINS - 1, {
      maxSize: 1,
      write: (port, _size, value) => this.#setLine(port - LINES_PORT, value !== 0),
    });
    bus.attachMmio(MMIO_BASE, MMIO_BYTES, {
      read: (offset, size) => {
        let value = 0;
        for (let i = 0; i < size; i++) value |= (this.#mmio[offset + i] ?? 0) << (8 * i);
        return value >>> 0;
      },
      write: (offset, size, value) => {
        for (let i = 0; i < size; i++) this.#mmio[offset + i] = value >>> (8 * i);
      },
    });
  }

  reset(): void {
    this.#scratch = 0;
    this.#levels.forEach((_level, line) => this.#setLine(line, false));
  }

  save(): SavedValue {
    return { scratch: this.#scratch, levels: this.#levels.map(Number), mmio: this.#mmio.slice() };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, this.id);
    this.#scratch = from.int('scratch', 0, 0xffffffff);
    this.#mmio.set(from.bytes('mmio', MMIO_BYTES));
    from.ints('levels', IOAPIC_PINS, 0, 1).forEach((level, line) => this.#setLine(line, level === 1));
  }

  #setLine(line: number, level: boolean): void {
    this.#levels[line] = level;
    this.#lines[line].set(level);
  }
}
