/**
 * Boot time in the page against Node's on the same machine: from the wish to boot to the shell's prompt, everything in between included (files, workers,
 * compilation). They take turns, each run in a process or a page of its own, and medians are compared.
 */
import { fork } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Wrong } from '../rows.ts';
import type { BuiltGuest } from '../site/guests.ts';

/** What the playground promises. */
export const MOST_RATIO = 1.3;
const RUNS = 3;
/** A boot that takes longer has failed, ms. */
export const BOOT_LIMIT = 120_000;

export interface BootTimes {
  readonly page: readonly number[];
  readonly node: readonly number[];
  /** Processes that wanted to run, before and after: above the number of cores, neither figure means much. */
  readonly load: readonly [number, number];
}

/** @param bootInPage boots once in a page of its own. @returns seconds */
export async function compareBoots(bootInPage: () => Promise<number>, folder: string, guest: BuiltGuest): Promise<BootTimes> {
  const before = loadavg()[0];
  const [page, node]: [number[], number[]] = [[], []];
  for (let run = 0; run < RUNS; run++) {
    node.push(await bootInNode(folder, guest));
    page.push(await bootInPage());
  }
  return { page, node, load: [before, loadavg()[0]] };
}

export function judgeBoots({ page, node, load }: BootTimes): string {
  const ratio = median(page) / median(node);
  const list = (seconds: readonly number[]): string => seconds.map((value) => value.toFixed(1)).join(' ');
  const text = `${ratio.toFixed(2)} times Node's: ${median(page).toFixed(1)} s against ${median(node).toFixed(1)} s (${list(page)}; ${list(node)}; load ${load.map((value) => value.toFixed(1)).join(' to ')})`;
  if (!(ratio <= MOST_RATIO)) throw new Wrong(`${text}; at most ${MOST_RATIO}`);
  return text;
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function bootInNode(folder: string, guest: BuiltGuest): Promise<number> {
  const program = fileURLToPath(new URL('node-boot.js', import.meta.url));
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = fork(program, [join(folder, guest.kernel), join(folder, guest.initrd), String(guest.memory), guest.model, guest.append], { timeout: BOOT_LIMIT });
    child.on('message', () => resolve((performance.now() - started) / 1000));
    child.on('error', reject);
    child.on('exit', () => reject(new Wrong('the guest does not come to its shell in Node')));
  });
}
