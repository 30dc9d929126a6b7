/**
 * A guest for tests: a few registers and helpers of every kind of effect. It proves that what runs it names no real
 * register, and its vCPU area is small enough for a plain byte array.
 */
import type { HelperTable } from '../helper-sig.ts';
import type { GlobalDef, TargetLayout } from '../target-layout.ts';

const REGISTERS = 8;

function toyGlobals(): readonly GlobalDef[] {
  const globals: GlobalDef[] = [];
  let slot = 0;
  const add = (name: string, type: GlobalDef['type'], restored = false): void => {
    if (type === 'v128') slot = (slot + 1) & ~1;
    globals.push({ name, type, slot, restored });
    slot += type === 'v128' ? 2 : 1;
  };
  for (let i = 0; i < REGISTERS; i++) add(`r${i}`, 'word');
  add('pc', 'word', true);
  add('page_base', 'word');
  add('cc_dst', 'word');
  add('cc_src', 'word');
  add('cc_op', 'i32', true);
  add('mode', 'i32');
  add('acc', 'i64');
  add('f0', 'f64');
  add('v0', 'v128');
  add('v1', 'v128');
  return globals;
}

const GLOBALS = toyGlobals();

/** Offsets of the toy vCPU's area, in bytes from env. Context first, as everywhere. */
export const TOY_TARGET: TargetLayout = {
  name: 'toy',
  globals: GLOBALS,
  frameOffset: 1024,
  globalSlots: 20,
  frameSlots: 256,
  pc: GLOBALS.findIndex((g) => g.name === 'pc'),
  pageBase: GLOBALS.findIndex((g) => g.name === 'page_base'),
  flagsOffset: 3072,
  csBaseOffset: 3080,
  pcMaskOffset: 3088,
  fetchMmuOffset: 3096,
  mmu: {
    pageBits: 12,
    indices: 2,
    tlbOffset: 4096,
    tlbBits: 8,
    entry: { sizeBits: 5, readTag: 0, writeTag: 8, fetchTag: 16, addend: 24 },
  },
};

/** Host memory of the toy state that `ld` and `st` may touch: 64 bytes at this offset from env. */
export const TOY_STATE_OFFSET = 3104;
export const TOY_STATE_SIZE = 64;
/** Bytes of the toy vCPU's area without its TLBs. */
export const TOY_AREA_SIZE = 4096;

export const TOY_HELPERS: HelperTable = [
  { name: 'mix', env: false, args: ['i32', 'i32'], ret: 'i32', impl: 'wasm', effects: { reads: 'none', writes: 'none', pure: true }, doc: '(a ^ b·3) + 1' },
  { name: 'mix64', env: false, args: ['i64', 'i64'], ret: 'i64', impl: 'wasm', effects: { reads: 'none', writes: 'none', pure: true }, doc: '(a ^ b·3) + 1' },
  { name: 'flags', args: [], ret: 'i32', impl: 'wasm', effects: { reads: ['cc_dst', 'cc_src', 'cc_op'], writes: 'none' }, doc: 'low bits of cc_dst ^ cc_src ^ cc_op' },
  { name: 'settle', args: ['i32'], ret: null, impl: 'wasm', effects: { reads: ['cc_dst'], writes: ['cc_dst', 'cc_src'] }, doc: 'cc_src = cc_dst (low 32 bits) ^ a, cc_dst = 0' },
  { name: 'check', args: ['i32'], ret: null, impl: 'wasm', effects: { reads: 'none', writes: 'none', mayFault: true }, doc: 'faults with exit code 4 when the low 3 bits of a are 0' },
  { name: 'wait', args: [], ret: null, impl: 'js', effects: { reads: 'none', writes: 'none', mayExit: true, io: true }, doc: 'leaves with exit code 8' },
  { name: 'set_mode', args: ['i32'], ret: null, impl: 'wasm', effects: { reads: 'none', writes: ['mode'], changesFlags: true }, doc: 'mode = a' },
  { name: 'dump', args: [], ret: 'i32', impl: 'wasm', effects: { reads: 'all', writes: 'none' }, doc: 'a hash of the low halves of r0 … r7' },
];
