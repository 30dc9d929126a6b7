/** PCI and fw_cfg on the board of a PC, as they are before its guest has run: what firmware assigned, and what a reset and a snapshot do to it. */
import { expect, test } from 'vitest';
import { PciWindow } from '../../src/firmware/pc-map.ts';
import { compileModules, createPc } from '../../src/index.ts';
import type { PcMachine } from '../../src/machine/pc.ts';

const modules = compileModules();
/** Each virtio device takes 32 KiB of the window: its structures, then its MSI-X table. */
const STRIDE = 0x8000;
const Offset = { queues: 18, status: 20, capacity: 0x2000 } as const;

function read(pc: PcMachine, slot: number, offset: number, length: number): number {
  return pc.memory.read(PciWindow.memory.first + slot * STRIDE + offset, length).reduceRight((value, byte) => value * 256 + byte, 0);
}

test('devices have the addresses that firmware gave them, after a reset and a snapshot, too', async () => {
  const drives = [{ image: new Uint8Array(512 * 77) }, { image: new Uint8Array(512 * 5), readonly: true }];
  const pc = await createPc({ memory: '4M', modules, drives, devices: { console: true } });
  const queues = (machine: PcMachine): number[] => [0, 1, 2, 3, 4].map((device) => read(machine, device, Offset.queues, 2));
  // Entropy source, console, two disks, nothing.
  expect(queues(pc)).toEqual([1, 2, 1, 1, 0xffff]);
  expect([read(pc, 2, Offset.capacity, 8), read(pc, 3, Offset.capacity, 8)]).toEqual([77, 5]);

  pc.memory.write(PciWindow.memory.first + Offset.status, Uint8Array.of(3));
  const copy = await createPc({ from: await pc.snapshot(), modules, drives });
  expect([queues(copy), read(copy, 0, Offset.status, 1)]).toEqual([[1, 2, 1, 1, 0xffff], 3]);
  pc.reset();
  expect([queues(pc), read(pc, 0, Offset.status, 1)]).toEqual([[1, 2, 1, 1, 0xffff], 0]);
});

/** Real mode: select item 3 of fw_cfg, store its 4 bytes at 0x500, read the ids of PCI slot 2 to 0x504, halt. */
const PROBE = Uint8Array.of(
  0xb8, 0x03, 0x00, // mov ax, 3
  0xba, 0x10, 0x05, 0xef, // mov dx, 0x510; out dx, ax
  0x42, 0xb9, 0x04, 0x00, 0xbf, 0x00, 0x05, // inc dx; mov cx, 4; mov di, 0x500
  0xf3, 0x6c, // rep insb
  0xba, 0xf8, 0x0c, 0x66, 0xb8, 0x00, 0x10, 0x00, 0x80, // mov dx, 0xcf8; mov eax, 0x80001000
  0x66, 0xef, 0xb2, 0xfc, 0x66, 0x6d, // out dx, eax; mov dl, 0xfc; insd
  0xf4, // hlt
);

test('a guest reads fw_cfg and configuration space', async () => {
  const pc = await createPc({ memory: '4M', modules, boot: { image: PROBE, loadAddress: 0x7c00 } });
  expect(pc.runUntil({ halt: true })).toEqual({ kind: 'halt' });
  expect([...pc.memory.read(0x500, 8)]).toEqual([0, 0, 0x40, 0, 0xf4, 0x1a, 0x44, 0x10]);
});

/** 32-bit code without end: random dwords into PCI configuration space (addresses and BARs among them) and into where BARs were. */
const RANDOM = [0x69, 0xdb, 0x0d, 0x66, 0x19, 0x00, 0x81, 0xc3, 0x5f, 0xf3, 0x6e, 0x3c, 0x89, 0xd8]; // imul ebx, ebx, 1664525; add ebx, 1013904223; mov eax, ebx
const WILD = [
  ...RANDOM, 0xc1, 0xe8, 0x0a, 0x25, 0xfc, 0x3f, 0x00, 0x00, 0x0d, 0x00, 0x00, 0x00, 0x80, // shr eax, 10; and eax, 0x3ffc; or eax, 0x80000000
  0x66, 0xba, 0xf8, 0x0c, 0xef, 0xb2, 0xfc, // mov dx, 0xcf8; out dx, eax; mov dl, 0xfc
  ...RANDOM, 0xef, // out dx, eax
  ...RANDOM, 0xc1, 0xe8, 0x08, 0x25, 0xff, 0xff, 0x01, 0x00, // shr eax, 8; and eax, 0x1ffff
  0x89, 0x98, 0x00, 0x00, 0x00, 0xe0, 0x8b, 0x88, 0x00, 0x00, 0x00, 0xe0, // mov [eax + 0xe0000000], ebx; mov ecx, [eax + 0xe0000000]
];

test.each(['tci', 'tiered'] as const)('a guest that programs PCI at random, in %s, is itself again after a reset', async (mode) => {
  const image = Uint8Array.of(...WILD, 0xe9, ...new Uint8Array(Int32Array.of(-WILD.length - 5).buffer));
  const drives = [{ image: new Uint8Array(512 * 77) }];
  const pc = await createPc({ memory: '4M', modules, drives, execution: { mode }, clock: { icount: 2 }, boot: { image, loadAddress: 0x8000, mode: 'protected32' } });
  expect(pc.runUntil({ instructions: 200_000 })).toEqual({ kind: 'instructions' });
  expect([...pc.memory.read(0x8000, image.length)]).toEqual([...image]);
  pc.reset();
  expect([read(pc, 0, Offset.queues, 2), read(pc, 1, Offset.capacity, 8)]).toEqual([1, 77]);
});

test('more drives than slots', async () => {
  const drives = Array.from({ length: 29 }, () => ({ image: new Uint8Array(512) }));
  await expect(createPc({ memory: '4M', modules, drives })).rejects.toMatchObject({ code: 'bad-option' });
});

// mov ecx, 0x1b; mov eax, 0x00100800; cdq; wrmsr (the local APIC over RAM); mov ebx, [0x100030] (its version);
// mov eax, 0xfee00900; xor edx, edx; wrmsr (back); mov esi, [0x100030]; hlt
const MOVE_APIC = Uint8Array.of(
  0xb9, 0x1b, 0, 0, 0, 0xb8, 0x00, 0x08, 0x10, 0x00, 0x99, 0x0f, 0x30, 0x8b, 0x1d, 0x30, 0x00, 0x10, 0x00,
  0xb8, 0x00, 0x09, 0xe0, 0xfe, 0x31, 0xd2, 0x0f, 0x30, 0x8b, 0x35, 0x30, 0x00, 0x10, 0x00, 0xf4,
);

test('RAM is there again when a device that was put over it has gone', async () => {
  const pc = await createPc({ memory: '4M', modules, boot: { image: MOVE_APIC, loadAddress: 0x8000, mode: 'protected32' } });
  pc.memory.write(0x100030, Uint8Array.of(1, 2, 3, 4));
  expect(pc.runUntil({ halt: true })).toEqual({ kind: 'halt' });
  const { registers } = pc.cpu(0);
  expect(registers.get('rbx') & 0xf0n).toBe(0x10n);
  expect(registers.get('rsi')).toBe(0x04030201n);
});
