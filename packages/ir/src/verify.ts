/**
 * The verifier. A valid TB (or region) keeps these invariants; everything downstream relies on them and checks none again.
 *
 * Stream
 *  1. `stream`: every head names an op, its length is that of the op (of the helper's signature for `call`), the op count
 *     and the count of `insn_start` ops are right.
 *  2. `stage`: after expansion there is no source op, and outside of regions none that only they have.
 *  3. `operand`: operands are existing temps of the type the op demands; the op's type is one of those its row lists.
 *  4. `output`: outputs are locals or globals, never constants, env, or the page base (a region's edges may add to it); no op writes
 *     one temp twice.
 *  5. `attr`: attributes are in range: conditions, MemOps (size fits the type), MMU index, bit fields, lanes, vector operation of the op's kind,
 *     helper number, link slot (one delta per slot), exit code not 0; shuffle controls are constants with bytes < 32.
 *  6. `slot`: `ld` and `st` relative to env stay clear of the frame slots of globals.
 *
 * Flow
 *  7. `label`: each label that is used is placed exactly once.
 *  8. `end`: the last op is a terminator; what follows a terminator is a label.
 *  9. `insn`: the first op is an `insn_start` (in a region: label 0), so that every op belongs to a guest instruction.
 * 10. `undefined`: a local is written before it is read, on every path.
 *
 * Precision (the contract of faults, ARCHITECTURE.md)
 * 11. `fault`: inside an instruction no global is written before an op that may fault, unless it is `restored` (and the
 *     instruction's data word does not say that restored globals keep their frame values: see RESTORE_FROM_FRAME),
 *     and unless that word says RESTORE_IN_STEPS.
 * 12. `lookup`: after a helper that changes flags or mapping come no `insn_start` and no `goto_tb`, only `exit_tb` or `goto_ptr`.
 * 13. `pc`: pc is an operand only after it was written in the same instruction, and after a write to it the TB ends within the
 *     instruction (a region may go on with another member).
 * 14. `token`: the token of a `guest_rmw_st` comes from a `guest_rmw_ld` of the same instruction.
 */
import { COND_NAMES, FCOND_NAMES } from './cond.ts';
import type { HelperTable } from './helper-sig.ts';
import { ATOMIC_OP_NAMES, memOpAlignBits, memOpBytes, MO_BE, MO_SIZE, MO_128 } from './memop.ts';
import { effectsAt, FX_TERMINATOR, HelperFacts, OP_LABEL_AT } from './op-info.ts';
import { Op, OP_DEFS, OP_NAMES, type AttrKind, type OpDef } from './ops.ts';
import { opCode, opLength, opType, TempKind, type TbIr, type Temp } from './tb-ir.ts';
import { localNumbers, printOp } from './text/print.ts';
import { Type, TYPE_NAMES, TYPE_SIZE, TYPE_SLOTS } from './types.ts';
import { VOP_DEFS } from './vops.ts';
import { operandType } from './eval/eval-tb.ts';
import { TYPE_BITS } from './eval/bits.ts';
import { checkFlow, type VerifyRule } from './verify-flow.ts';

export type { VerifyRule };

export interface Diagnostic {
  readonly rule: VerifyRule;
  /** Position of the op's head in the stream. */
  readonly at: number;
  /** The op as text. */
  readonly op: string;
  readonly message: string;
}

export interface VerifyOptions {
  /** `source`: as a translator makes it. `core` (default): as back ends take it. */
  readonly stage?: 'source' | 'core';
  /** Number of members when the TB is that of a region. */
  readonly region?: number;
}

/** A TB is not valid. */
export class IrVerifyError extends Error {
  readonly code = 'IR_INVALID';
  readonly hint = 'The invariants are listed at the top of verify.ts of @wasm-tcg/ir.';
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[], where: string) {
    super(`${where}: ${diagnostics.slice(0, 5).map((d) => `[${d.rule}] ${d.message} in "${d.op}"`).join('; ')}`);
    this.name = 'IrVerifyError';
    this.diagnostics = diagnostics;
  }
}

