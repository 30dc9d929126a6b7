/** QEMU's TCG with its native back end, one thread, as Debian packs it. */
import { spawnSync } from 'node:child_process';
import { MEMORY_MIB, type Peer } from './peer.ts';

const PROGRAM = 'qemu-system-x86_64';

export function qemuPeer(): Peer {
  const { stdout, error } = spawnSync(PROGRAM, ['--version'], { encoding: 'utf8' });
  const reason = error === undefined ? undefined : `${PROGRAM} cannot be run: ${error.message}; Debian has it in qemu-system-x86`;
  return {
    name: 'qemu',
    version: error === undefined ? `QEMU ${/version (\S+)/.exec(stdout)?.[1] ?? '?'}` : 'QEMU',
    unavailable: () => reason,
    launch: ({ kernel, initrd, append }) => ({
      program: PROGRAM,
      args: [
        '-accel', 'tcg,thread=single', '-m', `${MEMORY_MIB}M`, '-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio',
        '-kernel', kernel, '-initrd', initrd, '-append', append,
      ],
      counts: false,
      boots: true,
    }),
  };
}
