import { describe, expect, it } from 'vitest';
import { planFirmware } from '../../src/firmware/firmware.ts';
import { startRegisters } from '../../src/loaders/cpu-start.ts';
import { detectImage } from '../../src/loaders/detect.ts';
import { parseElf } from '../../src/loaders/elf.ts';
import { planFlatImage, type FlatImageOptions } from '../../src/loaders/flat.ts';
import { planKernel, type KernelOptions } from '../../src/loaders/plan-kernel.ts';
import { elfImage, multibootHeader, pvhNote } from './elf-image.ts';
import { bzImage, PlannedRam, thrown } from './images.ts';

const MIB = 2 ** 20;
const firmware = planFirmware({ ramBytes: 64 * MIB, serialPorts: [0] });
const plan = (image: Uint8Array, options: Partial<KernelOptions> = {}) => {
  const result = planKernel(image, { firmware, longMode: true, ...options });
  return { ...result, ram: new PlannedRam([...result.segments, ...firmware.segments]), registers: new Map(startRegisters(result.start)) };
};
const linuxNote = { name: 'Linux', type: 0x100, descriptor: new Uint8Array(4) };
const high = [{ physical: 0x1000000, virtual: 0xffffffff81000000, bytes: new Uint8Array(64).fill(0x90), memoryBytes: 0x200000 }];
const bootSector = ((bytes) => (bytes.set([0x55, 0xaa], 510), bytes))(new Uint8Array(512));
const flatMultiboot = multibootHeader(0, [0x100000, 0x100000, 0, 0, 0x100020]);

describe('detection', () => {
  it.each([
    ['bzimage', bzImage()],
    ['multiboot', flatMultiboot],
    ['multiboot', elfImage({ segments: [{ physical: 0x100000, bytes: multibootHeader() }], notes: [pvhNote(0)] })],
    ['pvh', elfImage({ notes: [linuxNote, pvhNote(0x100000)] })],
    ['vmlinux', elfImage({ bits: 64, notes: [linuxNote] })],
    ['elf', elfImage()],
    ['elf', elfImage().subarray(0, 60)],
    ['boot-sector', bootSector],
    ['unknown', new Uint8Array(0)],
    ['unknown', new Uint8Array(4096)],
  ])('%s %#', (kind, image) => {
    expect(detectImage(image)).toBe(kind);
  });
});

describe('PVH', () => {
  const initrd = new Uint8Array(MIB).fill(3);
  const { ram, registers, e820 } = plan(elfImage({ bits: 64, segments: high, notes: [pvhNote(0x1000010)] }), { append: 'quiet', initrd });

  it('is entered in 32-bit mode without paging, EBX at the start info', () => {
    expect([registers.get('rip'), registers.get('cr0'), registers.get('cs.access'), registers.get('efer')]).toEqual([0x1000010n, 0x11n, 0xc09b00n, undefined]);
    const info = Number(registers.get('rbx'));
    expect([ram.u32(info), ram.u32(info + 4), ram.u32(info + 12)]).toEqual([0x336ec578, 1, 1]);
    expect(ram.text(Number(ram.u64(info + 24)))).toBe('quiet');
    expect(ram.u64(info + 32)).toBe(BigInt(firmware.rsdp));
    expect(ram.overlaps()).toEqual([]);
  });

  it('names the initrd and the memory', () => {
    const info = Number(registers.get('rbx'));
    const module = Number(ram.u64(info + 16));
    expect([ram.u64(module + 8), ram.u8(Number(ram.u64(module)))]).toEqual([BigInt(MIB), 3]);
    const map = Number(ram.u64(info + 40));
    const seen = Array.from({ length: ram.u32(info + 48) }, (_, i) =>
      ({ base: Number(ram.u64(map + i * 24)), size: Number(ram.u64(map + i * 24 + 8)), type: ram.u32(map + i * 24 + 16) }));
    expect(seen).toEqual(e820);
  });

  it('does without an initrd', () => {
    const bare = plan(elfImage({ segments: high.map((segment) => ({ ...segment, virtual: 0 })), notes: [pvhNote(0x1000000)] }));
    const info = Number(bare.registers.get('rbx'));
    expect([bare.ram.u32(info + 12), bare.ram.u64(info + 16)]).toEqual([0, 0n]);
  });
});

describe('vmlinux', () => {
  it('of 64 bits is entered at startup_64, boot_params in RSI', () => {
    const { ram, registers } = plan(elfImage({ bits: 64, entry: 0x1000000, segments: high, notes: [linuxNote] }), { append: 'x', initrd: new Uint8Array(5000) });
    expect([registers.get('rip'), registers.get('rsi'), registers.get('efer')]).toEqual([0x1000000n, 0x10000n, 0x500n]);
    expect([ram.u32(0x10202), ram.u8(0x10210), ram.u32(0x1021c)]).toEqual([0x53726448, 0xff, 5000]);
    expect(ram.text(ram.u32(0x10228))).toBe('x');
    expect(ram.overlaps()).toEqual([]);
  });

  it('of 32 bits is entered at startup_32, boot_params in ESI', () => {
    const { registers } = plan(elfImage({ entry: 0x1000000, segments: high.map((segment) => ({ ...segment, virtual: 0xc1000000 })), notes: [linuxNote] }));
    expect([registers.get('rip'), registers.get('rsi'), registers.get('cr0')]).toEqual([0x1000000n, 0x10000n, 0x11n]);
  });

  it('unpacked from a bzImage gets its header, and room for its init_size', () => {
    const image = bzImage({ initSize: 0x2800000 });
    const { ram, segments, registers } = plan(image, { unpacked: elfImage({ bits: 64, entry: 0x1000000, segments: high }), initrd: new Uint8Array(4096) });
    expect(registers.get('rip')).toBe(0x1000000n);
    expect(ram.u32(0x10260)).toBe(0x2800000);
    expect(segments.find(({ name }) => name === 'initrd')!.physical).toBeGreaterThanOrEqual(0x3800000);
    expect(thrown(() => plan(bzImage({ initSize: 0x3000000 }), { unpacked: elfImage({ bits: 64, segments: high }) })).message).toMatch(/64\.0 MiB/);
  });

  it('of 64 bits needs long mode', () => {
    expect(thrown(() => plan(elfImage({ bits: 64, segments: high, notes: [linuxNote] }), { longMode: false })).message).toMatch(/long mode/);
  });
});

