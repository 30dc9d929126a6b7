import { describe, expect, it } from 'vitest';
import { planFirmware } from '../../src/firmware/firmware.ts';
import { startRegisters } from '../../src/loaders/cpu-start.ts';
import { planBzImage, type BzImageOptions } from '../../src/loaders/linux/bzimage.ts';
import { bzImage, PlannedRam, thrown } from './images.ts';

const MIB = 2 ** 20;
const firmware = planFirmware({ ramBytes: 256 * MIB, serialPorts: [0] });
const plan = (image: Uint8Array, options: Partial<BzImageOptions> = {}) => {
  const result = planBzImage(image, { firmware, longMode: true, ...options });
  const ram = new PlannedRam([...result.segments, ...(options.firmware ?? firmware).segments]);
  return { ...result, ram, registers: new Map(startRegisters(result.start)) };
};

describe('bzImage', () => {
  it('is entered in 64-bit mode 0x200 past its start', () => {
    const { registers, ram } = plan(bzImage());
    expect(ram.overlaps()).toEqual([]);
    expect(registers.get('rip')).toBe(0x100200n);
    expect(registers.get('rsi')).toBe(0x10000n);
    expect(registers.get('efer')).toBe(0x500n);
    expect([registers.get('cs'), registers.get('cs.access'), registers.get('ds'), registers.get('ss')]).toEqual([0x10n, 0xa09b00n, 0x18n, 0x18n]);
    expect(ram.u8(0x100000)).toBe(0x90);
    // PML4 → PDPT → directory: the page of 2 MiB at 0x100000 is at 0.
    const cr3 = Number(registers.get('cr3'));
    const pdpt = Number(ram.u64(cr3) & ~0xfffn);
    expect(ram.u64(Number(ram.u64(pdpt) & ~0xfffn)) & ~0x1fn).toBe(0x80n);
    // What stands in the GDT is what the hidden parts say.
    expect(ram.u64(Number(registers.get('gdtr.base')) + 0x10)).toBe(0x00af9b000000ffffn);
    expect(ram.u64(Number(registers.get('gdtr.base')) + 0x18)).toBe(0x00cf93000000ffffn);
  });

  it.each([
    ['the CPU has no long mode', bzImage(), { longMode: false }],
    ['the kernel has no 64-bit entry', bzImage({ xloadflags: 0 }), {}],
    ['it is asked for', bzImage(), { entry: 32 as const }],
    ['the protocol knows no xloadflags', bzImage({ version: 0x20b }), {}],
  ])('is entered in 32-bit mode when %s', (_why, image, options) => {
    const { registers, ram } = plan(image, options);
    expect(registers.get('rip')).toBe(0x100000n);
    expect(registers.get('cr0')).toBe(0x11n);
    expect(registers.get('rsi')).toBe(0x10000n);
    expect([registers.get('rbp'), registers.get('rdi'), registers.get('rbx')]).toEqual([0n, 0n, 0n]);
    expect(registers.get('cs.access')).toBe(0xc09b00n);
    expect(ram.u64(Number(registers.get('gdtr.base')) + 0x10)).toBe(0x00cf9b000000ffffn);
  });

  it('runs its real-mode part for protocols before 2.06, with stack and heap in one segment', () => {
    const { registers, ram } = plan(bzImage({ version: 0x204 }), { append: 'quiet' });
    expect([registers.get('cs'), registers.get('rip'), registers.get('ds'), registers.get('ss'), registers.get('rsp')])
      .toEqual([0x1020n, 0n, 0x1000n, 0x1000n, 0xfff0n]);
    expect(registers.get('cs.base')).toBe(0x10200n);
    expect(ram.u32(0x10202)).toBe(0x53726448);
    expect(ram.u8(0x10211)).toBe(0x81);
    expect(ram.u32(0x10214)).toBe(0x100000);
    expect(ram.text(ram.u32(0x10228))).toBe('quiet');
    expect(ram.u16(0x10224) + 0x200).toBeLessThan(0xfff0);
    expect(ram.overlaps()).toEqual([]);
  });

  it('tells the kernel who loads it, where its command line is and what memory there is', () => {
    const { ram, e820 } = plan(bzImage(), { append: 'console=ttyS0 ü' });
    const page = 0x10000;
    expect(ram.u8(page + 0x210)).toBe(0xff);
    expect(ram.u8(page + 0x211) & 1).toBe(1);
    expect(ram.u32(page + 0x214)).toBe(0x100000);
    expect(Buffer.from(ram.bytes(ram.u32(page + 0x228), 17)).toString()).toBe('console=ttyS0 ü\0');
    expect(ram.u32(page + 0x202)).toBe(0x53726448);
    expect(ram.u32(page + 0x260)).toBe(0x2000000);
    // The header ends at 0x26c: nothing of the image's code after it is copied.
    expect(ram.u32(page + 0x26c)).toBe(0);
    expect(ram.u64(page + 0x70)).toBe(BigInt(firmware.rsdp));
    expect(ram.u8(page + 0x1ef)).toBe(0);
    const entries = Array.from({ length: ram.u8(page + 0x1e8) }, (_, i) => {
      const at = page + 0x2d0 + i * 20;
      return { base: Number(ram.u64(at)), size: Number(ram.u64(at + 8)), type: ram.u32(at + 16) };
    });
    expect(entries).toEqual(e820);
    expect(ram.bytes(page, 0x40)).toEqual(new Uint8Array(0x40));
  });

  it('hands a seed over in setup_data, unless the protocol has none', () => {
    const rngSeed = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
    const { ram } = plan(bzImage(), { rngSeed });
    const at = Number(ram.u64(0x10250));
    expect([ram.u64(at), ram.u32(at + 8), ram.u32(at + 12)]).toEqual([0n, 9, 32]);
    expect(ram.bytes(at + 16, 32)).toEqual(rngSeed);
    expect(plan(bzImage({ version: 0x208 }), { rngSeed }).segments.map(({ name }) => name)).not.toContain('setup_data');
  });

  it('describes a text display when there is one', () => {
    const { ram } = plan(bzImage(), { display: 'text80x25' });
    expect([ram.u8(0x10006), ram.u8(0x10007), ram.u8(0x1000e), ram.u8(0x1000f), ram.u16(0x10010)]).toEqual([3, 80, 25, 1, 16]);
  });
});

