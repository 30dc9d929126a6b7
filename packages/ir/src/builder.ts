/**
 * The builder: one method per op, named and typed by the table. `b.add(Type.i32, d, a, b)` for ops with a type T,
 * `b.extu(d, a)` for the others. Operands are temp numbers, attributes plain integers, in the table's order.
 */
import { Op, OP_NAMES, OPS, type OpName } from './ops.ts';
import type { TbIr, Temp } from './tb-ir.ts';
import type { Type } from './types.ts';

type Numbers<T extends readonly unknown[]> = { [I in keyof T]: number };
type Operands<N extends OpName> = [
  ...Numbers<(typeof OPS)[N]['out']>, ...Numbers<(typeof OPS)[N]['in']>, ...Numbers<(typeof OPS)[N]['attrs']>,
];
type Arguments<N extends OpName> = (typeof OPS)[N]['types'] extends readonly [] ? Operands<N> : [type: Type, ...Operands<N>];

/** The methods that derive from the op table. `call` has a method of its own. */
export type OpMethods = { [N in Exclude<OpName, 'call'>]: (...args: Arguments<N>) => void };

class BuilderBase {
  readonly tb: TbIr;
  constructor(tb: TbIr) {
    this.tb = tb;
  }

  /** Call helper number `helper`; `ret` is −1 when it has no result. */
  call(helper: number, ret: Temp, args: readonly Temp[]): void {
    this.tb.emitCall(helper, ret, args);
  }
}

type Method = (this: BuilderBase, a?: number, b?: number, c?: number, d?: number, e?: number, f?: number, g?: number, h?: number) => void;

/** Fixed-arity closures over the op's code: no rest array is made per op. */
function method(name: OpName): Method {
  const code = Op[name];
  const def = OPS[name];
  const n = def.out.length + def.in.length + def.attrs.length;
  if (def.types.length > 0) {
    return function (t, a, b, c, d, e, f, g) { this.tb.emit(code, t as Type, n, a, b, c, d, e, f, g); };
  }
  return function (a, b, c, d, e, f, g) { this.tb.emit(code, 0, n, a, b, c, d, e, f, g); };
}

for (const name of OP_NAMES) {
  if (name !== 'call') Object.defineProperty(BuilderBase.prototype, name, { value: method(name) });
}

export type Builder = BuilderBase & OpMethods;
/** Make a builder that appends to `tb`. */
export const Builder = BuilderBase as new (tb: TbIr) => Builder;
