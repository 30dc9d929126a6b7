import type { TypeName } from './types.ts';

/**
 * Type of a global: `word` is i32 in a narrow TB (16- and 32-bit guest code) and i64 in a wide TB (64-bit code); the
 * other names are what they say. An i32 store to a slot writes it zero-extended to 64 bits.
 */
export type GlobalType = TypeName | 'word';

/** A guest register or piece of flag state that lives in a frame slot. */
export interface GlobalDef {
  readonly name: string;
  readonly type: GlobalType;
  /** First 8-byte slot in the frame. A v128 takes two, the first even (16-byte aligned). */
  readonly slot: number;
  /**
   * The value at a fault is recomputed from the TB's restore table (`insn_start`), so that faulting ops do not keep it
   * live: the program counter and the state of lazily computed flags.
   */
  readonly restored: boolean;
}

/** Layout of a TLB entry; see `tlb-entry.ts` of the runtime, where the offsets come from. All offsets in bytes. */
export interface TlbEntryLayout {
  /** log2 of the entry's size. */
  readonly sizeBits: number;
  readonly readTag: number;
  readonly writeTag: number;
  readonly fetchTag: number;
  readonly addend: number;
}

/**
 * The contract between a guest and the back ends. A guest builds one of these (`defFrame` and `layoutEnv` of the runtime);
 * ir, tci-interp and wasm-codegen take it as a parameter and name no register.
 *
 * All offsets are in bytes from `env`, the i32 address in linear memory of everything that belongs to one vCPU.
 */
export interface TargetLayout {
  readonly name: string;
  readonly globals: readonly GlobalDef[];
  /** Offset of frame slot 0. */
  readonly frameOffset: number;
  /** Slots taken by globals: temps are given slots from here on. */
  readonly globalSlots: number;
  /** Slots in the frame, globals and temps together. TCI names the first 256 in its short form. */
  readonly frameSlots: number;
  /** Index in `globals` of the program counter (relative to the code segment's base). */
  readonly pc: number;
  /** Index in `globals` of the linear address of the page on which the running TB starts. */
  readonly pageBase: number;
  /** Offset of the i32 lookup key "flags": the declared bit field that is part of a TB's identity. */
  readonly flagsOffset: number;
  /** Offset of the i64 code segment base: linear pc = (pc + csBase) & pcMask. */
  readonly csBaseOffset: number;
  /** Offset of the i64 mask applied to a linear pc: 2^32 − 1 outside 64-bit code, −1 in it. */
  readonly pcMaskOffset: number;
  /** Offset of the u32 MMU index with which instructions are fetched now. */
  readonly fetchMmuOffset: number;
  readonly mmu: {
    readonly pageBits: number;
    /** Number of MMU indices (separate TLBs), 1…16. */
    readonly indices: number;
    /** Offset of the first TLB; TLB i starts at `tlbOffset + (i << (tlbBits + entry.sizeBits))`. */
    readonly tlbOffset: number;
    /** log2 of the number of entries of each TLB. */
    readonly tlbBits: number;
    readonly entry: TlbEntryLayout;
  };
}
