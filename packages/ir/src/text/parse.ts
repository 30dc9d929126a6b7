/**
 * Reads `.ir` text (see `print.ts`). Line based: a header, `local` lines, then one op or label per line; `;` starts a
 * comment. Says no more than that the text is well-formed and its operands exist: the verifier says whether it is a valid TB.
 */
import { COND_NAMES, FCOND_NAMES } from '../cond.ts';
import type { HelperTable } from '../helper-sig.ts';
import { ATOMIC_OP_NAMES, parseMemOp } from '../memop.ts';
import { Op, OPS, type AttrKind, type OpDef, type OperandType } from '../ops.ts';
import type { TargetLayout } from '../target-layout.ts';
import { TbIr, type Temp } from '../tb-ir.ts';
import { Type, type TypeName } from '../types.ts';
import { VOP_NAMES } from '../vops.ts';
import { constantOf, parseConstant } from './constant.ts';

/** The text is no `.ir` text. `line` and `column` count from 1. */
export class IrParseError extends Error {
  readonly code = 'IR_PARSE';
  readonly line: number;
  readonly column: number;
  readonly hint: string;
  constructor(line: number, column: number, message: string, hint: string) {
    super(`${line}:${column}: ${message}`);
    this.name = 'IrParseError';
    this.line = line;
    this.column = column;
    this.hint = hint;
  }
}

/** Keeps a hostile text from filling memory; far above what a region needs. */
const MAX_LOCALS = 60_000;

class Parser {
  readonly tb: TbIr;
  readonly #helpers: HelperTable;
  readonly #temps = new Map<string, Temp>();
  readonly #locals: Temp[] = [];
  #line = 0;
  #text = '';

  constructor(target: TargetLayout, helpers: HelperTable) {
    this.tb = new TbIr(target);
    this.#helpers = helpers;
  }

