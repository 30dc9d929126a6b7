/** The emulator of this repository, in each of its modes, in a process of its own. */
import { fileURLToPath } from 'node:url';
import type { ExecutionMode, KernelBoot } from '@wasm-tcg/emulator';
import type { RigImage } from '../build/image.ts';
import type { NodeProgram } from '../node-program.ts';
import { MEMORY_MIB, type Launch, type Peer } from './peer.ts';

const MAIN = fileURLToPath(new URL('../guests/wasm-tcg-main.js', import.meta.url));
export const MODES = ['tiered', 'tb-per-module', 'tci'] as const satisfies readonly ExecutionMode[];

/** @param suffix tells the same peer on several Nodes apart */
export function wasmTcgPeer(mode: ExecutionMode, node: NodeProgram, suffix: string): Peer {
  const launch = (entry: NonNullable<KernelBoot['entry']>) => ({ kernel, initrd, append }: RigImage): Launch => ({
    program: node.path, args: [MAIN, kernel, initrd, append, String(MEMORY_MIB), mode, entry], counts: true, boots: true,
  });
  return {
    name: `${mode}${suffix}`,
    version: `wasm-tcg ${mode} (Node ${node.version})`,
    unavailable: () => undefined,
    // The bzImage's own way, through its decompressor, as the others go it.
    launch: launch('auto'),
    otherBoots: { unpacked: launch('unpacked') },
  };
}
