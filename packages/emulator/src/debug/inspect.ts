/** Every stage of one TB as text: what `-d` prints, and a bug report contains. */
import { printTb, TbIr } from '@wasm-tcg/ir';
import { TB_HEADER, tciCodeAddress } from '@wasm-tcg/runtime';
import { disassemble } from '@wasm-tcg/tci-interp';
import { printWat } from '@wasm-tcg/wasm-codegen';
import type { InspectStage } from '../api.ts';
import type { CodeInsn } from '../api-code.ts';
import type { MachineParts } from '../machine/parts.ts';
import { batchMembers, edgesBetween, type PlacedTb } from './code-blocks.ts';
import { planRegion } from './listing.ts';
import { leavingNoTrace, requireTb } from './look.ts';

const AT = TB_HEADER.offset;

/** Text of the wanted stages of the TB at a linear address. @throws MachineError `unmapped` */
export function inspectTb(p: MachineParts, pc: bigint, stages: readonly InspectStage[]): Partial<Record<InspectStage, string>> {
  return leavingNoTrace(p, () => inspectHeader(p, requireTb(p, pc), pc, stages));
}

/** Text of the wanted stages of a TB that exists. */
export function inspectHeader(p: MachineParts, header: number, pc: bigint, stages: readonly InspectStage[]): Partial<Record<InspectStage, string>> {
  const { machine, translator, guest, formats } = p;
  const { u32, i32 } = machine.views();
  const word = (field: number): number => u32[(header + field) >>> 2]!;
  const out: Partial<Record<InspectStage, string>> = {};
  const ir = new TbIr(guest.layout);
  for (const stage of stages) {
    switch (stage) {
      case 'x86':
        out.x86 = guest.disassemble(translator.requestOf(header), word(AT.size), pc).map(insnText).join('\n');
        break;
      case 'ir':
        translator.translateAgain(header, ir);
        out.ir = printTb(ir, guest.helpers);
        break;
      case 'opt':
        out.opt = printTb(translator.irOf(header, ir), guest.helpers);
        break;
      case 'tci':
        out.tci = disassemble(formats, i32, tciCodeAddress(header, machine.map.vcpus) >>> 2, word(AT.tciWords));
        break;
      case 'wat':
        out.wat = printWat(moduleBytes(p, { header, pc }));
        break;
      case 'region':
        out.region = printWat(regionBytes(p, { header, pc }));
        break;
    }
  }
  return out;
}

/** The Wasm module of one TB, or of the region grown from it. @throws MachineError `unmapped` */
export function wasmOfTb(p: MachineParts, pc: bigint, kind: 'module' | 'region'): Uint8Array {
  return leavingNoTrace(p, () => {
    const tb = { header: requireTb(p, pc), pc };
    return (kind === 'region' ? regionBytes(p, tb) : moduleBytes(p, tb)).slice();
  });
}

function moduleBytes(p: MachineParts, tb: PlacedTb): Uint8Array {
  return p.builder.batch(batchMembers(p, [tb], edgesBetween(p, [tb])));
}

function regionBytes(p: MachineParts, tb: PlacedTb): Uint8Array {
  return p.builder.region(p.builder.mergeRegion(planRegion(p, tb))).bytes;
}

function insnText({ pc, bytes, text }: CodeInsn): string {
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
  return `${pc.toString(16).padStart(8, '0')}  ${hex.padEnd(24)}  ${text}`;
}
