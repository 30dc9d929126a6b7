/**
 * Between the Lab's page and its worker: everything that assembles, translates, runs or prints does so there, so that the page never waits. All of it is
 * plain data; calls go through comlink, errors arrive as `WorkerError` (rpc/errors.ts).
 */
import type { CodeEdge, CodeLine, CodeTier, CodeUnit, CpuModelName, ExecutionMode } from '@wasm-tcg/emulator';

export type Bits = 16 | 32 | 64;

/** A program as its author wrote it: what a link holds. */
export interface Program {
  readonly bits: Bits;
  /**
   * `asm`: assembly for @defasm/core, 32- and 64-bit, Intel syntax until `.att_syntax` (worker/assemble/asm.ts says what is added to it). `hex`: bytes in any mode,
   * with labels, comments after `;` or `#`, strings, references and directives (worker/assemble/hex.ts).
   */
  readonly syntax: 'asm' | 'hex';
  /** At most {@link MAX_SOURCE} characters. */
  readonly text: string;
  /** Where it is loaded and starts, linear = physical: {@link ORIGINS}. */
  readonly origin: number;
  readonly model: CpuModelName;
}

/** Longest source, characters: what is longer is a problem on its line 1. */
export const MAX_SOURCE = 262_144;

/** Lowest and highest origin by width: real mode starts at an offset of 16 bits above the Lab's interrupt table; the others below the Lab's own area. */
export const ORIGINS: Readonly<Record<Bits, readonly [lowest: number, highest: number]>> = { 16: [0x500, 0xff00], 32: [0, 0x200000], 64: [0, 0x200000] };

/** Settings of the view that a link holds too. */
export interface LabSettings {
  readonly unit: CodeUnit;
  readonly mode: ExecutionMode;
  /** Panes that are open, in order. */
  readonly panes: readonly Stage[];
}

export type Stage = 'x86' | 'ir' | 'opt' | 'tci' | 'wat';
export const STAGES = ['x86', 'ir', 'opt', 'tci', 'wat'] as const satisfies readonly Stage[];

export interface SourceProblem {
  /** Line of the source, from 1. */
  readonly line: number;
  /** Columns from 0, when they are known. */
  readonly from?: number;
  readonly to?: number;
  readonly message: string;
}

/** What a source line became. */
export interface AssembledLine {
  readonly line: number;
  readonly pc: number;
  readonly bytes: Uint8Array;
}

export interface Assembled {
  /** All sections, from `origin` on. What is wrong is left out, the rest is there. */
  readonly image: Uint8Array;
  readonly lines: readonly AssembledLine[];
  readonly problems: readonly SourceProblem[];
}

export interface RegisterView {
  /** As `setRegister` takes it: `eax` in 16- and 32-bit code, `rax` in 64-bit code; each flag as one of 1 bit: `zf` …, besides `rflags`. */
  readonly name: string;
  /** Group it is shown in. */
  readonly group: 'general' | 'flags' | 'segments' | 'control' | 'x87' | 'sse';
  readonly bits: number;
  readonly value: bigint;
  /** Differs from before the last step or run. */
  readonly changed: boolean;
}

/** A fault, as the Lab's own handlers met it. */
export interface FaultView {
  readonly vector: number;
  /** `#PF` … */
  readonly name: string;
  readonly errorCode: number;
  readonly cr2?: bigint;
  /** Linear address of the instruction; undefined when the stack that would tell is not in memory. */
  readonly pc?: bigint;
}

export interface MachineView {
  readonly pc: bigint;
  /** Source line that pc is at, if any. */
  readonly line?: number;
  /** The instruction there. */
  readonly text: string;
  /** Width of the code that runs now, and the mode of the CPU for people: `real mode, 16-bit code`. */
  readonly bits: Bits;
  readonly cpuMode: string;
  /**
   * `ready`: at its first instruction. `stopped`: anywhere else. `halted`: after HLT. `faulted`: at an instruction that faulted, its registers as before it. `shutdown`: a
   * triple fault. In the last three the program goes on only after `reset`, or when a register or memory has been changed.
   */
  readonly status: 'ready' | 'stopped' | 'halted' | 'faulted' | 'shutdown';
  /** With `faulted`; with `shutdown`, the fault that led to it. */
  readonly fault?: FaultView;
  /** Instructions retired since the program was loaded. */
  readonly instructions: number;
  /** How the machine runs: the mode of the last `run`. */
  readonly mode: ExecutionMode;
  readonly registers: readonly RegisterView[];
  /** What the program wrote to port 0xe9, as text: the last 16,384 bytes. */
  readonly output: string;
  /** Step by IR op: present while a TB is being stepped through. */
  readonly ops?: OpView;
}

