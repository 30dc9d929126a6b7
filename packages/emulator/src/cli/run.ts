/**
 * The command line program without the process around it: arguments in, exit code out. Tests call it in their own
 * process; main.ts gives it the real streams.
 */
import { readFileSync } from 'node:fs';
import { CPU_MODEL_NAMES } from '@wasm-tcg/guest-x86';
import { MachineError } from '../errors.ts';
import { ExitStatus, type CliHost } from './host.ts';
import { DEBUG_ITEMS } from './option-table.ts';
import { deviceList, helpText, parseArguments } from './options.ts';
import { runFlat } from './run-flat.ts';
import { runPc } from './run-pc.ts';
import type { Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

const text = new TextEncoder();

/** @returns the exit code, see `--help` */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  try {
    const settings = parseArguments(args);
    const asked = printed(settings);
    if (asked === undefined) return await (isFlat(settings) ? runFlat(settings, host) : runPc(settings, host));
    host.stdout(text.encode(asked));
    return ExitStatus.ok;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof MachineError)) throw error;
    host.stderr(`wasm-tcg: ${error.message}\n${error.hint}\n`);
    return error instanceof UsageError ? ExitStatus.usage : ExitStatus.failure;
  }
}

/** The built-in guest and flat images run on a bare CPU. */
function isFlat({ kernel, loadvm, loadAddress, flatEntry, cpuMode }: Settings): boolean {
  return (kernel === undefined && loadvm === undefined) || loadAddress !== undefined || flatEntry !== undefined || cpuMode !== undefined;
}

function printed({ print }: Settings): string | undefined {
  switch (print) {
    case 'help':
      return helpText();
    case 'version':
      return `wasm-tcg ${packageVersion()}\n`;
    case 'cpu-models':
      return `${CPU_MODEL_NAMES.join('\n')}\n`;
    case 'debug-items':
      return Object.entries(DEBUG_ITEMS).map(([name, about]) => `${name.padEnd(8)} ${about}\n`).join('');
    case 'devices':
      return deviceList();
    case undefined:
      return undefined;
  }
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}
