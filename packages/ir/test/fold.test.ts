/** Integer ops on constants fold to what the evaluator says: all of them, on values where carries, signs and halves matter. */
import { describe, expect, it } from 'vitest';
import { COND_NAMES, evalOp, isPure, OP_DEFS, OP_NAMES, Optimizer, parseTb, printTb, TOY_HELPERS, TOY_TARGET, Type, TYPE_BITS } from '@wasm-tcg/ir';

const VALUES = [
  0n, 1n, 0x1fn, 0x20n, 0x3fn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0x8000_0000_0000_0000n, 0x7fff_ffff_8000_0000n, 0x1234_5678_9abc_def0n, 0xffff_ffff_ffff_ffffn,
];
const POSITIONS: Readonly<Record<32 | 64, readonly (readonly [number, number])[]>> = {
  32: [[0, 1], [0, 8], [31, 1], [0, 32], [3, 29]],
  64: [[0, 1], [0, 8], [31, 2], [0, 32], [32, 32], [1, 63], [63, 1], [20, 40], [0, 64]],
};
const NAMES: Readonly<Partial<Record<Type, string>>> = { [Type.i32]: 'i32', [Type.i64]: 'i64' };
/** A global of each type. */
const INTO: Readonly<Partial<Record<Type, string>>> = { [Type.i32]: 'r0', [Type.i64]: 'acc' };

const optimizer = new Optimizer(TOY_TARGET, TOY_HELPERS);
const valuesOf = (type: Type): bigint[] => [...new Set(VALUES.map((value) => BigInt.asUintN(TYPE_BITS[type], value)))];

/** What an op on constants becomes: the constant that is moved to its output. */
function folded(op: string, out: Type, operands: readonly (bigint | number | string)[]): bigint {
  const text = operands.map((operand) => (typeof operand === 'bigint' ? `$0x${operand.toString(16)}` : operand)).join(', ');
  const tb = parseTb(`tb toy narrow csbase=0x0\n  insn_start 0, 0\n  ${op} ${INTO[out]!}, ${text}\n  goto_tb 0, 4\n`, TOY_TARGET, TOY_HELPERS);
  optimizer.optimize(tb, { verify: true });
  const result = printTb(tb, TOY_HELPERS);
  const found = new RegExp(`mov\\.${NAMES[out]!} ${INTO[out]!}, \\$(-?)(\\w+)`).exec(result);
  if (found === null) throw new Error(`${op} ${text} is not folded:\n${result}`);
  const magnitude = BigInt(found[2]!);
  return BigInt.asUintN(TYPE_BITS[out], found[1] === '' ? magnitude : -magnitude);
}

/** All combinations of one value for each input. */
function inputs(types: readonly Type[]): bigint[][] {
  return types.reduce<bigint[][]>((all, type) => all.flatMap((some) => valuesOf(type).map((value) => [...some, value])), [[]]);
}

const BETWEEN: readonly (readonly [string, Type, readonly Type[]])[] = [
  ['extu', Type.i64, [Type.i32]], ['exts', Type.i64, [Type.i32]], ['trunc', Type.i32, [Type.i64]], ['trunch', Type.i32, [Type.i64]], ['concat', Type.i64, [Type.i32, Type.i32]],
];

describe.each([Type.i32, Type.i64])('type %i', (type) => {
  const suffix = NAMES[type]!;
  const plain = OP_NAMES.filter((name, op) => {
    const def = OP_DEFS[op]!;
    return isPure(op) && name !== 'mov' && def.types?.includes(suffix as never) && def.attrs.length === 0 && def.out.join() === 'T' && def.in.every((kind) => kind === 'T');
  });
  it('has the usual ops', () => expect(plain).toEqual(expect.arrayContaining(['add', 'sub', 'and', 'or', 'xor', 'shl', 'shr', 'sar', 'rotl', 'rotr', 'neg', 'not'])));
  it.each(plain)('%s', (name) => {
    const op = OP_NAMES.indexOf(name);
    for (const values of inputs(OP_DEFS[op]!.in.map(() => type))) expect(folded(`${name}.${suffix}`, type, values), values.join()).toBe(evalOp(op, type, values, [])[0]);
  });
  it.each(['extract', 'sextract', 'deposit'] as const)('%s', (name) => {
    const op = OP_NAMES.indexOf(name);
    for (const [at, length] of POSITIONS[TYPE_BITS[type] as 32 | 64]) {
      for (const values of inputs(OP_DEFS[op]!.in.map(() => type))) expect(folded(`${name}.${suffix}`, type, [...values, at, length]), `${values.join()} ${at} ${length}`).toBe(evalOp(op, type, values, [at, length])[0]);
    }
  });
  it.each(COND_NAMES.map((name, cond) => [name, cond] as const))('setcond %s', (name, cond) => {
    for (const values of inputs([type, type])) {
      for (const op of ['setcond', 'negsetcond'] as const) {
        const code = OP_NAMES.indexOf(op);
        const out = OP_DEFS[code]!.out[0] === 'T' ? type : Type.i32;
        expect(folded(`${op}.${suffix}`, out, [...values, name]), values.join()).toBe(evalOp(code, type, values, [cond])[0]);
      }
    }
  });
});

it.each(BETWEEN)('%s', (name, out, types) => {
  const op = OP_NAMES.indexOf(name as never);
  for (const values of inputs(types)) expect(folded(name, out, values), values.join()).toBe(evalOp(op, out, values, [])[0]);
});
