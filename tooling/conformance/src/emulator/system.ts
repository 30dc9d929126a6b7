/**
 * What an operating system would have set up around the recorded environment: GDT, IDT, TSS, exception handlers, a supervisor
 * stack. Three pages, for the supervisor only, where no vector looks.
 *
 * Every handler is one HLT, `HANDLER_STRIDE` bytes from the next: where the CPU halted tells the vector, and the frame on
 * the supervisor stack the rest.
 */
import { SEGMENT_BASE, SELECTORS } from '../format/environment.ts';
import type { Mode } from '../format/environment.ts';
import type { Segment } from '../format/segments.ts';

const PAGE = 4096;

/** Width of the operating system: that of its own code, stack, gates and page tables. User code may be narrower. */
export type SystemWidth = 32 | 64;

/** Linear address of the three pages. */
export const SYSTEM_ADDRESS = { 32: 0xffe3_2000n, 64: 0xffff_9d80_4563_2000n } as const satisfies Record<SystemWidth, bigint>;
export const SYSTEM_LENGTH = 3 * PAGE;

/** Offsets in the three pages. */
export const SYSTEM = { gdt: 0, tss: 0x100, idt: 0x200, handlers: PAGE, stackTop: SYSTEM_LENGTH } as const;

/** Sizes of tables, as limits. */
export const SYSTEM_LIMITS = { gdt: 0xff, tss: 0x67, idt: { 32: 32 * 8 - 1, 64: 32 * 16 - 1 } } as const;

export const HANDLER_STRIDE = 16;
const VECTORS = 32;
const HLT = 0xf4;

/** Selectors of the supervisor; those of user code are in `SELECTORS`. */
const KERNEL = { code: { 32: 0x08, 64: 0x10 }, data: 0x18, tss: 0x40 } as const;
export const TSS_SELECTOR = KERNEL.tss;

/** Access rights: bits 8–15 and 20–23 of a descriptor's second word, in place; accessed already. */
export const ACCESS_RIGHTS = {
  kernelCode: { 32: 0xc09b00, 64: 0xa09b00 },
  kernelData: 0xc09300,
  userCode: { 32: 0xc0fb00, 64: 0xa0fb00 },
  userData: 0xc0f300,
  busyTss: 0x8b00,
} as const;

/** Type, S, DPL 3 and P of user segments by kind; D/B and G come on top. */
const USER_KINDS = { code: 0xfb00, data: 0xf300, down: 0xf700, fixed: 0xf100 } as const;

/** Access rights of a user segment that is loaded without a descriptor. */
export function accessRights(mode: Mode, { kind, big, limit }: Segment): number {
  if (kind === 'null') return 0;
  if (kind === 'code' && mode !== 16) return ACCESS_RIGHTS.userCode[mode];
  return USER_KINDS[kind] | (big ? 0x40_0000 : 0) | (limit > 0xf_ffff ? 0x80_0000 : 0);
}

/** Vectors that user code may raise with INT3 and INTO. */
const USER_GATES: ReadonlySet<number> = new Set([3, 4]);

function descriptor(base: bigint, pages: number, access: number): bigint {
  return BigInt(pages & 0xffff) | ((base & 0xff_ffffn) << 16n) | (BigInt(access | (pages & 0xf_0000)) << 32n) | ((base >> 24n & 0xffn) << 56n);
}

/** The three pages. */
export function systemPages(width: SystemWidth): Uint8Array {
  const bytes = new Uint8Array(SYSTEM_LENGTH);
  const view = new DataView(bytes.buffer);
  const at = SYSTEM_ADDRESS[width];

  const flat = (selector: number, access: number, base = 0n): void => view.setBigUint64(SYSTEM.gdt + (selector & ~7), descriptor(base, 0xf_ffff, access), true);
  flat(KERNEL.code[32], ACCESS_RIGHTS.kernelCode[32]);
  flat(KERNEL.code[64], ACCESS_RIGHTS.kernelCode[64]);
  flat(KERNEL.data, ACCESS_RIGHTS.kernelData);
  flat(SELECTORS[32].cs, ACCESS_RIGHTS.userCode[32]);
  flat(SELECTORS[64].cs, ACCESS_RIGHTS.userCode[64]);
  flat(SELECTORS[32].ss, ACCESS_RIGHTS.userData);
  flat(SELECTORS[32].gs, ACCESS_RIGHTS.userData);
  flat(SELECTORS[32].fs, ACCESS_RIGHTS.userData, SEGMENT_BASE);
  const tss = at + BigInt(SYSTEM.tss);
  view.setBigUint64(SYSTEM.gdt + KERNEL.tss, descriptor(tss & 0xffff_ffffn, SYSTEM_LIMITS.tss, ACCESS_RIGHTS.busyTss), true);
  view.setBigUint64(SYSTEM.gdt + KERNEL.tss + 8, tss >> 32n, true);

  const stack = at + BigInt(SYSTEM.stackTop);
  if (width === 64) {
    view.setBigUint64(SYSTEM.tss + 4, stack, true);
  } else {
    view.setUint32(SYSTEM.tss + 4, Number(stack), true);
    view.setUint32(SYSTEM.tss + 8, KERNEL.data, true);
  }
  // The I/O map would begin behind the limit: there is none.
  view.setUint16(SYSTEM.tss + 102, SYSTEM_LIMITS.tss + 1, true);

  for (let vector = 0; vector < VECTORS; vector++) {
    const handler = at + BigInt(SYSTEM.handlers + vector * HANDLER_STRIDE);
    const low = Number(handler & 0xffff_ffffn);
    const gate = SYSTEM.idt + vector * (width === 64 ? 16 : 8);
    view.setUint16(gate, low & 0xffff, true);
    view.setUint16(gate + 2, KERNEL.code[width], true);
    view.setUint16(gate + 4, USER_GATES.has(vector) ? 0xee00 : 0x8e00, true);
    view.setUint16(gate + 6, low >>> 16, true);
    if (width === 64) view.setBigUint64(gate + 8, handler >> 32n, true);
    bytes[SYSTEM.handlers + vector * HANDLER_STRIDE] = HLT;
  }
  return bytes;
}

/** Exceptions that push an error code (SDM volume 3, table 6-1). */
export function pushesErrorCode(vector: number): boolean {
  return vector === 8 || (vector >= 10 && vector <= 14) || vector === 17 || vector === 21;
}
