/** Makes a failing IR program small: fewer start states, TBs, ops; smaller budgets. Candidates that are not valid IR do not count. */
import { localNumbers, Op, opCode, opIns, opLength, opOuts, TempKind, TbIr, Type, verifyTb, type Temp } from '@wasm-tcg/ir';
import { minimise } from '../minimise.ts';
import { FUZZ_LAYOUT, HELPERS } from './guest.ts';
import type { IrProgram, PlacedTb } from './program.ts';

type Fails = (candidate: IrProgram) => boolean;

export function shrinkProgram(program: IrProgram, fails: Fails, stop: () => boolean): IrProgram {
  let best = program;
  const starts = minimise(best.starts, (some) => some.length > 0 && fails({ ...best, starts: some }), { stop });
  best = { ...best, starts };
  for (let size = 0; size !== sizeOf(best) && !stop(); ) {
    size = sizeOf(best);
    const tbs = minimise(best.tbs, (some) => some[0] === best.tbs[0] && fails({ ...best, tbs: some }), { stop });
    best = { ...best, tbs };
    for (let i = 0; i < best.tbs.length; i++) best = shrinkTb(best, i, fails, stop);
  }
  return shrinkBudget(best, fails);
}

const sizeOf = (program: IrProgram): number => program.tbs.reduce((sum, { tb }) => sum + tb.ops, 0);

/** Positions of a TB's ops. */
function positions(tb: TbIr): number[] {
  const at: number[] = [];
  for (let p = 0; p < tb.length; p += 1 + opLength(tb.code[p])) at.push(p);
  return at;
}

function shrinkTb(program: IrProgram, index: number, fails: Fails, stop: () => boolean): IrProgram {
  const placed = program.tbs[index];
  const withOps = (at: readonly number[]): IrProgram | undefined => {
    const tb = keepOps(placed.tb, at);
    if (verifyTb(tb, HELPERS, { stage: 'source' }).length > 0) return undefined;
    return { ...program, tbs: program.tbs.map((other, i): PlacedTb => (i === index ? { ...placed, tb } : other)) };
  };
  // The first op stays: it says where the TB is entered.
  const [first, ...rest] = positions(placed.tb);
  const kept = minimise(rest, (at) => {
    const candidate = withOps([first, ...at]);
    return candidate !== undefined && fails(candidate);
  }, { stop });
  return withOps([first, ...kept]) ?? program;
}

/** A TB of some of the ops of another; temps that are not used any more are gone. */
function keepOps(tb: TbIr, at: readonly number[]): TbIr {
  const copy = new TbIr(FUZZ_LAYOUT);
  copy.reset(tb.wide, tb.csBase);
  copy.labels = tb.labels;
  const known = new Map<Temp, Temp>();
  const locals = localNumbers(tb);
  const temp = (t: Temp): Temp => {
    if (tb.isGlobal(t) || t === tb.env) return t;
    let mine = known.get(t);
    if (mine === undefined) {
      const type = tb.tempType[t] as 0;
      if (locals.has(t)) mine = copy.newLocal(type);
      else if (tb.vectors.length > 0 && isVector(tb, t)) mine = copy.constV128(tb.vectors[tb.constLo[t]]);
      else mine = copy.constant(type, tb.constLo[t], tb.constHi[t]);
      known.set(t, mine);
    }
    return mine;
  };
  for (const p of at) {
    const values = valueOperands(tb, p);
    const words = Int32Array.from(tb.code.subarray(p, p + 1 + opLength(tb.code[p])));
    for (let i = 1; i <= values; i++) words[i] = temp(words[i]);
    copy.copyOp(words, 0);
  }
  return copy;
}

const VECTOR = Type.v128;
const isVector = (tb: TbIr, t: Temp): boolean => tb.tempKind[t] === TempKind.const && tb.tempType[t] === VECTOR;

/** Operand words of an op that name temps. */
function valueOperands(tb: TbIr, at: number): number {
  const head = tb.code[at];
  if (opCode(head) === Op.call) return opLength(head) - 1;
  return opOuts(head) + opIns(head);
}

/** The smallest budget that fails, by halving. */
function shrinkBudget(program: IrProgram, fails: Fails): IrProgram {
  let best = program;
  for (let step = 512; step > 0; step >>= 1) {
    const candidate = { ...best, starts: best.starts.map((start) => ({ ...start, budget: start.budget - step })) };
    if (candidate.starts.every(({ budget }) => budget >= 0) && fails(candidate)) best = candidate;
  }
  return best;
}
