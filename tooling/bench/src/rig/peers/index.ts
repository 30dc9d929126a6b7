/** All peers there are, in the order of the report's columns. */
import type { NodeProgram } from '../node-program.ts';
import { nativePeer } from './native.ts';
import type { Peer } from './peer.ts';
import { qemuPeer } from './qemu.ts';
import { v86Peer } from './v86.ts';
import { MODES, wasmTcgPeer, type Variation } from './wasm-tcg.ts';

/** Names for `--peers`: with several Nodes, each stands for one peer per Node. */
export const PEER_NAMES = ['native', 'qemu', 'v86', ...MODES] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/**
 * @param nodes the first one's peers have the plain names, others `name@24`
 * @param variations of the main mode: one more peer each
 */
export function makePeers(names: readonly PeerName[], nodes: readonly NodeProgram[], variations: readonly Variation[] = []): readonly Peer[] {
  const suffix = (i: number): string => (i === 0 ? '' : `@${nodes[i].version.split('.')[0]}`);
  const named = names.flatMap((name): readonly Peer[] => {
    if (name === 'native') return [nativePeer()];
    if (name === 'qemu') return [qemuPeer()];
    return nodes.map((node, i) => (name === 'v86' ? v86Peer(node, suffix(i)) : wasmTcgPeer(name, node, suffix(i))));
  });
  return [...named, ...variations.flatMap((variation) => nodes.map((node, i) => wasmTcgPeer(MODES[0], node, suffix(i), variation)))];
}
