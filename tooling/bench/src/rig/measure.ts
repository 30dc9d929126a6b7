/**
 * The rounds: in each, every peer is booted, then the programs run one after the other, each on all peers in turn, so that whatever else the
 * machine does falls on all of them. A peer that fails is out until the next round.
 */
import { BenchError } from '../errors.ts';
import type { RigImage } from './build/image.ts';
import type { Launch, Peer } from './peers/peer.ts';
import { commandOf, type Program } from './programs.ts';
import type { Phase, RunSample, Samples } from './samples.ts';
import { Session, type SessionOptions } from './session.ts';

export interface MeasureOptions extends SessionOptions {
  readonly rounds: number;
  /** Units of work of `1×`. */
  readonly units: number;
  /** What `again` does, as a multiple of that. */
  readonly times: number;
  /** Whether {@link Peer.otherBoots} are measured. */
  readonly otherBoots: boolean;
  readonly programs: readonly Program[];
  readonly progress: (line: string) => void;
}

/** Name of the way that all peers boot. */
export const BZIMAGE = 'bzImage';

/** @param peers that can run this image's programs */
export async function measure(image: RigImage, peers: readonly Peer[], samples: Samples, options: MeasureOptions): Promise<void> {
  for (let round = 0; round < options.rounds; round++) await new Round(image, round, samples, options).run(rotated(peers, round));
}

/** Whoever was first is last: no peer always comes behind the same one. */
export function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

class Round {
  readonly #image: RigImage;
  readonly #round: number;
  readonly #samples: Samples;
  readonly #options: MeasureOptions;

  constructor(image: RigImage, round: number, samples: Samples, options: MeasureOptions) {
    this.#image = image;
    this.#round = round;
    this.#samples = samples;
    this.#options = options;
  }

  async run(peers: readonly Peer[]): Promise<void> {
    const sessions = new Map<Peer, Session>();
    try {
      if (this.#options.otherBoots) for (const peer of peers) await this.#bootOtherWays(peer);
      for (const peer of peers) {
        const session = await this.#boot(peer.name, BZIMAGE, peer.launch(this.#image));
        if (session !== undefined) sessions.set(peer, session);
      }
      for (const program of this.#options.programs) {
        for (const [peer, session] of sessions) {
          if (await this.#runProgram(peer, session, program)) continue;
          sessions.delete(peer);
          await session.end();
        }
      }
      for (const [{ name }, { peakBytes }] of sessions) {
        if (peakBytes !== undefined && name !== 'native') this.#samples.memory.push({ ...this.#place(name), peakBytes });
      }
    } finally {
      for (const session of sessions.values()) await session.end();
    }
  }

  async #bootOtherWays(peer: Peer): Promise<void> {
    for (const [way, launch] of Object.entries(peer.otherBoots ?? {})) {
      const session = await this.#boot(peer.name, way, launch(this.#image));
      await session?.end();
    }
  }

  async #boot(peer: string, way: string, launch: Launch): Promise<Session | undefined> {
    try {
      const { session, boot } = await Session.start(launch, this.#options);
      if (launch.boots) {
        this.#samples.boots.push({ ...this.#place(peer), way, ...boot });
        this.#say(`${peer} booted (${way}) in ${boot.seconds.toFixed(1)} s`);
      }
      return session;
    } catch (error) {
      this.#failed(peer, way, error);
      return undefined;
    }
  }

  /** @returns whether the peer can go on */
  async #runProgram(peer: Peer, session: Session, program: Program): Promise<boolean> {
    const { units, times } = this.#options;
    try {
      const first = await this.#runPhase(peer, session, program, 'first', units);
      const again = await this.#runPhase(peer, session, program, 'again', units * times);
      this.#say(`${program.name} on ${peer.name}: ${first.seconds.toFixed(3)} s, ${times}× in ${again.seconds.toFixed(3)} s`);
      return true;
    } catch (error) {
      this.#failed(peer.name, program.name, error);
      return false;
    }
  }

  async #runPhase({ name }: Peer, session: Session, program: Program, phase: Phase, units: number): Promise<RunSample> {
    const figures = await session.run(commandOf(program, units));
    const sample: RunSample = { ...this.#place(name), program: program.name, phase, units, ...figures };
    this.#samples.runs.push(sample);
    return sample;
  }

  #place(peer: string) {
    return { bits: this.#image.bits, round: this.#round, peer };
  }

  #failed(peer: string, what: string, error: unknown): void {
    if (!(error instanceof BenchError)) throw error;
    this.#samples.failures.push({ ...this.#place(peer), what, reason: error.message });
    this.#say(`${peer} failed at ${what}: ${error.message}`);
  }

  #say(line: string): void {
    this.#options.progress(`round ${this.#round + 1}/${this.#options.rounds}, ${this.#image.bits}-bit: ${line}`);
  }
}
