/**
 * The area of one vCPU: everything generated code reaches is `env + static offset`.
 *
 *     context | frame (globals, then temps) | guest's own structure | TLBs | used lists | global marks | fetched pages | jump cache | ways taken
 */
import type { GlobalDef, GlobalType, TargetLayout } from '@wasm-tcg/ir';
import { JUMP_CACHE_BITS, JUMP_CACHE_ENTRY } from './jump-cache.ts';
import type { FieldType, StructDef } from './struct.ts';
import { TLB_ENTRY, TLB_ENTRY_BITS } from './tlb-entry.ts';
import { WASM_CONTEXT } from './wasm-context.ts';

/**
 * log2 of the bits of a set of fetched pages: a kernel runs from some hundred pages, and one that stands for another makes it look up anew
 * whatever it runs.
 */
export const FETCHED_BITS = 15;

/** Slots that TCI can name in its short form; the frame has this many. */
export const FRAME_SLOTS = 256;

export interface GlobalSpec {
  readonly type: GlobalType;
  readonly restored?: boolean;
}

/** Globals with their slots: what `defFrame` makes. */
export interface FrameDef<N extends string> {
  readonly globals: readonly GlobalDef[];
  /** Index of each global in `globals`: its temp number. */
  readonly index: { readonly [K in N]: number };
  /** Byte offset of each global from slot 0. */
  readonly offset: { readonly [K in N]: number };
  readonly slots: number;
}

/** Give each global its slot in the order of declaration (v128 two, even). */
export function defFrame<const G extends Readonly<Record<string, GlobalSpec>>>(spec: G): FrameDef<keyof G & string> {
  const globals: GlobalDef[] = [];
  const index: Record<string, number> = {};
  const offset: Record<string, number> = {};
  let slot = 0;
  for (const [name, { type, restored = false }] of Object.entries(spec)) {
    if (type === 'v128') slot = (slot + 1) & ~1;
    index[name] = globals.length;
    offset[name] = slot * 8;
    globals.push({ name, type, slot, restored });
    slot += type === 'v128' ? 2 : 1;
  }
  return { globals, index: index as FrameDef<keyof G & string>['index'], offset: offset as FrameDef<keyof G & string>['offset'], slots: slot };
}

export interface EnvSpec<N extends string, F extends Readonly<Record<string, FieldType>>> {
  readonly name: string;
  readonly frame: FrameDef<N>;
  /** Guest state that is no global: segment descriptors, control registers, MSRs. */
  readonly state: StructDef<F>;
  readonly pc: NoInfer<N>;
  readonly pageBase: NoInfer<N>;
  /** The global (i64 or word) that holds the code segment base. */
  readonly csBase: NoInfer<N>;
  /** Fields of `state`: u32 lookup key, u64 mask of a linear pc, u32 MMU index of instruction fetches. */
  readonly flags: NoInfer<keyof F & string>;
  readonly pcMask: NoInfer<keyof F & string>;
  readonly fetchMmu: NoInfer<keyof F & string>;
  readonly mmuIndices: number;
  /** log2 of entries per TLB: 8 … 12. Default 10 (32 KiB per MMU index). */
  readonly tlbBits?: number;
  readonly pageBits?: number;
}

/** {@link TargetLayout} plus what only the runtime and the guest's helpers need. All offsets in bytes from env. */
export interface EnvLayout extends TargetLayout {
  readonly stateOffset: number;
  /** Used lists, one per MMU index: u16 entry indices, `2 << tlbBits` bytes each; counts are in the context. */
  readonly tlbUsedOffset: number;
  /** One byte per TLB entry, of all MMU indices in a row: 1 for a page that a change of the address space leaves (x86: global). */
  readonly tlbGlobalOffset: number;
  /** Per MMU index a set of `1 << FETCHED_BITS` bits: pages, by a hash of their number, that something was verified by under the index' generation. */
  readonly fetchedOffset: number;
  readonly jumpCacheOffset: number;
  readonly jumpCacheBits: number;
  /** Size of the whole area, a multiple of 64 KiB. */
  readonly envSize: number;
}

const alignUp = (n: number, to: number): number => Math.ceil(n / to) * to;

/** Compute the offsets of a vCPU's area. */
export function layoutEnv<N extends string, F extends Readonly<Record<string, FieldType>>>(spec: EnvSpec<N, F>): EnvLayout {
  const { frame, state, mmuIndices, tlbBits = 10, pageBits = 12 } = spec;
  const frameOffset = alignUp(WASM_CONTEXT.size, 64);
  const stateOffset = alignUp(frameOffset + FRAME_SLOTS * 8, Math.max(64, state.align));
  const tlbOffset = alignUp(stateOffset + state.size, 4096);
  const tlbUsedOffset = tlbOffset + (mmuIndices << (tlbBits + TLB_ENTRY_BITS));
  const tlbGlobalOffset = tlbUsedOffset + (mmuIndices << (tlbBits + 1));
  const fetchedOffset = alignUp(tlbGlobalOffset + (mmuIndices << tlbBits), 64);
  const jumpCacheOffset = alignUp(fetchedOffset + (mmuIndices << (FETCHED_BITS - 3)), 64);
  const end = jumpCacheOffset + (JUMP_CACHE_ENTRY.size << JUMP_CACHE_BITS);
  return {
    name: spec.name,
    globals: frame.globals,
    frameOffset,
    globalSlots: frame.slots,
    frameSlots: FRAME_SLOTS,
    pc: frame.index[spec.pc],
    pageBase: frame.index[spec.pageBase],
    flagsOffset: stateOffset + state.offset[spec.flags],
    csBaseOffset: frameOffset + frame.offset[spec.csBase],
    pcMaskOffset: stateOffset + state.offset[spec.pcMask],
    fetchMmuOffset: stateOffset + state.offset[spec.fetchMmu],
    mmu: {
      pageBits,
      indices: mmuIndices,
      tlbOffset,
      tlbBits,
      entry: {
        sizeBits: TLB_ENTRY_BITS,
        readTag: TLB_ENTRY.offset.readTag,
        writeTag: TLB_ENTRY.offset.writeTag,
        fetchTag: TLB_ENTRY.offset.fetchTag,
        addend: TLB_ENTRY.offset.addend,
      },
    },
    stateOffset,
    tlbUsedOffset,
    tlbGlobalOffset,
    fetchedOffset,
    jumpCacheOffset,
    jumpCacheBits: JUMP_CACHE_BITS,
    envSize: alignUp(end, 65536),
  };
}
