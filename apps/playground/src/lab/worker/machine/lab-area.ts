/**
 * What the Lab puts into a machine besides the program: interrupt handlers that stop it, so that a fault is seen as what it is and not as the triple fault of a CPU without
 * handlers. A program that loads an IDT of its own is on its own. 32- and 64-bit programs find x87 and SSE switched on, as an operating system leaves them.
 *
 * Each vector v has a handler of its own, at `handlers + 4 v`: HLT, and a jump back to it. A CPU that is about to run, or has run, one of them has met v.
 *
 * Memory of the machine: RAM of {@link LAB_RAM} bytes. 16-bit: interrupt table at 0, handlers at 0xf0000, stack below 0xfffe. 32- and 64-bit: the Lab's area from
 * {@link AREA} (IDT, GDT with a TSS, handlers, stack of the handlers), page tables of 64-bit code in the last 24 KiB; the program's stack grows down from {@link AREA}.
 */
import type { Cpu, MachineMemoryApi } from '@wasm-tcg/emulator';
import type { Bits } from '../../protocol.ts';

export const LAB_RAM = 0x400000;
const AREA = 0x3f0000;
const IDT = AREA;
const GDT = AREA + 0x1000;
const TSS = AREA + 0x1800;
const HANDLERS = AREA + 0x2000;
/** Top of the stack on which 64-bit handlers run (IST 1), and any handler of a fault in user mode. */
const HANDLER_STACK = AREA + 0x4000;
const REAL_HANDLERS_SEGMENT = 0xf000;
/** Page tables of `long64`, made by the machine. */
export const LAB_PAGE_TABLES = LAB_RAM - 6 * 4096;

/** First address that an image must not reach. */
export const LAB_IMAGE_LIMIT: Readonly<Record<Bits, number>> = { 16: 0xf0000, 32: 0x300000, 64: 0x300000 };
export const LAB_STACK: Readonly<Record<Bits, number>> = { 16: 0xfffe, 32: AREA, 64: AREA };
/** What belongs to the Lab and not to the program: is in no digest. */
export const LAB_OWN: Readonly<Record<Bits, readonly (readonly [from: number, to: number])[]>> = {
  16: [[0, 0x400], [0xf0000, 0xf0400]],
  32: [[AREA, LAB_RAM]],
  64: [[AREA, LAB_RAM]],
};

const VECTORS = 256;
const HANDLER_BYTES = 4;
const CODE_SELECTOR = 0x08;
const DATA_SELECTOR = 0x10;
const TSS_SELECTOR = 0x18;
/** Busy TSS, present (SDM vol. 3, table 3-2). */
const TSS_ACCESS = 0x8b00;
const TSS_LIMIT = 0x67;

/** `hlt`, and `jmp` to it. */
const HANDLER = [0xf4, 0xeb, 0xfd, 0x90];

/**
 * CR0: MP and NE, so that x87 exceptions are #MF. CR4: OSFXSR and OSXMMEXCPT, without which SSE is #UD. FNINIT: control word with 64-bit precision and all masked, no register in use (at
 * power-on, all are).
 */
const CR0_FPU = 0x22n;
const CR4_SSE = 0x600n;
const FPU_CONTROL = 0x37fn;

/** Put the handlers into a machine whose CPU is at the program's first instruction. */
export function installLabArea(bits: Bits, memory: MachineMemoryApi, { registers }: Cpu): void {
  const handlers = new Uint8Array(VECTORS * HANDLER_BYTES);
  for (let i = 0; i < handlers.length; i++) handlers[i] = HANDLER[i % HANDLER_BYTES];
  if (bits === 16) {
    memory.write(0, realModeTable());
    memory.write(REAL_HANDLERS_SEGMENT << 4, handlers);
    return;
  }
  memory.write(IDT, bits === 64 ? gates64() : gates32());
  memory.write(GDT, descriptors(bits));
  memory.write(TSS, taskState(bits));
  memory.write(HANDLERS, handlers);
  registers.set('cr0', registers.get('cr0') | CR0_FPU);
  registers.set('cr4', registers.get('cr4') | CR4_SSE);
  registers.set('fcw', FPU_CONTROL);
  registers.set('ftw', 0n);
  registers.set('gdtr.base', BigInt(GDT));
  registers.set('gdtr.limit', 0x27n);
  registers.set('idtr.base', BigInt(IDT));
  registers.set('idtr.limit', bits === 64 ? 0xfffn : 0x7ffn);
  registers.set('tr', BigInt(TSS_SELECTOR));
  registers.set('tr.base', BigInt(TSS));
  registers.set('tr.limit', BigInt(TSS_LIMIT));
  registers.set('tr.access', BigInt(TSS_ACCESS));
}

