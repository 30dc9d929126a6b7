/** A peer: something that runs the programs. What there is to say of it is how to start it; sessions do the rest. */
import type { Bits } from '../../kernels/kernel.ts';
import type { RigImage } from '../build/image.ts';

/** RAM of all guests. */
export const MEMORY_MIB = 256;

/** A process to start, with the guest's serial line on its standard input and output. */
export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** It answers, over Node's channel to the parent, how many instructions have run. */
  readonly counts: boolean;
  /** A guest boots first; otherwise the agent answers at once. */
  readonly boots: boolean;
}

export interface Peer {
  readonly name: string;
  /** Name and version for the report's head. */
  readonly version: string;
  /** Why it cannot run programs of this width here; undefined when it can. */
  unavailable(bits: Bits): string | undefined;
  launch(image: RigImage): Launch;
  /** Boots another way to be measured as well. */
  readonly otherBoots?: Readonly<Record<string, (image: RigImage) => Launch>>;
}
