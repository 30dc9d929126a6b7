/**
 * Public API: code in all its stages, line by line, and running it op by op. What `Machine.listing` and `Machine.opStepper` return: plain data
 * (structured clones work) and one small object.
 */

/** Where the instructions of a block run now. */
export type CodeTier = 'tci' | 'module' | 'region';

/** What is listed: one TB; the TB with those that static links reach, as one module; or the region that would be grown from it. */
export type CodeUnit = 'tb' | 'batch' | 'region';

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

/** A TB. */
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
   * For each function of the module, for each instruction of its body (`end` and `else` count, local declarations do not), the position in
   * {@link CodeModule.origins} of where it comes from.
   */
  readonly functions: readonly Uint16Array[];
  /** Distinct origins: `block`, `insn` as in {@link CodeLine}. */
  readonly origins: readonly { readonly block: number; readonly insn: number }[];
}

export interface CodeListing {
  readonly unit: CodeUnit;
  /** The wanted TB first. */
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

/** A value that an op of an {@link OpStepper} wrote. */
export interface OpWrite {
  /** Name of a global or local, as the lines of `opt` name it. */
  readonly name: string;
  readonly value: bigint;
}

/** One TB run op by op on the machine's own state, by the evaluator. The machine must not be run meanwhile, but may be read. */
export interface OpStepper {
  /** The ops in order, as the optimiser left them; `at` is a position in it. */
  readonly lines: readonly CodeLine[];
  /** Linear address of the TB. */
  readonly pc: bigint;
  /** The op that runs next; `lines.length` when the TB is done. */
  readonly at: number;
  /** Values of locals that are defined now, by name. */
  readonly locals: ReadonlyMap<string, bigint>;
  /** Run one op. Returns what it wrote; `left`: the TB has been left (by an exit, jump, fault or helper) and registers and pc are those of the next instruction. */
  step(): { readonly writes: readonly OpWrite[]; readonly left: boolean };
  /** Run to the end of the TB. Without it, or `left`, the machine stays at the beginning of the running instruction for its registers' purposes. */
  finish(): void;
}
