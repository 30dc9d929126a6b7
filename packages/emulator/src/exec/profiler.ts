/**
 * The sampling profiler of {@link Profiler}: the executor ends a slice at the instruction that {@link SamplingProfiler.distance} names, and hands over the TB which
 * that instruction lies in.
 *
 * Since what is jittered is a count of instructions, a TB is met in proportion to the instructions it runs, however long or short it is. Headers are good until the arena is
 * used anew ({@link SamplingProfiler.forgetHeaders}); what was sampled before that is kept, under another key.
 */
import { PAGE_BITS, TB_HEADER, type MachineMemory } from '@wasm-tcg/runtime';
import type { CodeTier } from '../api-code.ts';
import type { ProfileEntry, Profiler } from '../api-profile.ts';
import { MachineError } from '../errors.ts';
import { Random } from './random.ts';

const AT = TB_HEADER.offset;
/** Instructions: see {@link Profiler.start}. */
const DEFAULT_INTERVAL = 100_000;
const LEAST_INTERVAL = 1000;
const MOST_INTERVAL = 2 ** 30;
const TIERS = ['tci', 'module', 'region'] as const satisfies readonly CodeTier[];

interface Entry {
  pc: bigint;
  readonly physical: number;
  readonly insns: number;
  readonly tier: CodeTier;
  readonly user: boolean;
  hits: number;
}

export interface ProfilerParts {
  readonly machine: MachineMemory;
  /** Instructions retired. */
  readonly now: () => number;
  /** Does a TB with these flags run in user mode? */
  readonly isUser: (flags: number) => boolean;
}

export class SamplingProfiler implements Profiler {
  readonly #p: ProfilerParts;
  readonly #random = new Random(1);
  #interval = DEFAULT_INTERVAL;
  /** Instruction that is sampled next. */
  #next = Infinity;
  /** By header and tier. */
  #live = new Map<number, Entry>();
  /** Of TBs whose header is no more, by what makes one entry. */
  #past = new Map<string, Entry>();

  constructor(parts: ProfilerParts) {
    this.#p = parts;
  }

  get running(): boolean {
    return this.#next !== Infinity;
  }

  start(interval = DEFAULT_INTERVAL): void {
    if (!(Number.isInteger(interval) && interval >= LEAST_INTERVAL && interval <= MOST_INTERVAL)) {
      throw new MachineError('bad-option', `a profiler interval of ${interval}`, `an integer of instructions from ${LEAST_INTERVAL} to 2^30`);
    }
    this.#interval = interval;
    this.#live.clear();
    this.#past.clear();
    this.#schedule(this.#p.now());
  }

  stop(): void {
    this.#next = Infinity;
  }

  take(): ProfileEntry[] {
    this.forgetHeaders();
    const entries = [...this.#past.values()];
    this.#past = new Map();
    return entries;
  }

  // ---- for the executor -------------------------------------------------------------------------------------------------------

  /** Instructions from `instructions` to the next sample, at least 1; Infinity while it is off. */
  distance(instructions: number): number {
    // Interrupts count as instructions, and none of them is sampled.
    if (this.#next <= instructions) this.#schedule(instructions);
    return this.#next - instructions;
  }

  /**
   * Note a sample.
   * @param header the TB that is next
   * @param pc linear address of its first instruction
   */
  sample(header: number, pc: bigint, tier: CodeTier): void {
    this.#schedule(this.#next);
    const key = header + TIERS.indexOf(tier);
    const entry = this.#live.get(key);
    if (entry !== undefined) {
      entry.hits++;
      entry.pc = pc;
      return;
    }
    const { u32 } = this.#p.machine.views();
    const word = (field: number): number => u32[(header + field) >>> 2]!;
    const physical = word(AT.physPage) * 2 ** PAGE_BITS + word(AT.pageOffset);
    this.#live.set(key, { pc, physical, insns: word(AT.insns), tier, user: this.#p.isUser(word(AT.flags)), hits: 1 });
  }

  /** The arena is about to be used anew. */
  forgetHeaders(): void {
    for (const entry of this.#live.values()) {
      const key = `${entry.physical} ${entry.insns} ${entry.tier} ${entry.user}`;
      const past = this.#past.get(key);
      if (past === undefined) this.#past.set(key, entry);
      else {
        past.hits += entry.hits;
        past.pc = entry.pc;
      }
    }
    this.#live = new Map();
  }

  /** From half to one and a half intervals after `instructions`. */
  #schedule(instructions: number): void {
    this.#next = instructions + (this.#interval >>> 1) + 1 + this.#random.below(this.#interval);
  }
}
