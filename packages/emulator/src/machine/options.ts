/** Checks of machine options: everything wrong is said before anything is made. */
import { CPU_MODEL_NAMES } from '@wasm-tcg/guest-x86';
import type { ExecutionOptions, FlatBoot, MachineOptions } from '../api.ts';
import { MachineError } from '../errors.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const DEFAULT_RAM = 16 * 2 ** 20;
export const PAGE_TABLE_BYTES = 6 * 4096;

/** Bytes of RAM from an option: a number of bytes, or text like `256M`. @throws MachineError `bad-option` */
export function parseMemorySize(memory: number | string | undefined): number {
  if (memory === undefined) return DEFAULT_RAM;
  const bytes = typeof memory === 'number' ? memory : textSize(memory);
  if (Number.isInteger(bytes) && bytes >= 4096 && bytes % 4096 === 0 && bytes <= 3 * 2 ** 30) return bytes;
  throw new MachineError('bad-option', `memory: ${memory}`, 'give a multiple of 4096 bytes up to 3 GiB, as a number or like 512K, 16M, 1G');
}

function textSize(text: string): number {
  const m = /^(\d+)\s*([KMG]?)B?$/i.exec(text.trim());
  return m ? Number(m[1]) * UNITS[m[2]!.toUpperCase()]! : NaN;
}

/** Where everything of a flat boot goes. */
export interface FlatPlan {
  readonly boot: FlatBoot;
  readonly entry: number;
  readonly stack: number;
  readonly pageTables: number;
}

export function planFlatBoot(boot: FlatBoot, ramBytes: number): FlatPlan {
  const mode = boot.mode ?? 'real16';
  const bad = (message: string, hint: string): never => {
    throw new MachineError('bad-option', message, hint);
  };
  const { loadAddress, image } = boot;
  if (!(Number.isInteger(loadAddress) && loadAddress >= 0 && loadAddress + image.length <= ramBytes)) {
    bad(`an image of ${image.length} bytes at ${loadAddress} in ${ramBytes} bytes of RAM`, 'load it where there is RAM, or give the machine more `memory`');
  }
  const pageTables = boot.pageTables ?? ramBytes - PAGE_TABLE_BYTES;
  if (mode === 'long64' && !(pageTables % 4096 === 0 && pageTables >= 0 && pageTables + PAGE_TABLE_BYTES <= ramBytes)) {
    bad(`page tables at ${pageTables}`, 'long64 needs 6 page-aligned pages of RAM for its tables: give more `memory` or another address');
  }
  const entry = boot.entry ?? loadAddress;
  if (mode === 'real16' && entry > 0xffff) bad(`entry ${entry} in real16`, 'an entry in real mode is an offset below 64 KiB: set `cs` as well');
  const top = mode === 'long64' && boot.pageTables === undefined ? pageTables : ramBytes;
  return { boot, entry, stack: boot.stack ?? (mode === 'real16' ? Math.min(0xfffe, ramBytes - 2) : top - 16), pageTables };
}

const MOST = 2 ** 30 - 1;
/** Least and most of options that count. */
const COUNTS = {
  moduleThreshold: [1, MOST], regionThreshold: [1, MOST], recutDispatches: [0, MOST], slice: [1, MOST], batch: [1, 64],
} as const satisfies { readonly [name in keyof ExecutionOptions]: readonly [least: number, most: number] };

/** Everything that can be wrong in options without a machine. */
export function checkOptions(options: Pick<MachineOptions, 'execution' | 'cpu'>): void {
  const { execution, cpu } = options;
  if (cpu?.model !== undefined && !CPU_MODEL_NAMES.includes(cpu.model)) {
    throw new MachineError('bad-option', `cpu.model: ${String(cpu.model)}`, `one of ${CPU_MODEL_NAMES.join(', ')}`);
  }
  if (execution?.mode !== undefined && !['tci', 'tb-per-module', 'tiered'].includes(execution.mode)) {
    throw new MachineError('bad-option', `execution.mode: ${String(execution.mode)}`, 'one of tci, tb-per-module, tiered');
  }
  for (const [name, [least, most]] of Object.entries(COUNTS)) {
    const value = execution?.[name as keyof typeof COUNTS];
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most)) {
      throw new MachineError('bad-option', `execution.${name}: ${value}`, `an integer from ${least} to ${most.toLocaleString('en')}`);
    }
  }
}
