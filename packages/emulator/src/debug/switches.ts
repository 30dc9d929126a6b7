/**
 * The debug switches (`-d`), named as QEMU names them; every text that leaves the core through `debug.log` is made here.
 *
 * | item | one event |
 * |---|---|
 * | in_asm | a TB is translated: its guest instructions |
 * | op, op_opt | the same TB as IR, before and after the optimiser |
 * | tci | the same TB as TCI words |
 * | wat | a module or region is compiled: its WebAssembly text |
 * | int | an exception is delivered |
 * | exec | an instruction is about to run: its address. The machine then runs instruction by instruction |
 * | cpu | the same, with the general registers |
 *
 * `stats` is no event: who runs the machine prints its counters at the end.
 */
import { printWat } from '@wasm-tcg/wasm-codegen';
import type { DebugItem, DebugOptions, InspectStage } from '../api.ts';
import type { MachineParts } from '../machine/parts.ts';
import { inspectHeader } from './inspect.ts';

const STAGES: readonly (readonly [DebugItem, InspectStage])[] = [['in_asm', 'x86'], ['op', 'ir'], ['op_opt', 'opt'], ['tci', 'tci']];
const GPRS = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;

export class DebugLog {
  readonly #options: DebugOptions;
  readonly #items: ReadonlySet<DebugItem>;
  #parts: MachineParts | undefined;

  constructor(options: DebugOptions) {
    this.#options = options;
    this.#items = new Set(options.items);
  }

  /** The machine is complete. */
  attach(parts: MachineParts): void {
    this.#parts = parts;
  }

  /** Instructions are logged one by one. */
  get singleSteps(): boolean {
    return this.#items.has('exec') || this.#items.has('cpu');
  }

  translated(header: number): void {
    const stages = STAGES.filter(([item]) => this.#items.has(item));
    const p = this.#parts;
    if (stages.length === 0 || p === undefined) return;
    const pc = p.context.linearPc;
    if (!this.#wanted(pc)) return;
    const text = inspectHeader(p, header, pc, stages.map(([, stage]) => stage));
    for (const [item, stage] of stages) this.#options.log(item, `${item} 0x${pc.toString(16)}:\n${text[stage]}`);
  }

  compiled(kind: 'module' | 'region', tbs: number, bytes: Uint8Array): void {
    if (!this.#items.has('wat')) return;
    const text = printWat(bytes);
    this.#options.log('wat', `${kind} of ${tbs} TB${tbs === 1 ? '' : 's'}, ${bytes.length} bytes:\n${text}`);
  }

  fault(vector: number): void {
    const p = this.#parts;
    if (!this.#items.has('int') || p === undefined) return;
    const error = p.context.get('faultError');
    this.#options.log('int', `exception 0x${vector.toString(16)} error 0x${error.toString(16)} instruction ${p.exec.now}`);
  }

  step(): void {
    const p = this.#parts;
    if (p === undefined || !this.singleSteps) return;
    const pc = p.context.linearPc;
    if (!this.#wanted(pc)) return;
    if (this.#items.has('exec')) this.#options.log('exec', `0x${pc.toString(16)}`);
    if (this.#items.has('cpu')) {
      const registers = p.x86.registers(0);
      const rows = GPRS.map((name) => `${name}=${registers.get(name).toString(16)}`);
      this.#options.log('cpu', `rip=${registers.get('rip').toString(16)} rflags=${registers.get('rflags').toString(16)} ${rows.join(' ')}`);
    }
  }

  #wanted(pc: bigint): boolean {
    const { filter } = this.#options;
    return filter === undefined || filter.some(([first, last]) => pc >= BigInt(first) && pc <= BigInt(last));
  }
}
