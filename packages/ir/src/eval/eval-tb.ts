/**
 * The evaluator: runs a TB on a machine given by callbacks, one op after the other, every value as bits. It is slow, and the
 * truth that interpreter, TB modules and regions are compared with.
 *
 * Globals live in the machine's frame, as `TargetLayout` says: each write is visible there at once. Locals start undefined, and
 * reading an undefined one throws {@link EvalError}.
 */
import type { HelperDef, HelperTable } from '../helper-sig.ts';
import { AtomicOp, memOpBytes, MO_BE, MO_SIGN, type MemOp } from '../memop.ts';
import { Op, OP_DEFS, OP_NAMES, type OperandType } from '../ops.ts';
import { opCode, opLength, opType, TempKind, type TbIr, type Temp } from '../tb-ir.ts';
import { constantBits } from '../text/constant.ts';
import { Type, TYPE_NAMES } from '../types.ts';
import { signed, TYPE_BITS, unsigned } from './bits.ts';
import { evalCond, evalOp, isPure } from './eval-op.ts';

/** Host memory that `ld`, `st` and the frame touch, as little-endian bytes. */
export interface HostMemory {
  /** @returns the `bytes` bytes (1 … 16) at host address `address`, zero-extended */
  readHost(address: number, bytes: number): bigint;
  writeHost(address: number, bytes: number, value: bigint): void;
}

/**
 * What a TB runs on. A callback that faults or wants to leave throws {@link EvalLeave}; it must not have changed anything that
 * the guest sees of the access.
 */
export interface EvalMachine extends HostMemory {
  /** Host address of the vCPU's area: value of the `env` temp. */
  readonly env: number;
  /**
   * @param write the access is the load of a read-modify-write: fault as a write would
   * @returns the bytes in memory order as a little-endian number, zero-extended (byte order and sign of `memop` are applied by the evaluator)
   */
  load(address: bigint, memop: MemOp, mmu: number, write: boolean): bigint;
  store(address: bigint, value: bigint, memop: MemOp, mmu: number): void;
  probe(address: bigint, memop: MemOp, mmu: number, write: boolean): void;
  /** @returns bits of the result, 0 when the helper has none */
  call(helper: HelperDef, args: readonly bigint[]): bigint;
  /** Are these pages of the region in place? Default: all are. */
  pagesThere?(pages: number): boolean;
}

/** Thrown by a machine's callback: the TB is left at the present instruction. */
export class EvalLeave extends Error {
  readonly code = 'IR_EVAL_LEAVE';
  readonly exitCode: number;
  constructor(exitCode: number) {
    super(`The TB is left with exit code ${exitCode}.`);
    this.name = 'EvalLeave';
    this.exitCode = exitCode;
  }
}

/** The TB cannot be evaluated: it is not valid. */
export class EvalError extends Error {
  readonly code = 'IR_EVAL';
  readonly hint = 'Run verifyTb on it: it says which invariant is broken.';
  constructor(message: string) {
    super(message);
    this.name = 'EvalError';
  }
}

/** How a TB ended. pc and page base in the frame are those of the next TB for `goto_tb`, `goto_ptr` and `exit_tb`. */
export type EvalResult =
  | { readonly kind: 'goto_tb'; readonly slot: number; readonly delta: number }
  | { readonly kind: 'goto_ptr' }
  | { readonly kind: 'exit_tb'; readonly exit: number }
  /** A callback left; `insn` counts the TB's `insn_start` ops from 0 in stream order, `data` is the data word of that one. */
  | { readonly kind: 'leave'; readonly exitCode: number; readonly insn: number; readonly data: number }
  /** `onLabel` asked to stop at a label. */
  | { readonly kind: 'stopped'; readonly label: number }
  /** `maxOps` ops have run. */
  | { readonly kind: 'limit' };

export interface EvalOptions {
  /** Ops to run at most. Default one million. */
  readonly maxOps?: number;
  /** Called at each label that is reached; true stops there. */
  readonly onLabel?: (label: number) => boolean;
  /** Called before each op with its position in the stream. */
  readonly onOp?: (at: number) => void;
}

