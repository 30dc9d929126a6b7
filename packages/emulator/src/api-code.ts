/**
 * Public API: code in all its stages, line by line, and running it op by op. What `Machine.listing` and `Machine.opStepper` return: plain data
 * (structured clones work) and one small object.
 */

/** Where the instructions of a block run now. */
export type CodeTier = 'tci' | 'module' | 'region';

/** What is listed: one TB; the TB with those that static links reach, as one module; or the region that would be grown from it. */
export type CodeUnit = 'tb' | 'batch' | 'region';

export interface ListingOptions {
  /** Default `tb`. */
  readonly unit?: CodeUnit;
  /** List the code as it is with the optimiser's passes on or off. Default: as the machine has it (of TCI code: which is optimised in mode `tci` alone). */
  readonly optimise?: boolean;
}

/** One line of a stage. `block` is a position in {@link CodeListing.blocks}, `insn` one in that block's `insns`; −1: belongs to none (a header, an exit). */
export interface CodeLine {
  readonly text: string;
  readonly block: number;
  readonly insn: number;
}

export interface CodeInsn {
  /** Linear address. */
  readonly pc: bigint;
  readonly bytes: Uint8Array;
  /** Intel syntax. */
  readonly text: string;
}

/** A TB. A region may hold that of its entry a second time, as its last block: translated for what is known inside the loop that it heads. */
export interface CodeBlock {
  /** Linear address, as seen from the listing's first block. */
  readonly pc: bigint;
  /** Physical address of the first byte. */
  readonly physical: number;
  readonly tier: CodeTier;
  /** Executions counted since its last promotion decision. */
  readonly executions: number;
  readonly insns: readonly CodeInsn[];
  /** TCI code, bytes. */
  readonly tciBytes: number;
}

/** A way from one block to another. */
export interface CodeEdge {
  readonly from: number;
  readonly to: number;
  /** goto_tb slot 0 (`next`: mostly the fall-through) or 1 (`taken`), or goto_ptr. */
  readonly kind: 'slot0' | 'slot1' | 'indirect';
  /** Times it was taken, as far as it was counted. */
  readonly count: number;
}

/** The Wasm module of a listing. */
export interface CodeModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /**
   * For each function of the module, for each instruction of its body (`else` and `end` count, but for the last `end`, which text writes as the function's `)`; local declarations do not), the position in
   * {@link CodeModule.origins} of where it comes from.
   */
  readonly functions: readonly Uint16Array[];
  /** Distinct origins: `block`, `insn` as in {@link CodeLine}. */
  readonly origins: readonly { readonly block: number; readonly insn: number }[];
}

export interface CodeListing {
  readonly unit: CodeUnit;
  /** The wanted TB first. Function k of the module of a `tb` or `batch` is block k's. */
  readonly blocks: readonly CodeBlock[];
  readonly edges: readonly CodeEdge[];
  /** IR as translated; of a region, of one member after the other. */
  readonly ir: readonly CodeLine[];
  /** IR after the optimiser; of a region, merged. */
  readonly opt: readonly CodeLine[];
  /** TCI code, disassembled; of a region, empty (it is never interpreted). */
  readonly tci: readonly CodeLine[];
  readonly wasm: CodeModule;
}

export interface OpStepperOptions {
  /** Step through the IR as the optimiser left it (default), or as it was translated. */
  readonly optimised?: boolean;
}

/** A value that an op of an {@link OpStepper} wrote. */
export interface OpWrite {
  /** Name of a global or local, as the lines of `opt` name it. */
  readonly name: string;
  readonly value: bigint;
}

/** One TB run op by op on the machine's own state, by the evaluator. The machine must not be run meanwhile, but may be read. */
export interface OpStepper {
  /** The ops in order; `at` is a position in it. The block of each is 0. */
  readonly lines: readonly CodeLine[];
  /** Linear address of the TB. */
  readonly pc: bigint;
  /** The op that runs next; `lines.length` when the TB is done. */
  readonly at: number;
  /** Values of locals that are defined now, by name. */
  readonly locals: ReadonlyMap<string, bigint>;
  /** What the machine has come to, once the TB has been left: the next instruction, HLT (which counts as done), or a triple fault. */
  readonly end: 'next' | 'halt' | 'shutdown' | undefined;
  /**
   * Run one op. Returns what it wrote; `left`: the TB has been left (by an exit, jump, fault or helper) and registers, pc and instruction count are those of the next
   * instruction: a fault has been delivered; an instruction that changes the code it is in, or accesses a device in memory, has been run as a whole.
   *
   * In between, pc and flags read as those at the beginning of the running instruction, and what is written to them is lost; other registers are as they are: in optimised
   * code, one that a later instruction overwrites without reading it may never have been written.
   * @throws MachineError `not-running` when the machine has been run meanwhile, or the TB has been left
   */
  step(): { readonly writes: readonly OpWrite[]; readonly left: boolean };
  /** Run to the end of the TB. Who does not simply runs the machine on: the instructions done so far have been counted, those of the running one are done again. */
  finish(): void;
}
