/** Every stage of one TB as text: what `-d` prints, what the Lab shows, what a bug report contains. */
import { printTb, TbIr } from '@wasm-tcg/ir';
import { TB_HEADER } from '@wasm-tcg/runtime';
import { disassemble } from '@wasm-tcg/tci-interp';
import { printWat } from '@wasm-tcg/wasm-codegen';
import type { InspectStage } from '../api.ts';
import { MachineError } from '../errors.ts';
import type { MachineParts } from '../machine/parts.ts';

const AT = TB_HEADER.offset;

/**
 * Header of the TB at a linear address in the present mode; translated when there is none.
 * @throws MachineError `unmapped` when nothing can be fetched there
 */
function tbAt(p: MachineParts, pc: bigint): number {
  const { context, translator, exec, core } = p;
  const saved = { pc: context.pc, pageBase: context.pageBase };
  try {
    context.pc = (pc - BigInt(context.csBase)) & context.pcMask;
    context.pageBase = context.linearPc & ~0xfffn;
    const known = core.tb_find(context.env);
    context.set('exitCode', 0);
    if (known !== 0) return known;
    for (let attempt = 0; attempt < 2; attempt++) {
      const made = translator.make();
      if (made.kind === 'tb') return made.header;
      if (made.kind === 'fetch-fault') break;
      exec.flush();
    }
    throw new MachineError('unmapped', `no code can be fetched at 0x${pc.toString(16)}`, 'inspect an address that is mapped now, in the mode the CPU is in');
  } finally {
    context.pc = saved.pc;
    context.pageBase = saved.pageBase;
  }
}

/** Text of the wanted stages of the TB at a linear address. */
export function inspectTb(p: MachineParts, pc: bigint, stages: readonly InspectStage[]): Partial<Record<InspectStage, string>> {
  const header = tbAt(p, pc);
  return inspectHeader(p, header, pc, stages);
}

export function inspectHeader(p: MachineParts, header: number, pc: bigint, stages: readonly InspectStage[]): Partial<Record<InspectStage, string>> {
  const { machine, translator, guest, formats, tiering } = p;
  const { u32, i32 } = machine.views();
  const word = (field: number): number => u32[(header + field) >>> 2]!;
  const out: Partial<Record<InspectStage, string>> = {};
  const ir = new TbIr(guest.layout);
  for (const stage of stages) {
    switch (stage) {
      case 'x86':
        out.x86 = guest.disassemble(translator.requestOf(header), word(AT.size), pc);
        break;
      case 'ir':
        translator.translateAgain(header, ir);
        out.ir = printTb(ir, guest.helpers);
        break;
      case 'opt':
        out.opt = printTb(translator.irOf(header, ir), guest.helpers);
        break;
      case 'tci':
        out.tci = disassemble(formats, i32, word(AT.tciCode) >>> 2, word(AT.tciWords));
        break;
      case 'wat':
        out.wat = printWat(tiering.bytesOf(header, 'module'));
        break;
      case 'region':
        out.region = printWat(tiering.bytesOf(header, 'region'));
        break;
    }
  }
  return out;
}

/** The Wasm module of one TB, or of the region grown from it. */
export function wasmOfTb(p: MachineParts, pc: bigint, kind: 'module' | 'region'): Uint8Array {
  return p.tiering.bytesOf(tbAt(p, pc), kind);
}
