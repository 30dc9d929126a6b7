/**
 * Prints a TB as `.ir` text, which `parse.ts` reads back:
 *
 *     tb toy narrow csbase=0x0
 *     local t0:i32 t1:i32
 *       insn_start 0x10, 0
 *       add.i32 t0, r0, $0x100
 *       brcond.i32 t0, $0, ne, L0
 *       call t1 = mix(t0, r1)
 *     L0:
 *       goto_tb 0, 0x12
 *
 * Globals go by name, locals are t0… in order of creation, labels L0…. Operands: outputs, inputs, attributes.
 */
import { COND_NAMES, FCOND_NAMES } from '../cond.ts';
import type { HelperTable } from '../helper-sig.ts';
import { ATOMIC_OP_NAMES, memOpText } from '../memop.ts';
import { Op, OP_DEFS, OP_NAMES, type AttrKind } from '../ops.ts';
import { opCode, opLength, opType, TempKind, type TbIr, type Temp } from '../tb-ir.ts';
import { TYPE_NAMES } from '../types.ts';
import { VOP_NAMES } from '../vops.ts';
import { constantBits, printConstant } from './constant.ts';

/** Numbers of more than one digit are hex: offsets and deltas are addresses to the reader. */
function hex(n: number): string {
  if (n > -10 && n < 10) return `${n}`;
  return n < 0 ? `-0x${(-n).toString(16)}` : `0x${n.toString(16)}`;
}

function attrText(kind: AttrKind, value: number, helpers: HelperTable): string {
  switch (kind) {
    case 'cond': return COND_NAMES[value] ?? `${value}`;
    case 'fcond': return FCOND_NAMES[value] ?? `${value}`;
    case 'atomic': return ATOMIC_OP_NAMES[value] ?? `${value}`;
    case 'vop': return VOP_NAMES[value] ?? `${value}`;
    case 'memop': return memOpText(value);
    case 'label': return `L${value}`;
    case 'helper': return helpers[value]?.name ?? `${value}`;
    case 'offset': case 'delta': case 'data': case 'pages': return hex(value);
    default: return `${value}`;
  }
}

/** Name of a temp as the text form writes it; `locals` maps temp numbers to local numbers. */
function tempText(tb: TbIr, t: Temp, locals: ReadonlyMap<Temp, number>): string {
  if (t >= tb.temps || t < 0) return `?${t}`;
  switch (tb.tempKind[t] as TempKind) {
    case TempKind.global: return tb.target.globals[t]!.name;
    case TempKind.env: return 'env';
    case TempKind.local: return `t${locals.get(t)}`;
    case TempKind.const: return printConstant(tb.tempType[t] as 0, constantBits(tb, t));
  }
}

/** Local numbers (the n of `tn`) of all locals, by temp number. */
export function localNumbers(tb: TbIr): Map<Temp, number> {
  const locals = new Map<Temp, number>();
  for (let t = 0; t < tb.temps; t++) if (tb.tempKind[t] === TempKind.local) locals.set(t, locals.size);
  return locals;
}

/** Text of the op whose head word is at `at`. */
export function printOp(tb: TbIr, at: number, helpers: HelperTable, locals: ReadonlyMap<Temp, number> = localNumbers(tb)): string {
  const { code } = tb;
  const op = opCode(code[at]!);
  const name = OP_NAMES[op];
  const def = OP_DEFS[op];
  if (name === undefined || def === undefined) return `?op${op}`;
  const temp = (i: number): string => tempText(tb, code[at + i]!, locals);
  if (op === Op.label) return `L${code[at + 1]}:`;
  if (op === Op.call) {
    const n = opLength(code[at]!);
    const helper = helpers[code[at + n]!];
    const outs = helper?.ret ? 1 : 0;
    const args = Array.from({ length: n - 1 - outs }, (_, i) => temp(1 + outs + i));
    return `  call ${outs ? `${temp(1)} = ` : ''}${attrText('helper', code[at + n]!, helpers)}(${args.join(', ')})`;
  }
  const values = def.out.length + def.in.length;
  const operands = [
    ...Array.from({ length: values }, (_, i) => temp(1 + i)),
    ...def.attrs.map((kind, i) => attrText(kind, code[at + 1 + values + i]!, helpers)),
  ];
  const head = def.types.length > 0 ? `${name}.${TYPE_NAMES[opType(code[at]!)]}` : name;
  return `  ${head}${operands.length ? ` ${operands.join(', ')}` : ''}`;
}

/** A line of the `.ir` text. */
export interface IrLine {
  readonly text: string;
  /** Position of the op in the stream, −1 when the line is of none. */
  readonly at: number;
}

/** The `.ir` text of a TB, with a newline at the end. */
export function printTb(tb: TbIr, helpers: HelperTable): string {
  return `${printTbLines(tb, helpers).map((line) => line.text).join('\n')}\n`;
}

/** {@link printTb}, with the op that each line is of. */
export function printTbLines(tb: TbIr, helpers: HelperTable): IrLine[] {
  const lines: IrLine[] = [{ at: -1, text: `tb ${tb.target.name} ${tb.wide ? 'wide' : 'narrow'} csbase=0x${(tb.csBase >>> 0).toString(16)}` }];
  const locals = localNumbers(tb);
  // Constants are created at first use when the text is read back; only the order of locals is kept.
  const names = [...locals].map(([t, n]) => `t${n}:${TYPE_NAMES[tb.tempType[t]!]}`);
  for (let i = 0; i < names.length; i += 10) lines.push({ at: -1, text: `local ${names.slice(i, i + 10).join(' ')}` });
  for (let at = 0; at < tb.length; at += 1 + opLength(tb.code[at]!)) lines.push({ at, text: printOp(tb, at, helpers, locals) });
  return lines;
}
