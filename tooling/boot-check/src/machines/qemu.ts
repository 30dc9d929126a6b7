/**
 * QEMU as the machine: what guests and checks are made against, and the peer whose seconds stand beside ours. Needs
 * qemu-system-x86_64 on the path.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BootCheckError } from '../errors.ts';
import type { MachineSetup, RunningMachine } from './machine.ts';

const PROGRAM = 'qemu-system-x86_64';

export async function startQemu(setup: MachineSetup): Promise<RunningMachine> {
  const folder = await mkdtemp(join(tmpdir(), 'wasm-tcg-qemu-'));
  const path = (name: 'kernel' | 'initrd' | 'disk'): string => join(folder, name);
  for (const name of ['kernel', 'initrd', 'disk'] as const) await writeFile(path(name), setup[name]);
  const child = spawn(PROGRAM, [
    '-accel', 'tcg', '-m', setup.memory, '-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio',
    '-kernel', path('kernel'), '-initrd', path('initrd'), '-append', setup.append,
    '-drive', `file=${path('disk')},if=virtio,format=raw`, '-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci',
    ...(setup.cpu === undefined ? [] : ['-cpu', setup.cpu]),
    ...(setup.clock === 'icount' ? ['-icount', 'shift=0'] : []),
  ]);
  child.stdout.on('data', setup.onConsole);
  child.stdin.on('error', () => undefined);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  let disk: Uint8Array = new Uint8Array(0);
  const end = new Promise<string>((resolve, reject) => {
    child.on('error', (error) => reject(new BootCheckError('machine', `${PROGRAM} cannot be run: ${error.message}`, 'Install QEMU, or leave --machine away.', { cause: error })));
    child.on('close', (code, signal) => resolve(code === 0 ? 'poweroff' : `QEMU ended with ${signal ?? code}: ${complaints.trim()}`));
  }).finally(async () => {
    disk = await readFile(path('disk'));
    await rm(folder, { recursive: true, force: true });
  });
  end.catch(() => undefined);
  return {
    end,
    type: (text) => void child.stdin.write(text),
    stop: async () => {
      child.kill('SIGKILL');
      await end.catch(() => undefined);
    },
    disk: () => end.then(() => disk),
    figures: () => undefined,
  };
}