describe('initrd', () => {
  const initrd = new Uint8Array(5 * MIB + 1).fill(0x55);
  const at = (image: Uint8Array, options: Partial<BzImageOptions> = {}): { readonly base: number; readonly size: number } => {
    const { ram, segments } = plan(image, { initrd, ...options });
    const base = ram.u32(0x10218);
    expect(segments.find(({ name }) => name === 'initrd')?.physical).toBe(base);
    return { base, size: ram.u32(0x1021c) };
  };
  const usableEnd = firmware.e820.find(({ base }) => base === MIB)!.size + MIB;

  it('ends at the last page of usable RAM, on a page, when the kernel allows', () => {
    const { base, size } = at(bzImage());
    expect(size).toBe(initrd.length);
    expect(base % 4096).toBe(0);
    expect(base + size).toBeLessThanOrEqual(usableEnd);
    expect(base + size + 4096).toBeGreaterThan(usableEnd);
  });

  it('stays below initrd_addr_max', () => {
    const { base, size } = at(bzImage({ initrdAddrMax: 0x4ffffff }));
    expect(base + size).toBeLessThanOrEqual(0x5000000);
    expect(base + size).toBeGreaterThan(0x5000000 - 4096);
  });

  it.each([
    ['more than RAM', bzImage({ initSize: 251 * MIB - 0x1000000 }), /between the kernel, which ends at 251\.0 MiB, and 256\.0 MiB/, /at least \d+M of `memory`/],
    ['more than the kernel allows', bzImage({ initrdAddrMax: 0x32fffff }), /5\.0 MiB.*room for 3\.0 MiB/, /smaller initrd/],
  ])('of %s is refused with sizes and remedy', (_what, image, message, hint) => {
    const error = thrown(() => plan(image, { initrd }));
    expect(error.code).toBe('bad-image');
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it('an empty one is none', () => {
    const { ram } = plan(bzImage(), { initrd: new Uint8Array(0) });
    expect([ram.u32(0x10218), ram.u32(0x1021c)]).toEqual([0, 0]);
  });

  it('lies above the estimate of kernels that do not tell their size', () => {
    const small = planFirmware({ ramBytes: 8 * MIB, serialPorts: [] });
    const error = thrown(() => plan(bzImage({ version: 0x206, kernelBytes: MIB }), { firmware: small, initrd: new Uint8Array(3 * MIB) }));
    expect(error.message).toMatch(/ends at 5\.0 MiB/);
  });
});

describe('what is no good kernel', () => {
  const good = bzImage();
  const spoiled = (change: (data: DataView) => void): Uint8Array => {
    const image = good.slice();
    change(new DataView(image.buffer));
    return image;
  };
  it.each([
    ['empty', new Uint8Array(0), /0 bytes/],
    ['a text', new TextEncoder().encode('<html>'.repeat(500)), /HdrS/],
    ['cut in the real-mode part', good.subarray(0, 1500), /real-mode part/],
    ['cut in the kernel', good.subarray(0, good.length - 1), /truncated/],
    ['without magic', spoiled((data) => data.setUint8(0x202, 0)), /HdrS/],
    ['of an old protocol', spoiled((data) => data.setUint16(0x206, 0x200, true)), /protocol 2\.00/],
    ['a zImage', spoiled((data) => data.setUint8(0x211, 0)), /zImage/],
    ['for more RAM than there is', bzImage({ initSize: 0x40000000 }), /needs RAM up to 1040\.0 MiB, the machine has 256\.0 MiB/],
  ])('%s', (_name, image, message) => {
    const error = thrown(() => plan(image));
    expect(error.code).toBe('bad-image');
    expect(error.message).toMatch(message);
    expect(error.hint).not.toBe('');
  });

  it('damage anywhere in the header ends in a plan or in a typed error', () => {
    let refused = 0;
    for (let at = 0x1f0; at < 0x270; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const image = good.slice();
        image[at] = value;
        try {
          expect(plan(image, { initrd: new Uint8Array(4096), append: 'x' }).ram.overlaps()).toEqual([]);
        } catch (error) {
          expect(error).toMatchObject({ name: 'MachineError', code: 'bad-image' });
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  it.each([
    ['a command line too long', bzImage({ cmdlineSize: 10 }), { append: 'x'.repeat(11) }, /11 bytes/],
    ['the 64-bit entry of a 32-bit kernel', bzImage({ xloadflags: 0 }), { entry: 64 as const }, /no 64-bit entry/],
    ['the 64-bit entry on a 32-bit CPU', bzImage(), { entry: 64 as const, longMode: false }, /without long mode/],
    ['the 32-bit entry of an old kernel', bzImage({ version: 0x205 }), { entry: 32 as const }, /protocol 2\.05/],
  ])('%s', (_name, image, options, message) => {
    const error = thrown(() => plan(image, options));
    expect(error.code).toBe('bad-image');
    expect(error.message).toMatch(message);
  });
});
