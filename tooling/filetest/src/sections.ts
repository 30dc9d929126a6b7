/**
 * Golden sections that can be asked for, by name. All start from a TB as the translator or the parser has made it; `; opt: fold,
 * liveness` runs only the passes it names.
 */
import { HelperFacts, Optimizer, PASS_NAMES, printTb, SlotAnalysis, verifyTb, type HelperTable, type PassName, type TbIr } from '@wasm-tcg/ir';
import { disassemble, TciEncoder, TciFormats } from '@wasm-tcg/tci-interp';
import { TbModuleBuilder } from '@wasm-tcg/wasm-codegen';
import { FiletestError, type Produced } from './file.ts';

/** A TB to work on, new for each section, and the guest it is of. */
export interface Subject {
  readonly make: () => TbIr;
  readonly helpers: HelperTable;
}

const textLines = (text: string): string[] => text.replace(/\n$/, '').split('\n');

function optimised({ make, helpers }: Subject, disable: readonly PassName[] = []): TbIr {
  const tb = make();
  new Optimizer(tb.target, helpers).optimize(tb, { verify: true, disable });
  return tb;
}

function encode(tb: TbIr, helpers: HelperTable): { words: Int32Array; count: number; formats: TciFormats } {
  const slots = new SlotAnalysis(new HelperFacts(tb.target, helpers));
  slots.run(tb);
  const formats = new TciFormats(tb.target, helpers);
  const encoder = new TciEncoder(formats);
  const count = encoder.encode(tb, slots.slots, slots.top);
  return { words: encoder.words, count, formats };
}

/** Any address will do: nothing runs. */
const HEADER = 0x10000;

/** Bytes of a module of this TB alone. */
function wasmBytes(tb: TbIr, helpers: HelperTable): number {
  const module = new TbModuleBuilder(tb.target, helpers).begin();
  module.add({ tb, header: HEADER });
  const { bytes } = module.finish();
  if (!WebAssembly.validate(bytes)) throw new FiletestError('The module of the TB is not valid.');
  return bytes.length;
}

/** Passes to leave out so that only the named ones run; all run when none is named. */
function disabled(argument: string): readonly PassName[] {
  if (argument === '') return [];
  const names = argument.split(',').map((s) => s.trim());
  const unknown = names.find((n) => !(PASS_NAMES as readonly string[]).includes(n));
  if (unknown !== undefined) throw new FiletestError(`There is no pass ${unknown}; passes: ${PASS_NAMES.join(', ')}.`);
  return PASS_NAMES.filter((n) => !names.includes(n));
}

const perInsn = (n: number, insns: number): string => (n / insns).toFixed(1);

type Section = (s: Subject, argument: string) => Produced;

export const SECTIONS: Readonly<Record<string, Section>> = {
  /** The TB before optimisation. */
  ir: (s) => ({ argument: '', body: textLines(printTb(s.make(), s.helpers)) }),
  opt: (s, argument) => ({ argument, body: textLines(printTb(optimised(s, disabled(argument)), s.helpers)) }),
  /** What the verifier says of the source TB. */
  verify: (s) => ({ argument: '', body: verifyTb(s.make(), s.helpers, { stage: 'source' }).map((d) => `[${d.rule}] ${d.op}: ${d.message}`) }),
  tci: (s) => {
    const { words, count, formats } = encode(optimised(s), s.helpers);
    return { argument: '', body: textLines(disassemble(formats, words, 0, count)) };
  },
  /** Cost of a TB, so that a dearer translation shows in review. */
  cost: (s) => {
    const before = s.make();
    const tb = optimised(s);
    const { count } = encode(tb, s.helpers);
    const { insns } = tb;
    const wasm = wasmBytes(tb, s.helpers);
    const argument = `${insns} insns, IR ops ${before.ops - before.insns} -> ${tb.ops - insns}, ${perInsn(tb.ops - insns, insns)} per insn; TCI words ${count}, ${perInsn(count, insns)}; Wasm bytes ${wasm}, ${perInsn(wasm, insns)}`;
    return { argument, body: [] };
  },
};
