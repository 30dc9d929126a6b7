/**
 * The table of ops: one row each. Builder, printer, parser, verifier, evaluator, optimiser, TCI formats, lowerings and
 * the op reference derive from it; a missing case is a type error.
 *
 * The op's type T is an operand, not part of the name. Values are written as `add.i32 d, a, b`: outputs, then inputs,
 * then attributes. All integer arithmetic wraps; no op traps for any operand value.
 */
import type { TypeName } from './types.ts';

/** Type of a value operand: `T` the op's type, `A` the TB's guest address type (i32 narrow, i64 wide), or fixed. */
export type OperandType = TypeName | 'T' | 'A';

/**
 * Kinds of attributes (compile-time integers that follow the value operands).
 *
 * - `cond`, `fcond`, `atomic`, `vop`: codes of the tables in `cond.ts`, `memop.ts`, `vops.ts`
 * - `memop`: see `memop.ts`; `mmu`: MMU index
 * - `pos`, `len`, `lane`, `imm`: small integers; `offset`: byte offset from a host address
 * - `label`: label number; `helper`: index in the guest's helper table
 * - `slot`: link slot of the TB, 0 or 1; `delta`: target of a jump as byte offset from the page on which the TB starts (may lie
 *   outside that page); `exit`: exit code of the runtime; `data`: an opaque i32 of the guest; `pages`: set of pages of a region, a bit each
 */
export type AttrKind =
  | 'cond' | 'fcond' | 'atomic' | 'vop' | 'memop' | 'mmu' | 'pos' | 'len' | 'lane' | 'imm' | 'offset'
  | 'label' | 'helper' | 'slot' | 'delta' | 'exit' | 'data' | 'pages';

export type Effect =
  /** Ends the TB's straight-line flow: nothing after it is reached but through a label. */
  | 'terminator'
  /** Ends a basic block (may go on below). */
  | 'branch'
  /** May raise a guest fault and leave; sees all globals (but restored ones) as of the start of its instruction. */
  | 'mayFault'
  /** Reads or writes memory or state outside temps and globals: not deleted when its result is unused. */
  | 'sideEffect'
  /** Leaves the TB: all globals are read. */
  | 'exit';

export interface OpDef {
  readonly out: readonly OperandType[];
  readonly in: readonly OperandType[];
  readonly attrs: readonly AttrKind[];
  /** Types that T may be; empty when the op has no T. */
  readonly types: readonly TypeName[];
  readonly effects: readonly Effect[];
  /**
   * `source`: translators may use it, `expand` replaces it before any back end sees the TB.
   * `core`: back ends implement it.
   * `region`: `mergeRegion` makes it; only what compiles regions implements it.
   */
  readonly stage: 'core' | 'source' | 'region';
  readonly doc: string;
}

const INT = ['i32', 'i64'] as const;
const FLT = ['f32', 'f64'] as const;
const ANY = ['i32', 'i64', 'f32', 'f64', 'v128'] as const;
const MEM = ['i32', 'i64', 'v128'] as const;
const NONE = [] as const;

const unary = (doc: string) => ({ out: ['T'], in: ['T'], attrs: NONE, types: INT, effects: NONE, stage: 'core', doc }) as const;
const binary = (doc: string) => ({ out: ['T'], in: ['T', 'T'], attrs: NONE, types: INT, effects: NONE, stage: 'core', doc }) as const;
const funary = (doc: string) => ({ out: ['T'], in: ['T'], attrs: NONE, types: FLT, effects: NONE, stage: 'core', doc }) as const;
const fbinary = (doc: string) => ({ out: ['T'], in: ['T', 'T'], attrs: NONE, types: FLT, effects: NONE, stage: 'core', doc }) as const;
const row = <const D extends Omit<OpDef, 'stage'>>(d: D) => ({ ...d, stage: 'core' }) as const;