export interface OpView {
  readonly lines: readonly CodeLine[];
  readonly at: number;
  /** Locals and what the last op wrote. */
  readonly locals: readonly { readonly name: string; readonly value: bigint; readonly changed: boolean }[];
}

export interface BlockView {
  readonly pc: bigint;
  readonly tier: CodeTier;
  readonly executions: number;
  readonly size: number;
  readonly tciBytes: number;
  readonly insns: readonly { readonly pc: bigint; readonly bytes: Uint8Array; readonly text: string; readonly line?: number }[];
}

/** A difference between IR and optimised IR, line by line. */
export interface DiffLine extends CodeLine {
  readonly change: 'same' | 'added' | 'removed';
}

export interface ListingView {
  readonly unit: CodeUnit;
  readonly blocks: readonly BlockView[];
  readonly edges: readonly CodeEdge[];
  readonly ir: readonly CodeLine[];
  /** Optimised IR with what was removed. */
  readonly opt: readonly DiffLine[];
  /** Of a region: of its members, one after the other, which run where the region cannot. */
  readonly tci: readonly CodeLine[];
  readonly sizes: { readonly x86: number; readonly irOps: number; readonly optOps: number; readonly tci: number; readonly wasm: number };
}

export interface WatView {
  /** wasm-tools' text, a line each, with what each comes from. */
  readonly lines: readonly CodeLine[];
  readonly bytes: number;
}

/** One mode's run of the program to its end (HLT, fault or limit). */
export interface ModeRun {
  readonly mode: ExecutionMode;
  readonly state: 'waiting' | 'running' | 'done' | 'stopped';
  readonly milliseconds: number;
  readonly instructions: number;
  readonly tciShare: number;
  readonly moduleShare: number;
  readonly regionShare: number;
  readonly translatedTbs: number;
  readonly compiledModules: number;
  readonly compiledRegions: number;
  readonly wasmBytes: number;
  readonly compileMs: number;
  /** Registers, flags and memory at the end, hashed: the same in every mode. */
  readonly digest: string;
  readonly ended: string;
}

export interface LabWorker {
  /** Assemble only. Never throws for what is wrong with the program: that is in `problems`. */
  assemble(program: Program): Promise<Assembled>;
  /** Assemble and make a machine with it, at its first instruction. */
  load(program: Program): Promise<{ readonly assembled: Assembled; readonly view: MachineView }>;
  view(): Promise<MachineView>;
  /**
   * The TB that starts at pc; default: where the machine is, or after HLT, the program's beginning. A region grows along counted edges, so a region is listed from a
   * second, warm machine, which has run the same program from its beginning, tiered, for at most 2,000,000 instructions and half a second; counts, tiers and memory in such a listing are
   * that machine's, and without `pc` it is the region at the block that it was met in most often.
   */
  listing(unit: CodeUnit, pc?: bigint): Promise<ListingView>;
  /** Wasm of the same. Loads wasm-tools at the first call. */
  wat(unit: CodeUnit, pc?: bigint): Promise<WatView>;
  step(insns: number): Promise<MachineView>;
  stepOp(): Promise<MachineView>;
  finishOps(): Promise<MachineView>;
  /**
   * Run on to the end, at most `limit` instructions; `onProgress` a few times a second. When the machine has run in another mode so far, it goes on as a new one with
   * the same state. `view`, `listing`, `wat` and `readMemory` may be called meanwhile; any other call stops the run first.
   */
  run(mode: ExecutionMode, limit: number, onProgress: (instructions: number) => void): Promise<MachineView>;
  /** Run from the beginning in every mode, on machines of their own. */
  compare(limit: number, onProgress: (runs: readonly ModeRun[]) => void): Promise<readonly ModeRun[]>;
  /** Stop `run` or `compare` soon; they resolve with what there is. */
  stop(): Promise<void>;
  reset(): Promise<MachineView>;
  setRegister(name: string, value: bigint): Promise<MachineView>;
  readMemory(address: bigint, length: number): Promise<Uint8Array | undefined>;
  writeMemory(address: bigint, bytes: Uint8Array): Promise<MachineView>;
}
