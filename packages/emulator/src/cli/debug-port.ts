/** Port 0xe9, the debug console of Bochs and QEMU: what the guest writes there is text for the user. */
import type { PortHandler } from '../api.ts';

export const DEBUG_PORT = 0xe9;
/** isa-debug-exit of QEMU, at the port its users choose. */
export const EXIT_PORT = 0xf4;

/** Bytes kept back at most: a guest that draws without new lines is still seen. */
const CHUNK = 4096;

/** Collects bytes and hands them on line by line. */
export class DebugPort implements PortHandler {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #pending = new Uint8Array(CHUNK);
  #length = 0;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  /** Reads its own number, by which guests find it. */
  read(): number {
    return DEBUG_PORT;
  }

  write(_port: number, _size: 1 | 2 | 4, value: number): void {
    this.#pending[this.#length++] = value;
    if ((value & 0xff) === 0x0a || this.#length === CHUNK) this.flush();
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#write(this.#pending.slice(0, this.#length));
    this.#length = 0;
  }
}