/** The vector whose handler of the Lab's a linear address lies in, if any. */
export function vectorAt(bits: Bits, pc: bigint): number | undefined {
  const first = BigInt(bits === 16 ? REAL_HANDLERS_SEGMENT << 4 : HANDLERS);
  if (pc < first || pc >= first + BigInt(VECTORS * HANDLER_BYTES)) return undefined;
  return Math.floor(Number(pc - first) / HANDLER_BYTES);
}

function realModeTable(): Uint8Array {
  const data = new DataView(new ArrayBuffer(VECTORS * 4));
  for (let v = 0; v < VECTORS; v++) {
    data.setUint16(v * 4, v * HANDLER_BYTES, true);
    data.setUint16(v * 4 + 2, REAL_HANDLERS_SEGMENT, true);
  }
  return new Uint8Array(data.buffer);
}

/** 32-bit interrupt gates, DPL 3 (SDM vol. 3, figure 6-2). */
function gates32(): Uint8Array {
  const data = new DataView(new ArrayBuffer(VECTORS * 8));
  for (let v = 0; v < VECTORS; v++) {
    const handler = HANDLERS + v * HANDLER_BYTES;
    data.setUint32(v * 8, (CODE_SELECTOR << 16) | (handler & 0xffff), true);
    data.setUint32(v * 8 + 4, (handler & 0xffff0000) | 0xee00, true);
  }
  return new Uint8Array(data.buffer);
}

/** 64-bit interrupt gates, DPL 3, on the stack of IST 1 (SDM vol. 3, figure 6-8): whatever RSP is. */
function gates64(): Uint8Array {
  const data = new DataView(new ArrayBuffer(VECTORS * 16));
  for (let v = 0; v < VECTORS; v++) {
    const handler = HANDLERS + v * HANDLER_BYTES;
    data.setUint32(v * 16, (CODE_SELECTOR << 16) | (handler & 0xffff), true);
    data.setUint32(v * 16 + 4, (handler & 0xffff0000) | 0xee01, true);
  }
  return new Uint8Array(data.buffer);
}

/** Null, flat code, flat data, TSS: the selectors that a flat machine starts with. */
function descriptors(bits: 32 | 64): Uint8Array {
  const data = new DataView(new ArrayBuffer(0x28));
  data.setUint32(CODE_SELECTOR, 0x0000ffff, true);
  data.setUint32(CODE_SELECTOR + 4, bits === 64 ? 0x00af9b00 : 0x00cf9b00, true);
  data.setUint32(DATA_SELECTOR, 0x0000ffff, true);
  data.setUint32(DATA_SELECTOR + 4, 0x00cf9300, true);
  data.setUint32(TSS_SELECTOR, ((TSS & 0xffff) << 16) | TSS_LIMIT, true);
  data.setUint32(TSS_SELECTOR + 4, (TSS & 0xff000000) | TSS_ACCESS | ((TSS >>> 16) & 0xff), true);
  return new Uint8Array(data.buffer);
}

/** Stacks for what comes from user mode, and IST 1 (SDM vol. 3, figures 7-2 and 7-11). No I/O bitmap. */
function taskState(bits: 32 | 64): Uint8Array {
  const data = new DataView(new ArrayBuffer(TSS_LIMIT + 1));
  if (bits === 64) {
    data.setBigUint64(4, BigInt(HANDLER_STACK), true);
    data.setBigUint64(36, BigInt(HANDLER_STACK), true);
  } else {
    data.setUint32(4, HANDLER_STACK, true);
    data.setUint32(8, DATA_SELECTOR, true);
  }
  data.setUint16(0x66, TSS_LIMIT + 1, true);
  return new Uint8Array(data.buffer);
}
