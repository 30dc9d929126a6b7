/** The emulator of this repository, in each of its modes, in a process of its own. */
import { fileURLToPath } from 'node:url';
import type { ExecutionMode, ExecutionOptions, KernelBoot } from '@wasm-tcg/emulator';
import type { RigImage } from '../build/image.ts';
import type { NodeProgram } from '../node-program.ts';
import { MEMORY_MIB, type Launch, type Peer } from './peer.ts';

const MAIN = fileURLToPath(new URL('../guests/wasm-tcg-main.js', import.meta.url));
export const MODES = ['tiered', 'tb-per-module', 'tci'] as const satisfies readonly ExecutionMode[];

/** Execution options of which a peer with another value can be made: numbers that are a matter of measuring. */
export const VARIED = ['moduleThreshold', 'regionThreshold', 'batch', 'slice', 'patchThreshold'] as const satisfies readonly (keyof ExecutionOptions)[];

/** An execution option with another value than the default. */
export interface Variation {
  readonly option: (typeof VARIED)[number];
  readonly value: number;
}

/**
 * @param suffix tells the same peer on several Nodes apart
 * @param variation such a peer is named after it
 */
export function wasmTcgPeer(mode: ExecutionMode, node: NodeProgram, suffix: string, variation?: Variation): Peer {
  const name = variation === undefined ? mode : `${variation.option}=${variation.value}`;
  const execution: ExecutionOptions = { mode, ...(variation === undefined ? {} : { [variation.option]: variation.value }) };
  const launch = (entry: NonNullable<KernelBoot['entry']>) => ({ kernel, initrd, append }: RigImage): Launch => ({
    program: node.path, args: [MAIN, kernel, initrd, append, String(MEMORY_MIB), JSON.stringify(execution), entry], counts: true, boots: true,
  });
  return {
    name: `${name}${suffix}`,
    version: `wasm-tcg ${variation === undefined ? mode : `${mode}, ${name}`} (Node ${node.version})`,
    unavailable: () => undefined,
    // The bzImage's own way, through its decompressor, as the others go it.
    launch: launch('auto'),
    otherBoots: { unpacked: launch('unpacked') },
  };
}
