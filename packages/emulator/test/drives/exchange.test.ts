import { describe, expect, it } from 'vitest';
import type { DriveAccess } from '../../src/drives/exchange.ts';
import { exchangeDrive } from '../../src/drives/exchange.ts';

const SIZE = 65_536 * 2 + 512 * 3;
const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

function read(drive: ReturnType<typeof exchangeDrive>, offset: number, length: number): Uint8Array {
  const target = bytes(length, 0xee);
  void drive.read(offset, target);
  return target;
}

describe('an exchange drive', () => {
  it('shows the guest what was put last, and zeros behind it', () => {
    const drive = exchangeDrive(SIZE);
    drive.put(bytes(70_000, 7));
    drive.put(bytes(1000, 9));
    const expected = bytes(SIZE, 0);
    expected.set(bytes(1000, 9));
    expect(Buffer.compare(read(drive, 0, SIZE), expected)).toBe(0);
  });

  it('keeps what the guest writes, over clusters and over what was put', () => {
    const drive = exchangeDrive(SIZE);
    drive.put(bytes(1024, 9));
    void drive.write(65_536 - 512, bytes(1024, 3));
    void drive.write(512, bytes(512, 0));
    const expected = bytes(SIZE, 0);
    expected.set(bytes(512, 9));
    expected.set(bytes(1024, 3), 65_536 - 512);
    expect(Buffer.compare(drive.peek(0, SIZE), expected)).toBe(0);
  });

  const orders: [writes: readonly (readonly [sector: number, sectors: number])[], written: number][] = [
    [[[0, 1]], 1],
    [[[1, 1]], 0],
    [[[1, 2], [0, 1]], 3],
    [[[0, 2], [4, 1], [2, 1]], 3],
    [[[0, 2], [4, 1], [2, 2]], 5],
    [[[0, SIZE / 512]], SIZE / 512],
  ];
  it.each(orders)('after writes of sectors %j has %i of them from the beginning', (writes, written) => {
    const drive = exchangeDrive(SIZE);
    for (const [sector, sectors] of writes) void drive.write(sector * 512, bytes(sectors * 512, 1));
    expect(drive.written).toBe(written * 512);
    drive.put(bytes(512, 1));
    expect(drive.written).toBe(0);
  });

  it('says when the guest was there, and lets a flush replace what it wrote', () => {
    const seen: [DriveAccess, number, number][] = [];
    const drive = exchangeDrive(SIZE, {
      serial: 'box',
      onAccess: (access, offset, length) => {
        seen.push([access, offset, length]);
        if (access === 'flush') drive.put(bytes(512, 5));
      },
    });
    void drive.write(1024, bytes(512, 1));
    read(drive, 512, 1024);
    void drive.flush();
    expect(seen).toEqual([['write', 1024, 512], ['read', 512, 1024], ['flush', 0, 0]]);
    expect([drive.serial, [...read(drive, 0, 2048)].filter((byte) => byte !== 0).length]).toEqual(['box', 512]);
  });

  it('goes into a snapshot with what is half written', () => {
    const drive = exchangeDrive(SIZE);
    drive.put(bytes(66_000, 4));
    void drive.write(512, bytes(512, 1));
    const again = exchangeDrive(SIZE);
    again.put(bytes(SIZE, 8));
    again.load(drive.save());
    expect(Buffer.compare(again.peek(0, SIZE), drive.peek(0, SIZE))).toBe(0);
    void again.write(0, bytes(512, 1));
    expect(again.written).toBe(1024);
    expect(() => exchangeDrive(512).load(drive.save())).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
  });

  it('refuses what does not fit, and sizes that are no disk', () => {
    expect(() => exchangeDrive(512).put(bytes(513, 0))).toThrow(expect.objectContaining({ code: 'bad-image' }));
    expect(() => exchangeDrive(100)).toThrow(expect.objectContaining({ code: 'bad-image' }));
  });
});
