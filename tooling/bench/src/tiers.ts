/** `bench tiers`: everything about the speed of tiers, in one run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildKernels } from './kernels/index.ts';
import { BATCHES, measureBatch, measureTranslation } from './measure/costs.ts';
import { measureEngine, type EngineCost } from './measure/engine.ts';
import { measureKernel } from './measure/kernels.ts';
import { EFFORTS } from './measure/modes.ts';
import { NativeRunner } from './native/native.ts';
import { expectations } from './report/expectations.ts';
import { digits } from './report/table.ts';
import type { Report } from './report/text.ts';

export const SECTIONS = ['kernels', 'translation', 'batches', 'engine'] as const;
export type Section = (typeof SECTIONS)[number];

export interface TiersOptions {
  readonly quick: boolean;
  /** Only kernels whose name contains this. */
  readonly filter: string;
  readonly native: boolean;
  readonly sections: readonly Section[];
  /** One line of progress. */
  readonly progress: (line: string) => void;
}

/** Hot blocks per kernel that go to V8's compilers. */
const MODULES_PER_KERNEL = 3;
const STRAIGHT_MODULES = 200;

export function runTiers(options: TiersOptions): Report {
  const { progress } = options;
  const effort = EFFORTS[options.quick ? 'quick' : 'full'];
  const wants = (section: Section): boolean => options.sections.includes(section);
  const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-bench-'));
  try {
    const native = new NativeRunner(folder);
    const missing = new Set<string>();
    // Translation first: its cold value is that of a process that has just started.
    const translation = wants('translation') ? ([64, 32] as const).map((bits) => {
      const cost = measureTranslation(bits);
      progress(`translation ${bits}-bit: ${digits(cost.warm)} µs per instruction`);
      return cost;
    }) : [];
    const kernels = wants('kernels') ? buildKernels(options.filter).map((kernel) => {
      const reason = options.native ? native.unavailable(kernel.bits) : 'native runs switched off';
      if (reason !== undefined) missing.add(`no native column for ${kernel.bits}-bit code: ${reason}`);
      const row = measureKernel(kernel, reason === undefined ? native : undefined, effort);
      const { speeds } = row;
      progress(`${row.name} ${row.bits}: ${Object.entries(speeds).map(([name, { mips }]) => `${name} ${digits(mips)}`).join(', ')}`);
      return row;
    }) : [];
    const batches = wants('batches') ? BATCHES.map((batch) => {
      const cost = measureBatch(batch);
      progress(`batches of ${batch}: ${digits(cost.wall)} µs per TB`);
      return cost;
    }) : [];
    const engine = wants('engine') ? measureEngines(progress) : [];
    return {
      date: new Date().toISOString(), node: process.versions.node, v8: process.versions.v8, cpu: cpus()[0]?.model ?? process.arch,
      repetitions: effort.repetitions, kernels, nativeMissing: [...missing], translation, batches, engine, expectations: expectations(kernels, translation),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureEngines(progress: (line: string) => void): EngineCost[] {
  const all = buildKernels().filter(({ bits }) => bits === 64);
  const straight = all.filter(({ hot }) => hot.length > MODULES_PER_KERNEL);
  const loops = all.filter(({ hot }) => hot.length <= MODULES_PER_KERNEL);
  const costs = [measureEngine('module', straight, STRAIGHT_MODULES), measureEngine('region', loops, MODULES_PER_KERNEL)];
  for (const cost of costs) progress(`V8 on ${cost.modules} ${cost.kind}s: Liftoff ${digits(cost.baseline)} µs, TurboFan ${digits(cost.optimising)} µs`);
  return costs;
}
