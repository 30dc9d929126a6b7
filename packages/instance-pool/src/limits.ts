/**
 * How much may be alive at a time, and why.
 *
 * - Node 20 aborts, uncatchably, between 60,000 and 70,000 live Modules (one memory mapping and 16–18 KB each).
 * - 80,000 instances of one Module are fine there, but Firefox runs out of memory near 12,000 instances.
 * - QEMU's WebAssembly back end capped instances at 15,000, then at 12,000.
 *
 * So Modules and instances have limits of their own, and both defaults keep far from the engines' ends.
 */
import { InstancePoolError } from './errors.ts';

export interface PoolLimits {
  /** Modules alive in the engine: held ones and dropped ones whose collection has not been observed. 2…50,000. */
  modules: number;
  /**
   * Modules held, less than `modules`: the difference is what may wait for collection before `canCompile` refuses.
   * Default: seven eighths of `modules`.
   */
  heldModules: number;
  /** Live instances, at most one per Module. 1 or more. */
  instances: number;
  /** Bytes of module binaries, held or awaiting collection. One module may have an eighth of it. */
  bytes: number;
}

/** 15 % of distance to the 60,000 at which Node 20 aborts. */
export const MAX_MODULES = 50_000;

/**
 * 4,000 modules are 64–72 MB of engine overhead and, in batches of up to 64 TBs, more hot code than a booting kernel
 * has. Fewer instances than held modules, so that the module limit finds victims that are out of use already. 64 MiB of
 * binaries are about 16 KiB for each module and some hundreds of MB of machine code.
 */
export const DEFAULT_LIMITS: Readonly<Pick<PoolLimits, 'modules' | 'instances' | 'bytes'>> = {
  modules: 4_000,
  instances: 3_000,
  bytes: 64 * 1024 * 1024,
};

/** Of every limit, this part is kept free for modules that are dropped but not yet collected. */
const HEADROOM = 1 / 8;

/** Fills in the defaults and checks ranges. Throws `BAD_LIMIT`. */
export function resolveLimits(given: Partial<PoolLimits>): PoolLimits {
  const modules = given.modules ?? DEFAULT_LIMITS.modules;
  const heldModules = given.heldModules ?? Math.max(1, modules - Math.max(1, Math.floor(modules * HEADROOM)));
  const instances = given.instances ?? Math.min(DEFAULT_LIMITS.instances, heldModules);
  const bytes = given.bytes ?? DEFAULT_LIMITS.bytes;
  check('modules', modules, 2, MAX_MODULES, 'one is held while another is replaced; above the maximum Node 20 may abort');
  check('heldModules', heldModules, 1, modules - 1, 'a dropped module needs room until it is collected');
  check('instances', instances, 1, MAX_MODULES, 'there is at most one instance per module');
  check('bytes', bytes, 8, Number.MAX_SAFE_INTEGER, 'a module may have an eighth of the limit');
  return { modules, heldModules, instances, bytes };
}

/** Most bytes that one module may have: with nothing uncollected there is always room for one more of this size. */
export function largestModule(limits: PoolLimits): number {
  return Math.floor(limits.bytes * HEADROOM);
}

/** Bytes that may be held; the rest of the byte limit belongs to modules awaiting collection. */
export function heldBytesLimit(limits: PoolLimits): number {
  return limits.bytes - largestModule(limits);
}

function check(name: keyof PoolLimits, value: number, low: number, high: number, why: string): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw new InstancePoolError('BAD_LIMIT', `limits.${name} is ${value}`, `Use an integer from ${low} to ${high}: ${why}.`);
}
