/** The processor itself: the same files, run by the host's kernel. */
import { cpus } from 'node:os';
import type { Peer } from './peer.ts';

export function nativePeer(platform: NodeJS.Platform = process.platform, arch: string = process.arch): Peer {
  return {
    name: 'native',
    version: cpus()[0]?.model ?? arch,
    unavailable: () => (platform === 'linux' && arch === 'x64' ? undefined : `the programs need Linux on x86-64, this is ${platform} on ${arch}`),
    launch: ({ native }) => ({ program: './programs', args: ['agent'], cwd: native, counts: false, boots: false }),
  };
}
