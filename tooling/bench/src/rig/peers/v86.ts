/**
 * v86 from npm, in a process of its own. The npm package has no BIOS; it boots a bzImage through the option ROM that it shows SeaBIOS, and
 * the SeaBIOS of Debian's package `seabios` (which QEMU's package brings) is one it works with.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Bits } from '../../kernels/kernel.ts';
import type { NodeProgram } from '../node-program.ts';
import { MEMORY_MIB, type Peer } from './peer.ts';

const MAIN = fileURLToPath(new URL('../guests/v86-main.js', import.meta.url));
/** SeaBIOS built for 128 KiB: Debian's, then where others put QEMU's firmware. */
const BIOSES = ['/usr/share/seabios/bios.bin', '/usr/share/qemu/bios.bin'] as const;
const BIOS_VARIABLE = 'WASM_TCG_SEABIOS';

/** @param suffix tells the same peer on several Nodes apart */
export function v86Peer(node: NodeProgram, suffix: string): Peer {
  const bios = process.env[BIOS_VARIABLE] ?? BIOSES.find((path) => existsSync(path));
  const version = installedVersion();
  return {
    name: `v86${suffix}`,
    version: `v86 ${version ?? ''} (Node ${node.version})`,
    unavailable(bits: Bits) {
      if (bits === 64) return 'v86 has no 64-bit mode';
      if (version === undefined) return 'the npm package v86 is not installed';
      return bios === undefined ? `v86 needs a SeaBIOS: install the package seabios, or name a file of 128 KiB in ${BIOS_VARIABLE}` : undefined;
    },
    launch: ({ kernel, initrd, append }) => ({
      program: node.path, args: [MAIN, bios ?? '', kernel, initrd, append, String(MEMORY_MIB)], counts: true, boots: true,
    }),
  };
}

function installedVersion(): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(fileURLToPath(new URL('../package.json', import.meta.resolve('v86'))), 'utf8'));
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : undefined;
  } catch {
    return undefined;
  }
}
