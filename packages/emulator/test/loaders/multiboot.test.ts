import { describe, expect, it } from 'vitest';
import { planFirmware } from '../../src/firmware/firmware.ts';
import { startRegisters } from '../../src/loaders/cpu-start.ts';
import { planMultiboot, type MultibootOptions } from '../../src/loaders/multiboot/multiboot.ts';
import { elfImage, multibootHeader } from './elf-image.ts';
import { PlannedRam, thrown } from './images.ts';

const MIB = 2 ** 20;
const firmware = planFirmware({ ramBytes: 32 * MIB, serialPorts: [0] });
const usableEnd = firmware.e820.find(({ base }) => base === MIB)!.size + MIB;
const plan = (image: Uint8Array, options: Partial<MultibootOptions> = {}) => {
  const result = planMultiboot(image, { firmware, ...options });
  const ram = new PlannedRam([...result.segments, ...firmware.segments]);
  const registers = new Map(startRegisters(result.start));
  return { ...result, ram, registers, info: Number(registers.get('rbx')) };
};
const code = (size = 64): Uint8Array => {
  const bytes = new Uint8Array(size).fill(0x90);
  bytes.set(multibootHeader(3), 16);
  return bytes;
};

describe('ELF', () => {
  it.each([[32, 3], [64, 62], [32, 62]] as const)('of %d bits for machine %d is entered in 32-bit mode', (bits, machine) => {
    const { registers, ram } = plan(elfImage({ bits, machine, entry: 0x100020, segments: [{ physical: 0x100000, bytes: code() }] }));
    expect([registers.get('rip'), registers.get('rax'), registers.get('cr0'), registers.get('rflags')]).toEqual([0x100020n, 0x2badb002n, 0x11n, 2n]);
    expect([registers.get('cs.access'), registers.get('cs.limit'), registers.get('ds.access')]).toEqual([0xc09b00n, 0xffffffffn, 0xc09300n]);
    expect(ram.u64(Number(registers.get('gdtr.base')) + Number(registers.get('cs')))).toBe(0x00cf9b000000ffffn);
    expect(ram.u32(0x100010)).toBe(0x1badb002);
    expect(ram.overlaps()).toEqual([]);
  });

  it('loads by physical address and moves a virtual entry with its segment', () => {
    const segments = [{ physical: 0x200000, virtual: 0xc0200000, bytes: code(), memoryBytes: 0x1000 }, { physical: 0x100000, virtual: 0xc0100000, bytes: new Uint8Array(16).fill(1) }];
    const { registers, ram } = plan(elfImage({ entry: 0xc0200008, segments }));
    expect(registers.get('rip')).toBe(0x200008n);
    expect([ram.u8(0x100000), ram.u32(0x200010)]).toEqual([1, 0x1badb002]);
  });
});

describe('addresses in the header', () => {
  const flat = (addresses: readonly number[], size = 256): Uint8Array => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
    bytes.set(multibootHeader(0, addresses), 32);
    return bytes;
  };

  it('load to the end of the file when there is no load end', () => {
    const { registers, ram } = plan(flat([0x100020, 0x100000, 0, 0, 0x100040]));
    expect(registers.get('rip')).toBe(0x100040n);
    expect([ram.u8(0x100001), ram.u8(0x1000ff)]).toEqual([1, 255]);
  });

  it('may leave out what is in front of the header, and end before the file does', () => {
    const { segments } = plan(flat([0x100010, 0x100000, 0x100060, 0x180000, 0x100040]));
    const kernel = segments.find(({ name }) => name === 'kernel')!;
    expect([kernel.physical, kernel.bytes.length, kernel.bytes[0]]).toEqual([0x100000, 0x60, 16]);
  });

  it('keep modules above the zeroes', () => {
    const { ram, info } = plan(flat([0x100020, 0x100000, 0, 0x180001, 0x100040]), { modules: [{ bytes: Uint8Array.of(7), text: 'm' }] });
    expect(ram.u32(ram.u32(info + 24))).toBe(0x181000);
  });

  it.each([
    ['before the image', [0xf0000, 0x100000, 0, 0, 0]],
    ['further into the image than into the file', [0x100100, 0x100000, 0, 0, 0]],
    ['with an end before the start', [0x100020, 0x100000, 0xf0000, 0, 0]],
    ['past the end of the file', [0x100020, 0x100000, 0x200000, 0, 0]],
  ])('%s are refused', (_what, addresses) => {
    expect(thrown(() => plan(flat(addresses))).code).toBe('bad-image');
  });
});

