/** The files that a user has chosen to start, until a machine is made of them. */
import { signal, type ReadonlySignal } from '@preact/signals';
import { DETECT_BYTES, detectFile } from '@wasm-tcg/emulator';
import { addFiles, assignRole, inspectFile, type BootFile, type BootRole } from '../boot-files.ts';

const DETECTOR = { detect: detectFile, bytes: DETECT_BYTES } as const;

export class BootList {
  readonly #files = signal<readonly BootFile[]>([]);
  readonly #error = signal<unknown>(undefined);

  readonly files: ReadonlySignal<readonly BootFile[]> = this.#files;
  /** A file that could not be read. */
  readonly error: ReadonlySignal<unknown> = this.#error;
  /** For kernels. Without a console on the serial line, Linux is silent. */
  readonly append = signal('console=ttyS0');

  async add(chosen: readonly File[]): Promise<void> {
    try {
      const inspected = await Promise.all(chosen.map((file) => inspectFile(file, DETECTOR)));
      this.#files.value = addFiles(this.#files.value, inspected);
      this.#error.value = undefined;
    } catch (error) {
      this.#error.value = error;
    }
  }

  assign(index: number, role: BootRole): void {
    this.#files.value = assignRole(this.#files.value, index, role);
  }

  remove(index: number): void {
    this.#files.value = this.#files.value.filter((_, at) => at !== index);
  }

  dismissError(): void {
    this.#error.value = undefined;
  }
}
