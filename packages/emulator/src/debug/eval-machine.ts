/**
 * The machine as the evaluator sees it: the vCPU's frame, guest memory through the softmmu's slow paths (which know every page), helpers as they are. Faults and requests to
 * leave come back as they do to generated code, in the context's exit code.
 */
import { EvalLeave, makeOi, memOpBytes, MO_BE, MO_SIGN, type EvalMachine, type HelperDef, type MemOp } from '@wasm-tcg/ir';
import { WASM_CONTEXT } from '@wasm-tcg/runtime';
import { buildHelperCall, HELPER_CELL } from '@wasm-tcg/wasm-codegen';
import { memoryImport } from '../exec/memory-import.ts';
import type { MachineParts } from '../machine/parts.ts';

const CTX = WASM_CONTEXT.offset;
const SLOT = 8;
const VECTOR = 16;

type HelperCall = (env: number, cells: number) => void;

/** Bytes that hold a value of each type in a cell. */
const TYPE_BYTES = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 } as const;

export class SoftmmuMachine implements EvalMachine {
  readonly env: number;
  /** Index of the running instruction in its TB. */
  insn = 0;
  readonly #p: MachineParts;
  readonly #calls = new Map<HelperDef, HelperCall>();

  constructor(parts: MachineParts) {
    this.#p = parts;
    this.env = parts.context.env;
  }

  readHost(address: number, bytes: number): bigint {
    const { u8 } = this.#p.machine.views();
    let value = 0n;
    for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(u8[address + i]!);
    return value;
  }

  writeHost(address: number, bytes: number, value: bigint): void {
    const { u8 } = this.#p.machine.views();
    for (let i = 0; i < bytes; i++) u8[address + i] = Number((value >> BigInt(8 * i)) & 0xffn);
  }

  load(address: bigint, memop: MemOp, mmu: number, write: boolean): bigint {
    const { core } = this.#p;
    const bytes = memOpBytes(memop);
    const oi = this.#oi(memop, mmu);
    if (bytes === VECTOR) {
      core.ld_slow128(this.env, address, oi);
      this.#leaveIfAsked();
      return this.readHost(this.env + CTX.ret, VECTOR);
    }
    const value = write ? core.rmw_ld_slow(this.env, address, oi) : core.ld_slow(this.env, address, oi);
    this.#leaveIfAsked();
    return BigInt.asUintN(8 * bytes, value);
  }

  store(address: bigint, value: bigint, memop: MemOp, mmu: number): void {
    const { core } = this.#p;
    const oi = this.#oi(memop, mmu);
    if (memOpBytes(memop) === VECTOR) {
      this.writeHost(this.env + CTX.arg, VECTOR, value);
      core.st_slow128(this.env, address, oi);
    } else core.st_slow(this.env, address, BigInt.asUintN(64, value), oi);
    this.#leaveIfAsked();
  }

  probe(address: bigint, memop: MemOp, mmu: number, write: boolean): void {
    this.#p.core.probe_slow(this.env, address, this.#oi(memop, mmu), write ? 1 : 0);
    this.#leaveIfAsked();
  }

  call(helper: HelperDef, args: readonly bigint[]): bigint {
    const cells = this.#cells(args.length);
    args.forEach((value, i) => this.writeHost(cells + i * HELPER_CELL, TYPE_BYTES[helper.args[i]!], value));
    this.#p.context.set('insnIndex', this.insn);
    this.#callOf(helper)(this.env, cells);
    if (helper.effects.mayFault || helper.effects.mayExit) this.#leaveIfAsked();
    return helper.ret === null ? 0n : this.readHost(cells, TYPE_BYTES[helper.ret]);
  }

  /** Byte order and sign are the evaluator's. */
  #oi(memop: MemOp, mmu: number): number {
    return makeOi(memop & ~(MO_SIGN | MO_BE), mmu, this.insn);
  }

  #leaveIfAsked(): void {
    const code = this.#p.context.get('exitCode');
    if (code !== 0) throw new EvalLeave(code);
  }

  /** Room for arguments: the last slots of the frame, which are the interpreter's and in use only while it runs a TB. */
  #cells(args: number): number {
    const { layout } = this.#p.machine;
    return this.env + layout.frameOffset + layout.frameSlots * SLOT - Math.max(1, args) * HELPER_CELL;
  }

  #callOf(helper: HelperDef): HelperCall {
    let call = this.#calls.get(helper);
    if (call === undefined) {
      const { machine, guest, x86 } = this.#p;
      const module = new WebAssembly.Module(buildHelperCall(guest.helpers, guest.helpers.indexOf(helper), memoryImport(machine)));
      const instance = new WebAssembly.Instance(module, { e: { m: machine.memory }, h: x86.registry.imports() });
      call = instance.exports['f0'] as HelperCall;
      this.#calls.set(helper, call);
    }
    return call;
  }
}