/** Helper arguments plus a result at most, so that a broken length is found before it is used. */
const MAX_CALL_WORDS = 64;

class Verifier {
  readonly diagnostics: Diagnostic[] = [];
  readonly #tb: TbIr;
  readonly #helpers: HelperTable;
  readonly #options: VerifyOptions;
  readonly #locals: Map<Temp, number>;
  readonly #slotDelta = new Map<string, number>();

  constructor(tb: TbIr, helpers: HelperTable, options: VerifyOptions) {
    this.#tb = tb;
    this.#helpers = helpers;
    this.#options = options;
    this.#locals = localNumbers(tb);
  }

  report(rule: VerifyRule, at: number, message: string): void {
    const op = at < this.#tb.length ? printOp(this.#tb, at, this.#helpers, this.#locals).trim() : 'end';
    this.diagnostics.push({ rule, at, op, message });
  }

  run(): Diagnostic[] {
    if (!this.#checkStream()) return this.diagnostics;
    this.#checkStructure();
    const { code, length } = this.#tb;
    for (let at = 0; at < length; at += 1 + opLength(code[at]!)) this.#checkOp(at);
    if (this.diagnostics.length > 0) return this.diagnostics;
    const facts = new HelperFacts(this.#tb.target, this.#helpers);
    checkFlow(this.#tb, this.#helpers, facts, this.#options.region !== undefined, (rule, at, message) => this.report(rule, at, message));
    return this.diagnostics;
  }

  /** Rule 1. Nothing else is looked at when it is broken. */
  #checkStream(): boolean {
    const { code, length, ops, insns } = this.#tb;
    let [count, starts, at] = [0, 0, 0];
    while (at < length) {
      const op = opCode(code[at]!);
      const n = opLength(code[at]!);
      const def: OpDef | undefined = OP_DEFS[op];
      if (!def || at + 1 + n > length) {
        this.diagnostics.push({ rule: 'stream', at, op: `word ${code[at]}`, message: def ? 'the op is cut off' : `there is no op ${op}` });
        return false;
      }
      const helper = op === Op.call && n > 0 && n <= MAX_CALL_WORDS ? this.#helpers[code[at + n]!] : undefined;
      const expected = op === Op.call ? (helper ? helper.args.length + (helper.ret === null ? 1 : 2) : -1) : def.out.length + def.in.length + def.attrs.length;
      if (n !== expected) {
        const what = expected < 0 ? 'a helper number' : `${expected} operand words`;
        this.diagnostics.push({ rule: 'stream', at, op: OP_NAMES[op]!, message: `has ${n} words, needs ${what}` });
        return false;
      }
      count++;
      if (op === Op.insn_start) starts++;
      at += 1 + n;
    }
    if (count !== ops) this.report('stream', 0, `the op count is ${ops}, the stream has ${count}`);
    if (starts !== insns) this.report('stream', 0, `the instruction count is ${insns}, the stream has ${starts}`);
    return this.diagnostics.length === 0;
  }

  /** Rules 7, 8, 9. */
  #checkStructure(): void {
    const { code, length, labels } = this.#tb;
    const facts = new HelperFacts(this.#tb.target, this.#helpers);
    const placed = new Uint8Array(labels);
    const used = new Set<number>();
    let ended = false;
    for (let at = 0; at < length; at += 1 + opLength(code[at]!)) {
      const op = opCode(code[at]!);
      if (OP_LABEL_AT[op] !== 255) {
        const label = code[at + 1 + OP_LABEL_AT[op]!]!;
        if (label < 0 || label >= labels) this.report('label', at, `the TB has ${labels} labels`);
        else if (op !== Op.label) used.add(label);
        else if (placed[label]++ > 0) this.report('label', at, 'the label is placed twice');
      }
      if (ended && op !== Op.label) this.report('end', at, 'it follows a terminator and is not a label');
      ended = (effectsAt(code, at, facts) & FX_TERMINATOR) !== 0;
    }
    for (const label of used) if (placed[label] === 0) this.report('label', 0, `label L${label} is used and placed nowhere`);
    if (!ended) this.report('end', length, 'the last op is no terminator');
    const first = opCode(code[0] ?? 0);
    const { region } = this.#options;
    if (region === undefined ? first !== Op.insn_start : first !== Op.label || code[1] !== 0) {
      this.report('insn', 0, region === undefined ? 'the first op is no insn_start' : 'the first op is not label 0');
    }
    for (let member = 0; member < (region ?? 0); member++) if (!placed[member]) this.report('label', 0, `member entry L${member} is placed nowhere`);
  }

  #checkOp(at: number): void {
    const { code } = this.#tb;
    const op = opCode(code[at]!);
    const type = opType(code[at]!);
    const def: OpDef = OP_DEFS[op]!;
    if (def.stage === 'source' && this.#options.stage !== 'source') this.report('stage', at, 'source ops are gone after expansion');
    if (def.stage === 'region' && this.#options.region === undefined) this.report('stage', at, 'only regions have it');
    if (op === Op.call) {
      const helper = this.#helpers[code[at + opLength(code[at]!)]!]!;
      const types = helper.ret === null ? helper.args : [helper.ret, ...helper.args];
      types.forEach((name, i) => this.#checkOperand(at, i, Type[name], helper.ret !== null && i === 0));
      return;
    }
    if (def.types.length > 0 ? !def.types.includes(TYPE_NAMES[type]) : type !== 0) this.report('operand', at, `the op has no type ${TYPE_NAMES[type]}`);
    const values = [...def.out, ...def.in];
    values.forEach((operand, i) => this.#checkOperand(at, i, operandType(operand, type, this.#tb), i < def.out.length));
    if (def.out.length === 2 && code[at + 1] === code[at + 2]) this.report('output', at, 'both outputs are one temp');
    def.attrs.forEach((kind, i) => this.#checkAttr(at, kind, code[at + 1 + values.length + i]!, type));
    if (op === Op.ld || op === Op.st) this.#checkHostAccess(at, op);
    if (op === Op.vshuffle) this.#checkShuffle(at);
    if (op === Op.deposit || op === Op.extract || op === Op.sextract) {
      const [pos, len] = [code[at + 1 + values.length]!, code[at + 2 + values.length]!];
      if (len < 1 || pos < 0 || pos + len > TYPE_BITS[type]) this.report('attr', at, `bits ${pos}…${pos + len - 1} are not all inside ${TYPE_NAMES[type]}`);
    }
    if (op === Op.goto_tb) this.#checkSlot(at);
  }

  #checkOperand(at: number, index: number, type: Type, isOutput: boolean): void {
    const tb = this.#tb;
    const t = tb.code[at + 1 + index]!;
    if (t < 0 || t >= tb.temps) {
      this.report('operand', at, `operand ${index} is no temp (${t})`);
      return;
    }
    if (tb.tempType[t] !== type) this.report('operand', at, `operand ${index} is ${TYPE_NAMES[tb.tempType[t]!]}, not ${TYPE_NAMES[type]}`);
    if (!isOutput) return;
    const kind = tb.tempKind[t];
    if (kind === TempKind.const || kind === TempKind.env) this.report('output', at, 'a constant cannot be written');
    const isEdge = this.#options.region !== undefined && opCode(tb.code[at]!) === Op.add && tb.code[at + 2] === t;
    if (t === tb.target.pageBase && !isEdge) this.report('output', at, 'the page base is set by whoever enters the TB');
  }

  #checkAttr(at: number, kind: AttrKind, value: number, type: Type): void {
    const { code, target } = this.#tb;
    const op = opCode(code[at]!);
    const range = (limit: number, what: string, low = 0): void => {
      if (value < low || value >= limit) this.report('attr', at, `${what} ${value} is not in ${low}…${limit - 1}`);
    };
    switch (kind) {
      case 'cond': return range(COND_NAMES.length, 'condition');
      case 'fcond': return range(FCOND_NAMES.length, 'condition');
      case 'atomic': return range(ATOMIC_OP_NAMES.length, 'atomic operation');
      case 'mmu': return range(target.mmu.indices, 'MMU index');
      case 'slot': return range(2, 'link slot');
      case 'exit': return range(0x7fffffff, 'exit code', 1);
      case 'pos': return range(op === Op.extract2 ? TYPE_BITS[type] + 1 : TYPE_BITS[type], 'bit position');
      case 'len':
        if (op === Op.bswap && value !== 16 && value !== 32 && !(value === 64 && type === Type.i64)) this.report('attr', at, `cannot swap ${value} bits of ${TYPE_NAMES[type]}`);
        return undefined;
      case 'imm': return range(op === Op.guest_probe ? 2 : 4, 'immediate');
      case 'lane': return range(16 >> code[at + opLength(code[at]!) - 1]!, 'lane');
      case 'memop': return this.#checkMemOp(at, op, value, type);
      case 'vop': {
        const kindOfOp = OP_NAMES[op]!.slice(1);
        if (VOP_DEFS[value]?.kind !== kindOfOp) this.report('attr', at, `vector operation ${VOP_DEFS[value]?.name ?? value} is not of kind ${kindOfOp}`);
        return undefined;
      }
      default: return undefined;
    }
  }

  #checkMemOp(at: number, op: number, memop: number, type: Type): void {
    const size = memop & MO_SIZE;
    if (size > MO_128 || memop < 0 || memop > 0xff || memOpAlignBits(memop) > 6) {
      this.report('attr', at, `${memop} is no MemOp`);
      return;
    }
    if (size === MO_128 && memop & MO_BE) this.report('attr', at, '128-bit accesses are little-endian');
    if (op === Op.guest_probe) return;
    const bytes = memOpBytes(memop);
    const exact = type === Type.v128 || type === Type.f32 || type === Type.f64;
    if (exact ? bytes !== TYPE_SIZE[type] : bytes > TYPE_SIZE[type]) this.report('attr', at, `an access of ${bytes} bytes does not fit ${TYPE_NAMES[type]}`);
  }

  /** Rule 6. */
  #checkHostAccess(at: number, op: number): void {
    const { code, target, env, tempType } = this.#tb;
    const base = op === Op.ld ? code[at + 2]! : code[at + 1]!;
    if (base !== env) return;
    const [offset, end] = [code[at + 3]!, code[at + 3]! + memOpBytes(code[at + 4]!)];
    target.globals.forEach((g, i) => {
      const start = target.frameOffset + 8 * g.slot;
      if (offset < start + 8 * TYPE_SLOTS[tempType[i] as Type] && end > start) this.report('slot', at, `it touches the slot of ${g.name}`);
    });
  }

  #checkShuffle(at: number): void {
    const tb = this.#tb;
    const control = tb.code[at + 4]!;
    if (!tb.isConst(control) || tb.vectors[tb.constLo[control]!]!.some((b) => b >= 32)) this.report('attr', at, 'the control must be a constant whose bytes are < 32');
  }

  /** One delta per link slot (of each member, in a region). */
  #checkSlot(at: number): void {
    if (this.#options.region !== undefined) return;
    const { code } = this.#tb;
    const slot = `${code[at + 1]}`;
    const delta = this.#slotDelta.get(slot) ?? code[at + 2]!;
    if (delta !== code[at + 2]!) this.report('attr', at, `link slot ${slot} already has delta ${delta}`);
    this.#slotDelta.set(slot, delta);
  }
}

/** What is wrong with a TB; empty when it is valid. */
export function verifyTb(tb: TbIr, helpers: HelperTable, options: VerifyOptions = {}): readonly Diagnostic[] {
  return new Verifier(tb, helpers, options).run();
}

/**
 * @param where said in the error, e.g. the pass that has just run
 * @throws IrVerifyError when the TB is not valid
 */
export function assertValid(tb: TbIr, helpers: HelperTable, where: string, options: VerifyOptions = {}): void {
  const diagnostics = verifyTb(tb, helpers, options);
  if (diagnostics.length > 0) throw new IrVerifyError(diagnostics, where);
}
