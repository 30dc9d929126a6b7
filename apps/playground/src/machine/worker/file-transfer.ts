/**
 * Files into a running guest and out of it, by a disk of its own: an archive on it goes one way or the other.
 *
 * In: the archive is put on the disk while nobody in the guest reads or writes it (see `exchangeDrive`), and stays there until the guest has read it to its end; what
 * is sent before that joins it. Out: the guest writes an archive. It is whole when every byte up to its end has been written and the guest has flushed the disk, or left
 * it alone for a while; then the disk is emptied. Anything else that a guest writes stays as it is: it is a disk.
 */
import { exchangeDrive, type DriveAccess, type ExchangeDrive } from '@wasm-tcg/emulator';
import { WorkerError } from '../../rpc/errors.ts';
import type { TransferFile } from '../protocol.ts';
import { readTar, TAR_BLOCK, tarBytes, writeTar } from './tar.ts';

/** What can be handed over at once: half of what a guest of 128 MiB can hold. Recognised in snapshots by its size. */
export const TRANSFER_BYTES = 64 * 2 ** 20;
/** The serial number by which a guest finds the disk. */
export const TRANSFER_SERIAL = 'wasm-tcg-transfer';
/** A guest that has not touched the disk for so long (ms) does not have it open: one that reads or writes an archive never waits that long. */
export const QUIET = 400;
/** How long (ms) to wait for that. */
const PATIENCE = 15_000;

export class FileTransfer {
  readonly drive: ExchangeDrive;
  readonly #onReceived: (files: readonly TransferFile[]) => void;
  /** Sent, and not read to the end yet. */
  #outbox: readonly TransferFile[] = [];
  /** Offset of the last block of the archive's contents; its being read ends the outbox. */
  #lastBlock = 0;
  #lastAccess = Number.NEGATIVE_INFINITY;
  /** The guest has written something that has not been looked at. */
  #unseen = false;
  #check: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<unknown> = Promise.resolve();

  constructor(onReceived: (files: readonly TransferFile[]) => void) {
    this.#onReceived = onReceived;
    this.drive = exchangeDrive(TRANSFER_BYTES, { serial: TRANSFER_SERIAL, onAccess: (access, offset, length) => this.#accessed(access, offset, length) });
  }

  /**
   * Resolves when the guest can read them. Of two files of one name the later counts.
   * @throws WorkerError `too-large`, `busy`
   */
  send(files: readonly TransferFile[]): Promise<void> {
    const sent = this.#sending.then(() => this.#put(files));
    this.#sending = sent.catch(() => undefined);
    return sent;
  }

  /** Nothing is delivered any more. */
  close(): void {
    clearTimeout(this.#check);
  }

  async #put(files: readonly TransferFile[]): Promise<void> {
    const names = new Set(files.map(({ name }) => name));
    const joined = (): readonly TransferFile[] => [...this.#outbox.filter(({ name }) => !names.has(name)), ...files];
    checkSize(joined());
    await this.#quiet();
    this.#fill(joined());
  }

  async #quiet(): Promise<void> {
    const begun = performance.now();
    for (let left = this.#left(); left > 0; left = this.#left()) {
      if (performance.now() - begun > PATIENCE) throw new WorkerError('the guest is using the transfer disk', 'busy', 'wait until `receive` or `send` has ended in the guest, then send again');
      await new Promise((resolve) => void setTimeout(resolve, left));
    }
  }

  #left(): number {
    return this.#lastAccess + QUIET - performance.now();
  }

  #fill(outbox: readonly TransferFile[]): void {
    this.#outbox = outbox;
    const archive = outbox.length === 0 ? new Uint8Array(0) : writeTar(outbox, Math.floor(Date.now() / 1000));
    this.#lastBlock = archive.length - 3 * TAR_BLOCK;
    this.drive.put(archive);
  }

  #accessed(access: DriveAccess, offset: number, length: number): void {
    this.#lastAccess = performance.now();
    if (access === 'read') {
      if (this.#outbox.length > 0 && offset <= this.#lastBlock && offset + length > this.#lastBlock) this.#outbox = [];
      return;
    }
    if (access === 'write') this.#unseen = true;
    if (!this.#unseen) return;
    clearTimeout(this.#check);
    if (access === 'flush') this.#look();
    else this.#check = setTimeout(() => this.#look(), QUIET);
  }

  #look(): void {
    this.#unseen = false;
    const found = readTar((offset, length) => this.drive.peek(offset, length), this.drive.written);
    if (found.state !== 'whole') return;
    this.#fill(this.#outbox);
    if (found.files.length > 0) this.#onReceived(found.files);
  }
}

function checkSize(files: readonly TransferFile[]): void {
  const bytes = tarBytes(files.map(({ name, bytes: { length } }) => ({ name, size: length })));
  if (bytes <= TRANSFER_BYTES) return;
  const mib = (count: number): string => `${Math.ceil(count / 2 ** 20)} MiB`;
  throw new WorkerError(`${mib(bytes)} of files, and the transfer disk holds ${mib(TRANSFER_BYTES)}`, 'too-large', 'send fewer files at once, have the guest `receive` those that wait, or attach a disk image');
}