export const OPS = {
  // ---- moves and constants -------------------------------------------------------------------------------------------
  mov: row({ out: ['T'], in: ['T'], attrs: NONE, types: ANY, effects: NONE, doc: 'd = a' }),

  // ---- integer arithmetic ----------------------------------------------------------------------------------------------
  add: binary('d = a + b'),
  sub: binary('d = a − b'),
  mul: binary('d = low half of a × b'),
  neg: unary('d = −a'),
  divs: binary('signed quotient rounded to zero; b = 0: −1; overflow: a (as RISC-V "M" DIV)'),
  divu: binary('unsigned quotient; b = 0: all ones'),
  rems: binary('signed remainder with the sign of a; b = 0: a; overflow: 0'),
  remu: binary('unsigned remainder; b = 0: a'),
  add2: row({ out: ['T', 'T'], in: ['T', 'T', 'T', 'T'], attrs: NONE, types: INT, effects: NONE,
    doc: '(lo, hi) = (a_lo, a_hi) + (b_lo, b_hi); operands in the order lo, hi; a_lo, a_hi, b_lo, b_hi' }),
  sub2: row({ out: ['T', 'T'], in: ['T', 'T', 'T', 'T'], attrs: NONE, types: INT, effects: NONE,
    doc: '(lo, hi) = (a_lo, a_hi) − (b_lo, b_hi)' }),
  mulu2: row({ out: ['T', 'T'], in: ['T', 'T'], attrs: NONE, types: INT, effects: NONE, doc: '(lo, hi) = unsigned a × b' }),
  muls2: row({ out: ['T', 'T'], in: ['T', 'T'], attrs: NONE, types: INT, effects: NONE, doc: '(lo, hi) = signed a × b' }),
  divu2: row({ out: ['T', 'T'], in: ['T', 'T', 'T'], attrs: NONE, types: INT, effects: NONE,
    doc: '(quotient, remainder) = unsigned (a_lo, a_hi) ÷ b; b = 0 or quotient overflow: (0, 0)' }),
  divs2: row({ out: ['T', 'T'], in: ['T', 'T', 'T'], attrs: NONE, types: INT, effects: NONE,
    doc: '(quotient, remainder) = signed (a_lo, a_hi) ÷ b rounded to zero; b = 0 or quotient overflow: (0, 0)' }),

  // ---- bits --------------------------------------------------------------------------------------------------------------
  and: binary('d = a & b'),
  or: binary('d = a | b'),
  xor: binary('d = a ^ b'),
  not: unary('d = ~a'),
  andc: binary('d = a & ~b'),
  orc: binary('d = a | ~b'),
  eqv: binary('d = ~(a ^ b)'),
  shl: binary('d = a << (b mod width)'),
  shr: binary('d = a >> (b mod width), zero-filled'),
  sar: binary('d = a >> (b mod width), sign-filled'),
  rotl: binary('d = a rotated left by b mod width'),
  rotr: binary('d = a rotated right by b mod width'),
  clz: unary('leading zero bits; a = 0: width'),
  ctz: unary('trailing zero bits; a = 0: width'),
  ctpop: unary('number of one bits'),
  bswap: row({ out: ['T'], in: ['T'], attrs: ['len'], types: INT, effects: NONE,
    doc: 'the low len bits (16, 32, 64; ≤ width) of a with their bytes reversed, zero-extended' }),
  extract: row({ out: ['T'], in: ['T'], attrs: ['pos', 'len'], types: INT, effects: NONE,
    doc: 'bits pos … pos+len−1 of a, zero-extended; len ≥ 1, pos + len ≤ width' }),
  sextract: row({ out: ['T'], in: ['T'], attrs: ['pos', 'len'], types: INT, effects: NONE,
    doc: 'bits pos … pos+len−1 of a, sign-extended; len ≥ 1, pos + len ≤ width' }),
  deposit: row({ out: ['T'], in: ['T', 'T'], attrs: ['pos', 'len'], types: INT, effects: NONE,
    doc: 'a with its bits pos … pos+len−1 replaced by the low len bits of b' }),
  extract2: row({ out: ['T'], in: ['T', 'T'], attrs: ['pos'], types: INT, effects: NONE,
    doc: 'low half of (a + b·2^width) >> pos (a is the low part); 0 ≤ pos ≤ width' }),

  // ---- between integer widths ------------------------------------------------------------------------------------------
  extu: row({ out: ['i64'], in: ['i32'], attrs: NONE, types: NONE, effects: NONE, doc: 'd = a zero-extended' }),
  exts: row({ out: ['i64'], in: ['i32'], attrs: NONE, types: NONE, effects: NONE, doc: 'd = a sign-extended' }),
  trunc: row({ out: ['i32'], in: ['i64'], attrs: NONE, types: NONE, effects: NONE, doc: 'd = low 32 bits of a' }),
  trunch: row({ out: ['i32'], in: ['i64'], attrs: NONE, types: NONE, effects: NONE, doc: 'd = high 32 bits of a' }),
  concat: row({ out: ['i64'], in: ['i32', 'i32'], attrs: NONE, types: NONE, effects: NONE, doc: 'd = a + b·2^32 (a is the low half)' }),

  // ---- conditions --------------------------------------------------------------------------------------------------------
  setcond: row({ out: ['i32'], in: ['T', 'T'], attrs: ['cond'], types: INT, effects: NONE, doc: 'd = a cond b ? 1 : 0 (always i32)' }),
  negsetcond: row({ out: ['T'], in: ['T', 'T'], attrs: ['cond'], types: INT, effects: NONE, doc: 'd = a cond b ? −1 : 0' }),
  movcond: row({ out: ['T'], in: ['T', 'T', 'T', 'T'], attrs: ['cond'], types: INT, effects: NONE,
    doc: 'd = a cond b ? v1 : v2; operands a, b, v1, v2' }),

  // ---- scalar floating point (round to nearest even; a NaN result has unspecified sign and payload) -----------------------
  fadd: fbinary('d = a + b'),
  fsub: fbinary('d = a − b'),
  fmul: fbinary('d = a × b'),
  fdiv: fbinary('d = a ÷ b'),
  fsqrt: funary('d = √a'),
  fneg: funary('d = a with its sign bit flipped'),
  fabs: funary('d = a with its sign bit cleared'),
  ffloor: funary('d = a rounded down to an integer'),
  fceil: funary('d = a rounded up to an integer'),
  ftrunc: funary('d = a rounded to zero to an integer'),
  fnearest: funary('d = a rounded to the nearest integer, ties to even'),
  fsetcond: row({ out: ['i32'], in: ['T', 'T'], attrs: ['fcond'], types: FLT, effects: NONE, doc: 'd = a fcond b ? 1 : 0' }),
  fpromote: row({ out: ['f64'], in: ['f32'], attrs: NONE, types: NONE, effects: NONE, doc: 'd = a as f64' }),
  fdemote: row({ out: ['f32'], in: ['f64'], attrs: NONE, types: NONE, effects: NONE, doc: 'd = a rounded to f32' }),
  fcvt_s: row({ out: ['T'], in: ['i64'], attrs: NONE, types: FLT, effects: NONE, doc: 'd = signed a, rounded' }),
  fcvt_u: row({ out: ['T'], in: ['i64'], attrs: NONE, types: FLT, effects: NONE, doc: 'd = unsigned a, rounded' }),
  ftoi_s: row({ out: ['i64'], in: ['T'], attrs: NONE, types: FLT, effects: NONE, doc: 'd = a rounded to zero, saturated to signed i64; NaN: 0' }),
  ftoi_u: row({ out: ['i64'], in: ['T'], attrs: NONE, types: FLT, effects: NONE, doc: 'd = a rounded to zero, saturated to unsigned i64; NaN: 0' }),
  fbits: row({ out: ['T'], in: ['i64'], attrs: NONE, types: FLT, effects: NONE, doc: 'd = the float whose bits are the low bits of a' }),
  ibits: row({ out: ['i64'], in: ['T'], attrs: NONE, types: FLT, effects: NONE, doc: 'd = the bits of a, zero-extended' }),

  // ---- vectors: `vop` selects a row of vops.ts, each one Wasm SIMD instruction --------------------------------------------
  vunary: row({ out: ['v128'], in: ['v128'], attrs: ['vop'], types: NONE, effects: NONE, doc: 'd = vop(a)' }),
  vbinary: row({ out: ['v128'], in: ['v128', 'v128'], attrs: ['vop'], types: NONE, effects: NONE, doc: 'd = vop(a, b)' }),
  vshift: row({ out: ['v128'], in: ['v128', 'i32'], attrs: ['vop'], types: NONE, effects: NONE,
    doc: 'each lane of a shifted by b mod lane width' }),
  vselect: row({ out: ['v128'], in: ['v128', 'v128', 'v128'], attrs: NONE, types: NONE, effects: NONE,
    doc: 'd = (a & c) | (b & ~c), bit by bit' }),
  vtest: row({ out: ['i32'], in: ['v128'], attrs: ['vop'], types: NONE, effects: NONE, doc: 'd = vop(a): any_true, all_true, bitmask' }),
  vsplat: row({ out: ['v128'], in: ['i64'], attrs: ['imm'], types: NONE, effects: NONE,
    doc: 'every lane = low bits of a; imm = log2 of the lane size in bytes, 0…3' }),
  vextract: row({ out: ['i64'], in: ['v128'], attrs: ['imm', 'lane'], types: NONE, effects: NONE,
    doc: 'd = one lane, zero-extended; imm = log2 of the lane size in bytes, 0…3' }),
  vinsert: row({ out: ['v128'], in: ['v128', 'i64'], attrs: ['imm', 'lane'], types: NONE, effects: NONE,
    doc: 'a with one lane replaced by the low bits of b; imm = log2 of the lane size in bytes' }),
  vget0: row({ out: ['T'], in: ['v128'], attrs: NONE, types: FLT, effects: NONE, doc: 'd = the lowest lane of a, bit by bit' }),
  vset0: row({ out: ['v128'], in: ['v128', 'T'], attrs: NONE, types: FLT, effects: NONE, doc: 'a with its lowest lane replaced by b, bit by bit' }),
  vshuffle: row({ out: ['v128'], in: ['v128', 'v128', 'v128'], attrs: NONE, types: NONE, effects: NONE,
    doc: 'byte i of d = byte c[i] of (a, b) taken as 32 bytes; c must be a constant whose bytes are < 32' }),

  // ---- host memory inside the vCPU's own area ------------------------------------------------------------------------------
  ld: row({ out: ['T'], in: ['i32'], attrs: ['offset', 'memop'], types: ANY, effects: ['sideEffect'],
    doc: 'd = value at host address a + offset; memop gives size and sign. Must not touch the slot of a global' }),
  st: row({ out: [], in: ['i32', 'T'], attrs: ['offset', 'memop'], types: ANY, effects: ['sideEffect'],
    doc: 'store b at host address a + offset. Must not touch the slot of a global' }),

  // ---- guest memory ----------------------------------------------------------------------------------------------------------
  guest_ld: row({ out: ['T'], in: ['A'], attrs: ['memop', 'mmu'], types: MEM, effects: ['mayFault', 'sideEffect'],
    doc: 'd = value at guest linear address a' }),
  guest_st: row({ out: [], in: ['A', 'T'], attrs: ['memop', 'mmu'], types: MEM, effects: ['mayFault', 'sideEffect'],
    doc: 'store b at guest linear address a; nothing is written when any byte of it faults' }),
  guest_rmw_ld: row({ out: ['T', 'i32'], in: ['A'], attrs: ['memop', 'mmu'], types: INT, effects: ['mayFault', 'sideEffect'],
    doc: '(d, token): load for a read-modify-write. Checks write permission and faults as a write would; token is the host address ' +
      'or 0 for the slow path, and is only good for the guest_rmw_st of the same instruction' }),
  guest_rmw_st: row({ out: [], in: ['i32', 'A', 'T'], attrs: ['memop', 'mmu'], types: INT, effects: ['mayFault', 'sideEffect'],
    doc: 'store c at guest address b, whose write permission the guest_rmw_ld that made token a has checked. May leave with RETRY' }),
  guest_probe: row({ out: [], in: ['A'], attrs: ['imm', 'memop', 'mmu'], types: NONE, effects: ['mayFault', 'sideEffect'],
    doc: 'fault exactly as a store (imm = 1) or load (imm = 0) of memop at a would; touches nothing' }),
  guest_atomic: { out: ['T'], in: ['A', 'T'], attrs: ['atomic', 'memop', 'mmu'], types: INT, effects: ['mayFault', 'sideEffect'], stage: 'source',
    doc: 'd = old value at a; stores `old atomic b` in one indivisible step' },
  guest_cmpxchg: { out: ['T'], in: ['A', 'T', 'T'], attrs: ['memop', 'mmu'], types: INT, effects: ['mayFault', 'sideEffect'], stage: 'source',
    doc: 'd = old value at a; stores c if old = b (zero-extended to the access size), else stores old back, in one indivisible step' },

  // ---- structure -----------------------------------------------------------------------------------------------------------
  insn_start: row({ out: [], in: [], attrs: ['delta', 'data'], types: NONE, effects: ['sideEffect'],
    doc: 'a guest instruction starts: its pc as byte offset from the page on which the TB starts, and guest data for the restore table' }),
  label: row({ out: [], in: [], attrs: ['label'], types: NONE, effects: ['branch', 'sideEffect'], doc: 'place a label; starts a basic block' }),
  br: row({ out: [], in: [], attrs: ['label'], types: NONE, effects: ['terminator', 'branch', 'sideEffect'], doc: 'go to label' }),
  brcond: row({ out: [], in: ['T', 'T'], attrs: ['cond', 'label'], types: INT, effects: ['branch', 'sideEffect'], doc: 'go to label if a cond b' }),
  call: row({ out: [], in: [], attrs: ['helper'], types: NONE, effects: ['sideEffect'],
    doc: 'call a helper; its result (if any) and its arguments precede the attribute, as its signature says' }),
  goto_tb: row({ out: [], in: [], attrs: ['slot', 'delta'], types: NONE, effects: ['terminator', 'exit', 'sideEffect'],
    doc: 'leave to the TB at page base + delta with the same flags, through link slot 0 or 1. Sets pc (and page base when delta is on another page)' }),
  goto_ptr: row({ out: [], in: [], attrs: [], types: NONE, effects: ['terminator', 'exit', 'sideEffect'],
    doc: 'leave to the TB that pc, code segment base and flags in the frame name (the translator has written them)' }),
  exit_tb: row({ out: [], in: [], attrs: ['exit', 'delta'], types: NONE, effects: ['terminator', 'exit', 'sideEffect'],
    doc: 'leave to the host with an exit code; sets pc to page base + delta' }),
  pages_there: { out: ['i32'], in: [], attrs: ['pages'], types: NONE, effects: ['sideEffect'], stage: 'region',
    doc: 'd = 1 when each of these pages of the region is mapped to the physical page that the region was made for, else 0. Raises no fault' },
} as const;
OPS satisfies Record<string, OpDef>;

export type OpName = keyof typeof OPS;
/** Ops that back ends implement. */
export type CoreOpName = { [K in OpName]: (typeof OPS)[K]['stage'] extends 'core' ? K : never }[OpName];

/** Op names in code order: the code of an op is its position in the table. */
export const OP_NAMES = Object.keys(OPS) as readonly OpName[];

type OpCodes = { readonly [K in OpName]: number };
/** Numeric op codes, `Op.add` etc. */
export const Op: OpCodes = Object.fromEntries(OP_NAMES.map((n, i) => [n, i])) as OpCodes;

/** Definitions in code order. */
export const OP_DEFS: readonly OpDef[] = OP_NAMES.map((n) => OPS[n]);
