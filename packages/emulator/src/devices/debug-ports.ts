/** Ports of the tradition of Bochs and QEMU for programs under test: a console that needs no initialisation, and an exit code. */
import type { Device, DeviceBus, SavedValue } from './device.ts';

/** Bochs' debug port. A read gives its own number: the guest sees that it exists. */
const DEBUG_PORT = 0xe9;

export class DebugConsole implements Device {
  readonly id = 'debugcon';

  /** @param onOutput gets each byte written */
  constructor(bus: Pick<DeviceBus, 'attachPorts'>, options: { readonly port?: number; readonly onOutput: (byte: number) => void }) {
    const port = options.port ?? DEBUG_PORT;
    bus.attachPorts(port, port, {
      maxSize: 1,
      read: () => DEBUG_PORT,
      write: (_port, _size, value) => options.onOutput(value),
    });
  }

  reset(): void {
    // It has no state.
  }

  save(): SavedValue {
    return null;
  }

  load(): void {
    // It has no state.
  }
}

/** QEMU's isa-debug-exit: a write of `value` ends the run with exit code (value << 1) | 1, which is never 0. */
export class DebugExit implements Device {
  readonly id = 'isa-debug-exit';

  /**
   * @param options.port first port (`iobase`), default 0x501
   * @param options.size ports (`iosize`), 1 … 4, default 2
   */
  constructor(bus: Pick<DeviceBus, 'attachPorts' | 'control'>, options: { readonly port?: number; readonly size?: number }) {
    const port = options.port ?? 0x501;
    bus.attachPorts(port, port + (options.size ?? 2) - 1, {
      read: () => 0,
      write: (_port, _size, value) => bus.control.exit(((value << 1) | 1) >>> 0),
    });
  }

  reset(): void {
    // It has no state.
  }

  save(): SavedValue {
    return null;
  }

  load(): void {
    // It has no state.
  }
}
