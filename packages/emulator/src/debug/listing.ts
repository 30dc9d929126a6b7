/** `Machine.listing`: code in all its stages, line by line, each line with the guest instruction it comes from. */
import { TbIr } from '@wasm-tcg/ir';
import { TB_HEADER } from '@wasm-tcg/runtime';
import { OriginRecorder } from '@wasm-tcg/wasm-codegen';
import type { CodeLine, CodeListing, CodeModule, ListingOptions } from '../api-code.ts';
import { MachineError } from '../errors.ts';
import type { RegionSources } from '../exec/code-builder.ts';
import { TbOptimiser } from '../exec/optimiser.ts';
import type { MachineParts } from '../machine/parts.ts';
import { batchMembers, blocksOf, edgesBetween, reachableTbs, regionEdges, regionTbs, type PlacedTb } from './code-blocks.ts';
import { irLines, regionIrLines, tciLines } from './code-lines.ts';
import { leavingNoTrace, requireTb } from './look.ts';

/**
 * @param linear address of the first instruction, in the present mode
 * @throws MachineError `unmapped`; `bad-option` for the region of a TB that can be in none
 */
export function listCode(p: MachineParts, linear: bigint, { unit = 'tb', optimise }: ListingOptions): CodeListing {
  const { guest } = p;
  const optimiser = optimise === undefined ? undefined : new TbOptimiser(guest.layout, guest.helpers, { optimise, verify: false });
  const pc = linear & p.context.pcMask;
  return leavingNoTrace(p, () => {
    const entry: PlacedTb = { header: requireTb(p, pc), pc };
    if (unit === 'region') return listRegion(p, entry, optimiser);
    return { unit, ...listTbs(p, unit === 'batch' ? reachableTbs(p, entry) : [entry], optimiser) };
  });
}

function listTbs(p: MachineParts, tbs: readonly PlacedTb[], optimiser: TbOptimiser | undefined): Omit<CodeListing, 'unit'> {
  const { builder, translator, guest, formats } = p;
  const scratch = new TbIr(guest.layout);
  const ir: CodeLine[] = [];
  const opt: CodeLine[] = [];
  const tci: CodeLine[] = [];
  tbs.forEach(({ header }, block) => {
    translator.translateAgain(header, scratch);
    ir.push(...irLines(scratch, guest.helpers, block));
    opt.push(...irLines(translator.irOf(header, scratch, optimiser), guest.helpers, block));
    const { words, insnStarts } = translator.encodeAgain(header, scratch, optimiser);
    tci.push(...tciLines(formats, words, insnStarts, block));
  });
  const edges = edgesBetween(p, tbs);
  const origins = new OriginRecorder();
  const bytes = builder.batch(batchMembers(p, tbs, edges), { origins, ...(optimiser === undefined ? {} : { optimiser }) });
  return { blocks: blocksOf(p, tbs), edges, ir, opt, tci, wasm: moduleOf(bytes, origins) };
}

function listRegion(p: MachineParts, entry: PlacedTb, optimiser: TbOptimiser | undefined): CodeListing {
  const { builder, guest } = p;
  const planned = planRegion(p, entry);
  const tbs = regionTbs(p, planned, entry.pc);
  const ir = planned.sources.flatMap(({ tb }, block) => irLines(tb, guest.helpers, block));
  const region = builder.mergeRegion(planned, optimiser);
  const origins = new OriginRecorder();
  const { bytes } = builder.region(region, origins);
  return {
    unit: 'region', blocks: blocksOf(p, tbs), edges: regionEdges(p, planned, tbs), ir, opt: regionIrLines(region, guest.helpers), tci: [], wasm: moduleOf(bytes, origins),
  };
}

/** The region that would be grown from a TB. @throws MachineError `bad-option` when it can be in none */
export function planRegion(p: MachineParts, { header, pc }: PlacedTb): RegionSources {
  if (p.machine.views().u32[(header + TB_HEADER.offset.cflags) >>> 2] === 0) return p.builder.regionSources(p.builder.planRegion([{ header, pageDelta: 0 }], { force: true }));
  throw new MachineError('bad-option', `the block at 0x${pc.toString(16)} accesses devices: it is in no region`, "list it as 'tb' or 'batch'");
}

function moduleOf(bytes: Uint8Array<ArrayBuffer>, origins: OriginRecorder): CodeModule {
  return { bytes: bytes.slice(), ...origins.resolve(bytes) };
}
