/** Blocks of a listing and the ways between them, as TB headers have them now. */
import { INDIRECT_TARGET, INDIRECT_TARGETS, NO_DELTA, NO_PAGE, PAGE_SIZE, TB_CPU, TB_HEADER, tbCpuAddress } from '@wasm-tcg/runtime';
import type { CodeBlock, CodeEdge } from '../api-code.ts';
import type { BatchMember, RegionSources } from '../exec/code-builder.ts';
import type { MachineParts } from '../machine/parts.ts';
import { findTb } from './look.ts';

const AT = TB_HEADER.offset;
/** Blocks of a batch: what tiering compiles at once, by default. */
const BATCH = 32;
const SLOT_KINDS = ['slot0', 'slot1'] as const;

/** A TB, and where it is seen. */
export interface PlacedTb {
  readonly header: number;
  readonly pc: bigint;
}

type Way = Pick<CodeEdge, 'kind' | 'count'> & {
  /** Linear address it leads to. */
  readonly to: bigint;
};

export function blocksOf(p: MachineParts, tbs: readonly PlacedTb[]): CodeBlock[] {
  const { machine, guest, translator, compiled } = p;
  const { u32 } = machine.views();
  return tbs.map(({ header, pc }) => {
    const word = (field: number): number => u32[(header + field) >>> 2]!;
    return {
      pc,
      physical: word(AT.physPage) * PAGE_SIZE + word(AT.pageOffset),
      tier: compiled.tierOf(header),
      executions: u32[(tbCpuAddress(header, 0) + TB_CPU.offset.count) >>> 2]!,
      insns: guest.disassemble(translator.requestOf(header), word(AT.size), pc),
      tciBytes: word(AT.tciWords) * 4,
    };
  });
}

/** Where a TB goes by links of goto_tb, and where its goto_ptr has gone. */
function waysFrom(p: MachineParts, { header, pc }: PlacedTb): Way[] {
  const { machine, context } = p;
  const { u32, i32 } = machine.views();
  const page = pc & ~0xfffn;
  const at = (offset: number): bigint => (page + BigInt(offset)) & context.pcMask;
  const ways: Way[] = [];
  SLOT_KINDS.forEach((kind, slot) => {
    const delta = i32[(header + AT.jmpDelta + slot * 4) >>> 2]!;
    if (delta !== NO_DELTA) ways.push({ kind, to: at(delta), count: u32[(header + AT.jmpCount + slot * 4) >>> 2]! });
  });
  const table = u32[(header + AT.indirect) >>> 2]!;
  for (let entry = table; table !== 0 && entry < table + INDIRECT_TARGETS * INDIRECT_TARGET.size; entry += INDIRECT_TARGET.size) {
    const tb = u32[(entry + INDIRECT_TARGET.offset.tb) >>> 2]!;
    if (tb === 0) break;
    const pages = i32[(entry + INDIRECT_TARGET.offset.pages) >>> 2]!;
    const to = at(pages * PAGE_SIZE + u32[(tb + AT.pageOffset) >>> 2]!);
    ways.push({ kind: 'indirect', to, count: u32[(entry + INDIRECT_TARGET.offset.count) >>> 2]! });
  }
  return ways;
}

/** The TB and those that can be reached from it over links and the profile of goto_ptr, translated if need be; at most {@link BATCH}. */
export function reachableTbs(p: MachineParts, entry: PlacedTb): PlacedTb[] {
  const tbs: PlacedTb[] = [entry];
  const known = new Set([entry.pc]);
  for (let next = 0; next < tbs.length; next++) {
    for (const { to } of waysFrom(p, tbs[next]!)) {
      if (known.has(to) || tbs.length === BATCH) continue;
      known.add(to);
      const header = findTb(p, to);
      if (header !== undefined) tbs.push({ header, pc: to });
    }
  }
  return tbs;
}

/** The ways that lead from one of these TBs to another; to the last one, where two are at one address. */
export function edgesBetween(p: MachineParts, tbs: readonly PlacedTb[]): CodeEdge[] {
  const positions = new Map(tbs.map(({ pc }, i) => [pc, i]));
  return tbs.flatMap((tb, from) =>
    waysFrom(p, tb).flatMap(({ to, kind, count }) => {
      const target = positions.get(to);
      return target === undefined ? [] : [{ from, to: target, kind, count }];
    }));
}

/**
 * The TBs as a module has them: under their present state words, bound to each other where a link between them is possible.
 * (None leads to a TB on two pages, or to and from one that accesses devices.)
 */
export function batchMembers(p: MachineParts, tbs: readonly PlacedTb[], edges: readonly CodeEdge[]): BatchMember[] {
  const { u32 } = p.machine.views();
  const word = (i: number, field: number): number => u32[(tbs[i]!.header + field) >>> 2]!;
  return tbs.map(({ header }, from) => {
    const link = (slot: 0 | 1): number => {
      const edge = edges.find((e) => e.from === from && e.kind === SLOT_KINDS[slot]);
      if (edge === undefined || word(from, AT.cflags) !== 0 || word(edge.to, AT.cflags) !== 0 || word(edge.to, AT.physPage2) !== NO_PAGE) return -1;
      return edge.to;
    };
    return { header, state: word(from, AT.state), links: [link(0), link(1)] };
  });
}

/** Members of a region whose entry is at `entry`. */
export function regionTbs(p: MachineParts, { members }: RegionSources, entry: bigint): PlacedTb[] {
  const { machine, context } = p;
  const { u32 } = machine.views();
  const page = entry & ~0xfffn;
  return members.map(({ header, pageDelta }) => ({
    header, pc: (page + BigInt(pageDelta * PAGE_SIZE + u32[(header + AT.pageOffset) >>> 2]!)) & context.pcMask,
  }));
}

/**
 * The ways between members. When an entry has been translated a second time for what is known on ways inside of the region, all those lead to that copy, which
 * comes later, and the counts are put on what it does: the first one is only passed on the way in.
 */
export function regionEdges(p: MachineParts, { sources }: RegionSources, tbs: readonly PlacedTb[]): CodeEdge[] {
  const edges = edgesBetween(p, tbs);
  return edges.map((edge) => (sources[edge.from]!.entry === 'only' ? { ...edge, count: 0 } : edge));
}
