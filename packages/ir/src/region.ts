/**
 * A region: several TBs merged into one unit, so that they are optimised and compiled together.
 *
 * What the back end that compiles it finds in {@link RegionIr.tb}, besides plain ops:
 *
 * - **Member entries are labels.** Label i (i < members.length) is the entry of member i and is placed exactly once, referenced
 *   or not; the stream begins with a member's. The back end takes the member's `insns` from the budget there.
 * - **`entry` members.** There the region may be entered, besides along its edges: with globals from the frame, `page_base` that of the member.
 * - **`mayLeave` entries.** Every cycle passes one. There (and nowhere else besides exits, faults and helpers) the back end may leave the region:
 *   the globals but pc hold what that member expects at entry, and pc is `page_base + entryDelta − csBase`. At other
 *   entries globals may be stale: their stores have been removed as dead.
 * - **Edges.** A `goto_tb` to a member, in the last instruction of its own, has become `br` (pc is not written; `page_base` is adjusted by an `add` when the target starts on another
 *   page). A `goto_ptr` with expected targets has become compares of pc and branches in front of a plain `goto_ptr`. Other exits are as they were (those of earlier instructions give back what is not run);
 *   their link slots and deltas belong to the member they stand in: that of the last `insn_start` before them.
 * - **Pages.** When sources say on which pages they lie, an edge to a member on pages that not every way to it has passed begins with `pages_there`, and is left as the TB alone
 *   would be when they are not. Whoever enters a region has found the pages of that entry in place; none is mapped otherwise while it runs.
 * - **`insn_start`** keeps its delta (from its member's first page); its data word names the instruction: {@link regionInsnMember},
 *   {@link regionInsnIndex} (and keeps the bits INSN_DATA_FLAGS). The fault exit reports that member's header and that index; `page_base` is that member's, so that pc comes from its restore table.
 */
import type { TbIr } from './tb-ir.ts';

/** A TB to be merged. All of a region's are of one target, width, code segment base and flags. */
export interface RegionSource {
  /** Core ops only. Not changed. */
  readonly tb: TbIr;
  /** The caller's name for it (address of its header), handed back. */
  readonly header: number;
  /** Linear distance in pages from the first page of member 0 to its own. */
  readonly pageDelta: number;
  /**
   * May the region be entered here from outside? Default: member 0 alone. `only`: its edges do not lead here, but to another member that starts at the
   * same place (translated for what is known on those edges, which is not known where the region is entered).
   */
  readonly entry?: boolean | 'only';
  /** Pages it lies on: bits that the caller has given to the region's pages. Default: none, it is in place wherever the region is entered. */
  readonly pages?: number;
  /** Members that its `goto_ptr` is expected to reach, the most frequent first. */
  readonly indirect?: readonly number[];
}

export interface RegionMember {
  readonly header: number;
  readonly pageDelta: number;
  /** Guest instructions, as the member alone counts them. */
  readonly insns: number;
  /** Byte offset of its first instruction from its own first page. */
  readonly entryDelta: number;
  /** The region may be entered here. */
  readonly entry: boolean;
  /** Globals are exact at its entry: the back end may test budget and exit requests there and leave. */
  readonly mayLeave: boolean;
}

export interface RegionIr {
  readonly tb: TbIr;
  readonly members: readonly RegionMember[];
}

/** Member that an `insn_start` of a region belongs to, from its data word. */
export const regionInsnMember = (data: number): number => (data >> 16) & 0x3fff;
/** Index of the instruction in its member, from the data word of an `insn_start` of a region. */
export const regionInsnIndex = (data: number): number => data & 0xffff;