const DEFAULT_MAX_OPS = 1_000_000;

function swapBytes(value: bigint, bytes: number): bigint {
  let swapped = 0n;
  for (let i = 0; i < bytes; i++) swapped = (swapped << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return swapped;
}

function atomicResult(atomic: number, bits: number, old: bigint, operand: bigint): bigint {
  const [so, sb] = [signed(bits, old), signed(bits, operand)];
  switch (atomic as AtomicOp) {
    case AtomicOp.xchg: return operand;
    case AtomicOp.add: return old + operand;
    case AtomicOp.and: return old & operand;
    case AtomicOp.or: return old | operand;
    case AtomicOp.xor: return old ^ operand;
    case AtomicOp.smin: return so < sb ? old : operand;
    case AtomicOp.smax: return so > sb ? old : operand;
    case AtomicOp.umin: return old < operand ? old : operand;
    case AtomicOp.umax: return old > operand ? old : operand;
  }
}

/**
 * A TB on its way, op by op. {@link evalTb} is the loop around it.
 *
 * The machine's callbacks may look at {@link insn}: the instruction that is running.
 */
export class TbEvaluation {
  readonly tb: TbIr;
  /** Position in the stream of the op that runs next. */
  at = 0;
  /** Running instruction: its number in stream order, −1 before the first, and its data word. */
  insn = -1;
  data = 0;
  /** How the TB ended, once it has. */
  result: EvalResult | undefined;
  readonly #helpers: HelperTable;
  readonly #machine: EvalMachine;
  readonly #onWrite: ((temp: Temp, value: bigint) => void) | undefined;
  readonly #locals = new Map<Temp, bigint>();
  readonly #labels = new Map<number, number>();
  readonly #insnAt = new Map<number, number>();

  /**
   * @param tb source or core ops; must not change meanwhile
   * @param onWrite is told what ops write to globals and locals (not what helpers do by themselves)
   */
  constructor(tb: TbIr, helpers: HelperTable, machine: EvalMachine, onWrite?: (temp: Temp, value: bigint) => void) {
    this.tb = tb;
    this.#helpers = helpers;
    this.#machine = machine;
    this.#onWrite = onWrite;
    let insn = -1;
    for (let at = 0; at < tb.length; at += 1 + opLength(tb.code[at]!)) {
      const op = opCode(tb.code[at]!);
      if (op === Op.insn_start) this.#insnAt.set(at, ++insn);
      if (op === Op.label) this.#labels.set(tb.code[at + 1]!, at);
    }
  }

  /**
   * Run one op.
   * @returns how the TB ended with it, or undefined
   * @throws EvalError when the TB is not valid, or has ended before
   */
  step(): EvalResult | undefined {
    const { at, tb } = this;
    if (this.result !== undefined) throw new EvalError('The TB has ended.');
    if (at >= tb.length) throw new EvalError('Control ran off the end of the TB.');
    const head = tb.code[at]!;
    try {
      const next = this.#step(at, opCode(head), opType(head));
      if (typeof next === 'number') this.at = next;
      else this.result = next;
    } catch (e) {
      if (!(e instanceof EvalLeave)) throw e;
      this.result = { kind: 'leave', exitCode: e.exitCode, insn: this.insn, data: this.data };
    }
    return this.result;
  }

  run(options: EvalOptions): EvalResult {
    const { maxOps = DEFAULT_MAX_OPS, onLabel, onOp } = options;
    const { code, length } = this.tb;
    for (let n = 0; n < maxOps; n++) {
      if (this.at < length) {
        onOp?.(this.at);
        if (opCode(code[this.at]!) === Op.label && onLabel?.(code[this.at + 1]!)) return { kind: 'stopped', label: code[this.at + 1]! };
      }
      const result = this.step();
      if (result !== undefined) return result;
    }
    return { kind: 'limit' };
  }

  /** Run the op at `at`; the position of the next one, or how the TB ended. */
  #step(at: number, op: number, type: Type): number | EvalResult {
    const { code } = this.tb;
    const next = at + 1 + opLength(code[at]!);
    const x = at + 1;
    switch (op) {
      case Op.insn_start:
        this.insn = this.#insnAt.get(at)!;
        this.data = code[x + 1]!;
        return next;
      case Op.label: return next;
      case Op.br: return this.#target(code[x]!);
      case Op.brcond: return evalCond(code[x + 2]!, TYPE_BITS[type], this.get(code[x]!), this.get(code[x + 1]!)) ? this.#target(code[x + 3]!) : next;
      case Op.call: this.#call(at); return next;
      case Op.goto_tb: this.#leaveTo(code[x + 1]!); return { kind: 'goto_tb', slot: code[x]!, delta: code[x + 1]! };
      case Op.goto_ptr: return { kind: 'goto_ptr' };
      case Op.exit_tb: this.#leaveTo(code[x + 1]!); return { kind: 'exit_tb', exit: code[x]! };
      case Op.pages_there: this.set(code[x]!, this.#machine.pagesThere?.(code[x + 1]!) === false ? 0n : 1n); return next;
      case Op.ld: this.set(code[x]!, this.#extend(this.#machine.readHost(this.#host(code[x + 1]!, code[x + 2]!), memOpBytes(code[x + 3]!)), code[x + 3]!)); return next;
      case Op.st: {
        const memop = code[x + 3]!;
        this.#machine.writeHost(this.#host(code[x]!, code[x + 2]!), memOpBytes(memop), this.#cut(this.get(code[x + 1]!), memop));
        return next;
      }
      case Op.guest_ld: this.set(code[x]!, this.#load(code[x + 1]!, code[x + 2]!, code[x + 3]!, false)); return next;
      case Op.guest_st: this.#store(code[x]!, this.get(code[x + 1]!), code[x + 2]!, code[x + 3]!); return next;
      case Op.guest_rmw_ld: {
        const value = this.#load(code[x + 2]!, code[x + 3]!, code[x + 4]!, true);
        this.set(code[x]!, value);
        this.set(code[x + 1]!, 0n);
        return next;
      }
      case Op.guest_rmw_st: this.#store(code[x + 1]!, this.get(code[x + 2]!), code[x + 3]!, code[x + 4]!); return next;
      case Op.guest_probe: this.#machine.probe(this.get(code[x]!), code[x + 2]!, code[x + 3]!, code[x + 1]! !== 0); return next;
      case Op.guest_atomic: {
        const [d, a, b, atomic, memop, mmu] = code.subarray(x, x + 6) as unknown as [number, number, number, number, number, number];
        const bits = 8 * memOpBytes(memop);
        const old = this.#load(a, memop, mmu, true);
        const operand = unsigned(bits, this.get(b));
        this.#store(a, atomicResult(atomic, bits, unsigned(bits, old), operand), memop, mmu);
        this.set(d, old);
        return next;
      }
      case Op.guest_cmpxchg: {
        const [d, a, b, c, memop, mmu] = code.subarray(x, x + 6) as unknown as [number, number, number, number, number, number];
        const bits = 8 * memOpBytes(memop);
        const old = this.#load(a, memop, mmu, true);
        const same = unsigned(bits, old) === unsigned(bits, this.get(b));
        this.#store(a, same ? this.get(c) : old, memop, mmu);
        this.set(d, old);
        return next;
      }
      default: this.#pure(at, op, type); return next;
    }
  }

  #pure(at: number, op: number, type: Type): void {
    if (!isPure(op)) throw new EvalError(`The evaluator does not know op ${OP_NAMES[op] ?? op}.`);
    const { code } = this.tb;
    const def = OP_DEFS[op]!;
    const [outs, ins] = [def.out.length, def.in.length];
    const inputs = def.in.map((_, i) => this.get(code[at + 1 + outs + i]!));
    const attrs = def.attrs.map((_, i) => code[at + 1 + outs + ins + i]!);
    evalOp(op, type, inputs, attrs).forEach((value, i) => this.set(code[at + 1 + i]!, value));
  }

  #call(at: number): void {
    const { code } = this.tb;
    const n = opLength(code[at]!);
    const helper = this.#helpers[code[at + n]!];
    if (!helper) throw new EvalError(`No helper has number ${code[at + n]}.`);
    const outs = helper.ret === null ? 0 : 1;
    const result = this.#machine.call(helper, helper.args.map((_, i) => this.get(code[at + 1 + outs + i]!)));
    if (outs) this.set(code[at + 1]!, result);
  }

  #target(label: number): number {
    const at = this.#labels.get(label);
    if (at === undefined) throw new EvalError(`Label L${label} is placed nowhere.`);
    return at;
  }

  /** Bits of a temp. */
  get(t: Temp): bigint {
    const { tb } = this;
    const type = tb.tempType[t] as Type;
    switch (tb.tempKind[t] as TempKind) {
      case TempKind.const: return constantBits(tb, t);
      case TempKind.env: return BigInt(this.#machine.env >>> 0);
      case TempKind.global: return this.#machine.readHost(this.#slot(t), TYPE_BITS[type] / 8);
      case TempKind.local: {
        const value = this.#locals.get(t);
        if (value === undefined) throw new EvalError(`Local number ${t} (${TYPE_NAMES[type]}) is read before it is written.`);
        return value;
      }
    }
  }

  set(t: Temp, value: bigint): void {
    const { tb } = this;
    const bits = TYPE_BITS[tb.tempType[t]!]!;
    this.#onWrite?.(t, unsigned(bits, value));
    // A write to a slot is zero-extended to the whole slot.
    if (tb.tempKind[t] === TempKind.global) this.#machine.writeHost(this.#slot(t), Math.max(bits / 8, 8), unsigned(bits, value));
    else this.#locals.set(t, unsigned(bits, value));
  }

  #slot(global: Temp): number {
    const { target } = this.tb;
    return this.#machine.env + target.frameOffset + 8 * target.globals[global]!.slot;
  }

  #host(base: Temp, offset: number): number {
    return Number(this.get(base)) + offset;
  }

  /** pc, and the page base when the target is on another page, for a jump to `delta`. */
  #leaveTo(delta: number): void {
    const { target, csBase } = this.tb;
    const base = this.get(target.pageBase);
    this.set(target.pc, base + BigInt(delta) - BigInt(csBase));
    const page = BigInt(delta >> target.mmu.pageBits) << BigInt(target.mmu.pageBits);
    if (page !== 0n) this.set(target.pageBase, base + page);
  }

  #extend(raw: bigint, memop: MemOp): bigint {
    const bytes = memOpBytes(memop);
    const value = memop & MO_BE ? swapBytes(raw, bytes) : raw;
    return memop & MO_SIGN ? signed(8 * bytes, value) : value;
  }

  #cut(value: bigint, memop: MemOp): bigint {
    const bytes = memOpBytes(memop);
    const low = unsigned(8 * bytes, value);
    return memop & MO_BE ? swapBytes(low, bytes) : low;
  }

  #load(address: Temp, memop: MemOp, mmu: number, write: boolean): bigint {
    return this.#extend(this.#machine.load(this.get(address), memop, mmu, write), memop);
  }

  #store(address: Temp, value: bigint, memop: MemOp, mmu: number): void {
    this.#machine.store(this.get(address), this.#cut(value, memop), memop, mmu);
  }
}

/** Type code of an operand kind for an op of type `type` in `tb`. */
export function operandType(operand: OperandType, type: Type, tb: TbIr): Type {
  if (operand === 'T') return type;
  return operand === 'A' ? tb.wordType : Type[operand];
}

/**
 * Run a TB (source or core ops) once.
 * @throws EvalError when the TB is not valid
 */
export function evalTb(tb: TbIr, helpers: HelperTable, machine: EvalMachine, options: EvalOptions = {}): EvalResult {
  return new TbEvaluation(tb, helpers, machine).run(options);
}