describe('what -kernel cannot start', () => {
  it.each([
    ['ELF without protocol', elfImage(), /neither Multiboot header nor PVH note/],
    ['a boot sector', bootSector, /disk/],
    ['nothing', new Uint8Array(0), /0 bytes/],
    ['noise', Uint8Array.from({ length: 9000 }, (_, i) => (i * 7) & 0xff), /no kernel/],
  ])('%s', (_what, image, message) => {
    const error = thrown(() => plan(image));
    expect(error.code).toBe('bad-image');
    expect(`${error.message} ${error.hint}`).toMatch(message);
  });
});

describe('ELF files', () => {
  it.each([
    ['for another machine', elfImage({ machine: 40 }), /machine 40/],
    ['that are objects', elfImage({ type: 1 }), /no executable/],
    ['without segments', elfImage({ segments: [] }), /nothing to load/],
    ['that are cut', elfImage({ segments: [{ physical: 0, bytes: new Uint8Array(4096) }] }).subarray(0, 3000), /truncated/],
    ['with more in the file than in memory', elfImage({ segments: [{ physical: 0, bytes: new Uint8Array(64), memoryBytes: 63 }] }), /larger in the file/],
    ['that are big-endian', ((bytes) => ((bytes[5] = 2), bytes))(elfImage()), /not for x86/],
  ])('%s are refused', (_what, image, message) => {
    const error = thrown(() => parseElf(image));
    expect(error.code).toBe('bad-image');
    expect(error.message).toMatch(message);
  });

  it('are never the cause of anything but a typed error', () => {
    const good = elfImage({ bits: 64, notes: [linuxNote, pvhNote(1)] });
    for (let at = 0; at < 0x200; at++) {
      const bad = good.slice();
      bad[at] = bad[at]! ^ 0xff;
      try {
        planKernel(bad, { firmware, longMode: true });
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-image' });
      }
    }
  });
});

describe('flat images', () => {
  const image = new Uint8Array(100).fill(0xf4);
  const flat = (options: Omit<FlatImageOptions, 'firmware'>) => {
    const result = planFlatImage(image, { firmware, ...options });
    return { ram: new PlannedRam([...result.segments, ...firmware.segments]), registers: new Map(startRegisters(result.start)) };
  };

  it.each([
    [{ loadAddress: 0x7c00 }, [0n, 0x7c00n]],
    [{ loadAddress: 0x10000 }, [0x1000n, 0n]],
    [{ loadAddress: 0xf0000, entry: 0xffff0 }, [0xf000n, 0xfff0n]],
    [{ loadAddress: 0x7c00, cs: 0x7c0 }, [0x7c0n, 0n]],
  ])('real16 %j', (options, expected) => {
    const { registers } = flat({ mode: 'real16', ...options });
    expect([registers.get('cs'), registers.get('rip')]).toEqual(expected);
    expect(registers.get('idtr.limit')).toBe(0x3ffn);
  });

  it('protected32 and long64 have their tables beside the image', () => {
    for (const loadAddress of [0x1000, 0x100000]) {
      const { ram, registers } = flat({ mode: 'long64', loadAddress });
      expect(ram.overlaps()).toEqual([]);
      expect(registers.get('rip')).toBe(BigInt(loadAddress));
      const pdpt = Number(ram.u64(Number(registers.get('cr3'))) & ~0xfffn);
      expect(ram.u64(Number(ram.u64(pdpt) & ~0xfffn) + 8) & ~0x1fn).toBe(0x200080n);
      expect(ram.u64(Number(registers.get('gdtr.base')) + 0x10)).toBe(0x00af9b000000ffffn);
    }
    expect(flat({ mode: 'protected32', loadAddress: 0x100000 }).registers.get('cr0')).toBe(0x11n);
  });

  it.each([
    [{ mode: 'protected32' as const, loadAddress: 64 * MIB }, /usable RAM ends/],
    [{ mode: 'protected32' as const, loadAddress: -1 }, /at -1/],
    [{ mode: 'real16' as const, loadAddress: 0x7c00, cs: 0x1000 }, /CS 4096/],
    [{ mode: 'real16' as const, loadAddress: 0x200000 }, /entry 2097152/],
  ])('%j is refused', (options, message) => {
    expect(thrown(() => flat(options)).message).toMatch(message);
  });
});
