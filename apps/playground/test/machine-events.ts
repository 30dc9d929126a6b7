/** A page for tests: it notes what a machine tells it, and waits for it. */
import type { MachineEvents, MachineProgress, MachineSample, MachineStatus, TransferFile } from '../src/machine/protocol.ts';
import type { StopReason } from '@wasm-tcg/emulator';

export class RecordedEvents implements MachineEvents {
  text = '';
  /** What the serial port said, as it said it: not every guest writes text. */
  readonly bytes: number[] = [];
  readonly statuses: (MachineStatus | `ended: ${StopReason['kind']}`)[] = [];
  readonly progresses: MachineProgress[] = [];
  readonly samples: MachineSample[] = [];
  readonly files: TransferFile[] = [];
  readonly failures: string[] = [];
  readonly #decoder = new TextDecoder();
  #waiters: (() => void)[] = [];

  progress(progress: MachineProgress): void {
    this.progresses.push(progress);
    this.#wake();
  }

  status(status: MachineStatus, ended?: StopReason): void {
    this.statuses.push(ended === undefined ? status : `ended: ${ended.kind}`);
    this.#wake();
  }

  serial(bytes: Uint8Array): void {
    this.text += this.#decoder.decode(bytes, { stream: true });
    this.bytes.push(...bytes);
    this.#wake();
  }

  sample(sample: MachineSample): void {
    this.samples.push(sample);
    this.#wake();
  }

  received(files: readonly TransferFile[]): void {
    this.files.push(...files);
    this.#wake();
  }

  failed({ code, message }: { readonly code: string; readonly message: string }): void {
    this.failures.push(`${code}: ${message}`);
    this.#wake();
  }

  /** Until `holds` does; something has to be told in between. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  ended(): Promise<void> {
    return this.until(() => this.statuses.some((status) => status.startsWith('ended')) || this.failures.length > 0);
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}