  fail(at: string | undefined, message: string, hint: string): never {
    const column = at === undefined ? -1 : this.#text.indexOf(at);
    throw new IrParseError(this.#line, Math.max(column, this.#text.search(/\S/), 0) + 1, message, hint);
  }

  parse(text: string, firstLine: number): TbIr {
    let header = false;
    text.split('\n').forEach((raw, i) => {
      this.#line = firstLine + i;
      this.#text = raw.replace(/;.*$/, '').trimEnd();
      const line = this.#text.trim();
      if (line === '') return;
      if (!header) this.#header(line);
      else if (line.startsWith('local ')) this.#declare(line);
      else this.#op(line);
      header = true;
    });
    if (!header) this.fail(undefined, 'no TB', 'Start with a line such as: tb toy narrow csbase=0x0');
    return this.tb;
  }

  #header(line: string): void {
    const m = /^tb\s+(\S+)\s+(wide|narrow)(?:\s+csbase=(0x[0-9a-f]{1,8}))?$/i.exec(line);
    if (!m) this.fail(line, 'not a TB header', 'Write: tb <target> wide|narrow [csbase=0x…]');
    const { tb } = this;
    if (m[1] !== tb.target.name) this.fail(m[1], `the TB is for target ${m[1]}, not ${tb.target.name}`, 'Parse it with the layout of its target.');
    tb.reset(m[2] === 'wide', Number(m[3] ?? 0));
    tb.target.globals.forEach(({ name }, t) => this.#temps.set(name, t));
    this.#temps.set('env', tb.env);
  }

  #declare(line: string): void {
    for (const word of line.split(/\s+/).slice(1)) {
      const m = /^t(\d+):(i32|i64|f32|f64|v128)$/.exec(word);
      if (!m) this.fail(word, `bad declaration ${word}`, 'Write: local t0:i32 t1:i64 …');
      if (Number(m[1]) !== this.#locals.length) this.fail(word, `expected t${this.#locals.length}`, 'Declare locals in order, from t0.');
      if (this.#locals.length >= MAX_LOCALS) this.fail(word, 'too many locals', `A TB has at most ${MAX_LOCALS}.`);
      const t = this.tb.newLocal(Type[m[2] as TypeName]);
      this.#locals.push(t);
      this.#temps.set(`t${m[1]}`, t);
    }
  }

  #op(line: string): void {
    const label = /^L(\d+):$/.exec(line);
    if (label) {
      this.tb.emit(Op.label, 0, 1, this.#label(`L${label[1]}`));
      return;
    }
    const m = /^([a-z0-9_]+)(?:\.([a-z0-9]+))?(?:\s+(.*))?$/.exec(line);
    const name = m?.[1];
    if (!m || name === undefined || !Object.hasOwn(OPS, name)) this.fail(name, `no op ${name ?? line}`, 'See the op reference.');
    if (name === 'call') {
      this.#call(m[3] ?? '');
      return;
    }
    const def: OpDef = OPS[name as keyof typeof OPS];
    const type = this.#opType(name, def, m[2]);
    const operands = m[3] === undefined ? [] : m[3].split(',').map((s) => s.trim());
    const values: OperandType[] = [...def.out, ...def.in];
    const count = values.length + def.attrs.length;
    if (operands.length !== count) this.fail(undefined, `${name} takes ${count} operands, not ${operands.length}`, def.doc);
    const words = operands.map((text, i) => (i < values.length
      ? this.#temp(text, this.#operandType(values[i]!, type))
      : this.#attr(text, def.attrs[i - values.length]!)));
    this.tb.emit(Op[name as keyof typeof OPS], def.types.length > 0 ? type : 0, count, ...words);
  }

  #opType(name: string, def: OpDef, text: string | undefined): Type {
    if (def.types.length === 0) {
      if (text !== undefined) this.fail(`.${text}`, `${name} has no type`, `Write ${name} without .${text}.`);
      return 0;
    }
    if (text === undefined || !Object.hasOwn(Type, text)) this.fail(name, `${name} needs a type`, `One of: ${def.types.map((t) => `${name}.${t}`).join(', ')}`);
    return Type[text as TypeName];
  }

  #operandType(operand: OperandType, type: Type): Type {
    if (operand === 'T') return type;
    return operand === 'A' ? this.tb.wordType : Type[operand];
  }

  #call(text: string): void {
    const m = /^(?:(\S+)\s*=\s*)?([A-Za-z_]\w*)\((.*)\)$/.exec(text);
    if (!m) this.fail(text, 'not a call', 'Write: call [t0 =] helper(a, b)');
    const id = this.#helpers.findIndex((h) => h.name === m[2]);
    const helper = this.#helpers[id];
    if (!helper) this.fail(m[2], `no helper ${m[2]}`, 'Its name must be in the helper table.');
    const args = m[3]!.trim() === '' ? [] : m[3]!.split(',').map((s) => s.trim());
    if (args.length !== helper.args.length) this.fail(m[2], `${helper.name} takes ${helper.args.length} arguments, not ${args.length}`, helper.doc);
    if ((m[1] !== undefined) !== (helper.ret !== null)) {
      this.fail(m[2], `${helper.name} has ${helper.ret === null ? 'no' : 'a'} result`, 'Name a result exactly when the helper has one.');
    }
    const ret = m[1] === undefined ? -1 : this.#temp(m[1], Type[helper.ret!]);
    this.tb.emitCall(id, ret, args.map((arg, i) => this.#temp(arg, Type[helper.args[i]!])));
  }

  #temp(text: string, type: Type): Temp {
    if (text.startsWith('$')) {
      const bits = parseConstant(type, text.slice(1));
      if (bits === undefined) this.fail(text, `${text} is no constant of this type`, 'Integers: $-1, $0x10; floats: $1.5, $inf, $bits:0x7fc00000.');
      return constantOf(this.tb, type, bits);
    }
    return this.#temps.get(text) ?? this.fail(text, `no temp ${text}`, 'A global of the target, env, a declared local, or a constant with $.');
  }

  #label(text: string): number {
    const m = /^L(\d{1,5})$/.exec(text);
    if (!m) this.fail(text, `${text} is no label`, 'Labels are L0, L1, …');
    const n = Number(m[1]);
    if (n >= this.tb.labels) this.tb.labels = n + 1;
    return n;
  }

  #attr(text: string, kind: AttrKind): number {
    switch (kind) {
      case 'cond': return this.#named(text, COND_NAMES, 'condition');
      case 'fcond': return this.#named(text, FCOND_NAMES, 'condition');
      case 'atomic': return this.#named(text, ATOMIC_OP_NAMES, 'atomic operation');
      case 'vop': return this.#named(text, VOP_NAMES, 'vector operation');
      case 'memop': return parseMemOp(text) ?? this.fail(text, `${text} is no MemOp`, 'For example u8, s16, u32be, u128.a4.');
      case 'label': return this.#label(text);
      default: {
        if (!/^-?(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(text)) this.fail(text, `${text} is no number`, `Here stands the attribute "${kind}".`);
        return (text.startsWith('-') ? -Number(text.slice(1)) : Number(text)) | 0;
      }
    }
  }

  #named(text: string, names: readonly string[], what: string): number {
    const code = names.indexOf(text);
    return code < 0 ? this.fail(text, `no ${what} ${text}`, `One of: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}`) : code;
  }
}

/**
 * Read one TB.
 * @throws IrParseError
 */
export function parseTb(text: string, target: TargetLayout, helpers: HelperTable, firstLine = 1): TbIr {
  return new Parser(target, helpers).parse(text, firstLine);
}