describe('information', () => {
  const modules = [{ bytes: new Uint8Array(5000).fill(1), text: 'a.bin one two' }, { bytes: new Uint8Array(3).fill(2), text: 'b' }, { bytes: new Uint8Array(0), text: 'empty' }];
  const { ram, info, e820 } = plan(elfImage({ segments: [{ physical: 0x100000, bytes: code(), memoryBytes: 0x2345 }] }), { kernelName: 'x.flat', append: 'arg 1', modules });

  it('sizes of memory, command line, loader', () => {
    expect(ram.u32(info) & 0x24f).toBe(0x24f);
    expect([ram.u32(info + 4), ram.u32(info + 8)]).toEqual([639, (usableEnd - MIB) / 1024]);
    expect(ram.text(ram.u32(info + 16))).toBe('x.flat arg 1');
    expect(ram.text(ram.u32(info + 64))).toBe('wasm-tcg');
  });

  it('modules, each on a page', () => {
    expect(ram.u32(info + 20)).toBe(3);
    const list = ram.u32(info + 24);
    const of = (i: number): readonly (number | string)[] => [ram.u32(list + i * 16), ram.u32(list + i * 16 + 4), ram.text(ram.u32(list + i * 16 + 8))];
    expect([of(0), of(1), of(2)]).toEqual([[0x103000, 0x103000 + 5000, 'a.bin one two'], [0x105000, 0x105003, 'b'], [0x106000, 0x106000, 'empty']]);
    expect([ram.u8(0x103000), ram.u8(0x105002), ram.u8(0x105003)]).toEqual([1, 2, 0]);
  });

  it('the memory map, entries behind their sizes', () => {
    const from = ram.u32(info + 48);
    const end = from + ram.u32(info + 44);
    const seen: { base: number; size: number; type: number }[] = [];
    for (let at = from; at < end; at += ram.u32(at) + 4) seen.push({ base: Number(ram.u64(at + 4)), size: Number(ram.u64(at + 12)), type: ram.u32(at + 20) });
    expect(seen).toEqual(e820);
  });

  it('gives way to an image in conventional memory', () => {
    const image = elfImage({ entry: 0x1000, segments: [{ physical: 0x1000, bytes: code(), memoryBytes: 0x20000 }] });
    const { info: moved } = plan(image);
    expect(moved).toBeGreaterThanOrEqual(0x21000);
    expect(moved).toBeLessThan(0x9fc00);
    const all = elfImage({ entry: 0, segments: [{ physical: 0, bytes: code(), memoryBytes: 0x9fc00 }] });
    expect(thrown(() => plan(all)).message).toMatch(/below 640 KiB/);
  });
});

describe('what cannot be started', () => {
  it.each([
    ['flags that are not known', elfImage({ segments: [{ physical: 0x100000, bytes: ((bytes) => (bytes.set(multibootHeader(0x20), 16), bytes))(code()) }] }), /flags 0x20/],
    ['no addresses and no ELF', code(), /no ELF/],
    ['an image above RAM', elfImage({ segments: [{ physical: 0x4000000, bytes: code() }] }), /needs RAM up to/],
    ['an image above 4 GiB', elfImage({ bits: 64, segments: [{ physical: 0x100000000, bytes: code() }] }), /above 4 GiB/],
    ['a header beyond 8 KiB', elfImage({ segments: [{ physical: 0x100000, bytes: new Uint8Array(8192) }, { physical: 0x200000, bytes: code() }] }), /no Multiboot header/],
    ['a wrong checksum', ((bytes) => ((bytes[24] = 0), bytes))(code()), /no Multiboot header/],
  ])('%s', (_what, image, message) => {
    const error = thrown(() => plan(image));
    expect([error.code, error.hint !== '']).toEqual(['bad-image', true]);
    expect(error.message).toMatch(message);
  });

  it('modules that do not fit', () => {
    const error = thrown(() => plan(elfImage({ segments: [{ physical: 0x100000, bytes: code() }] }), { modules: [{ bytes: new Uint8Array(32 * MIB), text: 'big' }] }));
    expect(error.message).toMatch(/"big"/);
  });
});
