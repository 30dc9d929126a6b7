import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileTransfer, QUIET, TRANSFER_BYTES } from '../src/machine/worker/file-transfer.ts';
import { readTar, writeTar } from '../src/machine/worker/tar.ts';
import type { TransferFile } from '../src/machine/protocol.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const file = (name: string, content: string): TransferFile => ({ name, bytes: new TextEncoder().encode(content) });

/** The guest's side. */
class Guest {
  readonly received: string[] = [];
  readonly transfer = new FileTransfer((files) => this.received.push(...files.map(({ name, bytes }) => `${name}: ${text(bytes)}`)));

  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    void this.transfer.drive.read(offset, bytes);
    return bytes;
  }

  /** What `receive` unpacks. */
  unpack(): string[] {
    const reading = readTar((offset, length) => this.read(offset, Math.ceil(length / 512) * 512).subarray(0, length) as Uint8Array<ArrayBuffer>, TRANSFER_BYTES);
    return reading.state === 'whole' ? reading.files.map(({ name, bytes }) => `${name}: ${text(bytes)}`) : [];
  }

  write(archive: Uint8Array, from = 0, to = archive.length): void {
    void this.transfer.drive.write(from, archive.subarray(from, to));
  }
}

describe('files', () => {
  let guest: Guest;
  beforeEach(() => {
    vi.useFakeTimers();
    guest = new Guest();
  });
  afterEach(() => {
    guest.transfer.close();
    vi.useRealTimers();
  });

  it('are there for a guest that has not used the disk, at once', async () => {
    await guest.transfer.send([file('a', '1')]);
    expect(guest.unpack()).toEqual(['a: 1']);
  });

  it('are put when the guest has left the disk alone', async () => {
    guest.read(0, 512);
    const sent = guest.transfer.send([file('a', '1')]);
    await vi.advanceTimersByTimeAsync(QUIET / 2);
    guest.read(512, 512);
    await vi.advanceTimersByTimeAsync(QUIET - 1);
    expect(text(guest.transfer.drive.peek(0, 1))).toBe('\0');
    await vi.advanceTimersByTimeAsync(1);
    await sent;
    expect(guest.unpack()).toEqual(['a: 1']);
  });

  it('are refused after a while when it does not', async () => {
    const reading = setInterval(() => guest.read(0, 512), QUIET / 2);
    guest.read(0, 512);
    const sent = guest.transfer.send([file('a', '1')]).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(20_000);
    clearInterval(reading);
    expect(await sent).toMatchObject({ code: 'busy' });
    await vi.advanceTimersByTimeAsync(QUIET);
    await guest.transfer.send([file('b', '2')]);
    expect(guest.unpack()).toEqual(['b: 2']);
  });

  it('join those that the guest has not read to the end, and replace those that it has', async () => {
    await guest.transfer.send([file('a', '1'), file('b', '2')]);
    guest.read(0, 512);
    await vi.advanceTimersByTimeAsync(QUIET);
    await guest.transfer.send([file('c', '3'), file('a', '4')]);
    expect(guest.unpack()).toEqual(['b: 2', 'c: 3', 'a: 4']);
    await vi.advanceTimersByTimeAsync(QUIET);
    await guest.transfer.send([file('d', '5')]);
    expect(guest.unpack()).toEqual(['d: 5']);
  });

  it('that do not fit are refused, and what waits stays', async () => {
    await guest.transfer.send([file('a', '1')]);
    await expect(guest.transfer.send([{ name: 'big', bytes: new Uint8Array(TRANSFER_BYTES) }])).rejects.toMatchObject({ code: 'too-large', hint: expect.stringContaining('fewer') });
    expect(guest.unpack()).toEqual(['a: 1']);
  });

  it('come from the guest with its flush, once', async () => {
    const archive = writeTar([file('x', 'out'), file('y', 'more')], 0);
    guest.write(archive);
    expect(guest.received).toEqual([]);
    void guest.transfer.drive.flush();
    void guest.transfer.drive.flush();
    await vi.advanceTimersByTimeAsync(2 * QUIET);
    expect([guest.received, guest.unpack()]).toEqual([['x: out', 'y: more'], []]);
  });

  it('come without a flush when the disk has been left alone, in whatever order they were written', async () => {
    const archive = writeTar([file('x', 'out')], 0);
    guest.write(archive, 512);
    await vi.advanceTimersByTimeAsync(QUIET);
    guest.write(archive, 0, 512);
    await vi.advanceTimersByTimeAsync(QUIET - 1);
    expect(guest.received).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(guest.received).toEqual(['x: out']);
  });

  it('that the guest sends leave those in place that it has not fetched', async () => {
    await guest.transfer.send([file('a', '1')]);
    guest.write(writeTar([file('x', 'out')], 0));
    void guest.transfer.drive.flush();
    expect([guest.received, guest.unpack()]).toEqual([['x: out'], ['a: 1']]);
  });

  it('are not made of an older archive below a newer one that is half written', async () => {
    const old = writeTar([file('x', 'a'.repeat(3000))], 0);
    guest.write(old, 0, 2048);
    await vi.advanceTimersByTimeAsync(2 * QUIET);
    guest.write(writeTar([file('y', 'b'.repeat(3000))], 0), 0, 1024);
    await vi.advanceTimersByTimeAsync(2 * QUIET);
    expect(guest.received).toEqual([]);
  });

  it('are not what a guest writes that takes it for a disk', async () => {
    const sectors = Uint8Array.from({ length: 4096 }, (_, i) => i & 0xff);
    guest.write(sectors);
    void guest.transfer.drive.flush();
    await vi.advanceTimersByTimeAsync(2 * QUIET);
    expect([guest.received, guest.read(0, 4096)]).toEqual([[], sectors]);
  });
});
