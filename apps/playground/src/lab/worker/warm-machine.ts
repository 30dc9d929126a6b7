/**
 * A machine that has run the program, so that it knows where it goes: regions grow along edges that were counted. It is only looked at.
 */
import type { CodeListing } from '@wasm-tcg/emulator';
import { loadRegisters, saveRegisters, type SavedRegisters } from './machine/copy-state.ts';
import type { LabMachine } from './machine/lab-machine.ts';
import { runSlices } from './run-slices.ts';

/** Instructions that it runs at most, and ms: somebody waits for the listing. */
const WARM_UP = 2_000_000;
const WARM_UP_MS = 500;
/** Between two samples of where it is: the profiler's shortest. */
const SAMPLE_INTERVAL = 1_000;

export class WarmMachine {
  readonly #lab: LabMachine;
  /** As the run left them. */
  readonly #end: SavedRegisters;
  /** Address of the TB that was met most often, if any was. */
  readonly #hottest: bigint | undefined;

  private constructor(lab: LabMachine, hottest: bigint | undefined) {
    this.#lab = lab;
    this.#hottest = hottest;
    this.#end = saveRegisters(lab.machine);
  }

  /** @param lab at the program's beginning, tiered */
  static async warmUp(lab: LabMachine): Promise<WarmMachine> {
    const { profiler } = lab.machine;
    const job = { stopped: false };
    profiler.start(SAMPLE_INTERVAL);
    await runSlices(lab, WARM_UP, job, (milliseconds) => {
      job.stopped = milliseconds >= WARM_UP_MS;
    });
    profiler.stop();
    const [hottest] = profiler.take().toSorted((a, b) => b.hits - a.hits);
    return new WarmMachine(lab, hottest?.pc);
  }

  /**
   * The region at an address. Its TCI code is that of its members, which run whenever the region cannot: before there was one, and at the end of a budget.
   * @param registers of the machine that is shown: they say what mode code is in
   */
  region(pc: bigint, registers: SavedRegisters): CodeListing {
    const { machine } = this.#lab;
    loadRegisters(registers, machine);
    const region = machine.listing(pc, { unit: 'region' });
    const tci = region.blocks.flatMap((member, block) => machine.listing(member.pc, { unit: 'tb' }).tci.map((line) => ({ ...line, block })));
    return { ...region, tci };
  }

  /**
   * The region that is worth most: where the program was met most often; if it is too short for that, at the block that was entered most often of those around `pc`.
   * @param registers as for {@link region}, if it comes to that
   */
  hottestRegion(pc: bigint, registers: SavedRegisters): CodeListing {
    if (this.#hottest !== undefined) return this.region(this.#hottest, this.#end);
    loadRegisters(registers, this.#lab.machine);
    const { blocks, edges } = this.#lab.machine.listing(pc, { unit: 'batch' });
    const counts = blocks.map(() => 0);
    for (const { to, count } of edges) counts[to] += count;
    return this.region(blocks[counts.indexOf(Math.max(...counts))].pc, registers);
  }
}
