/**
 * machineInfo: where everything in the linear memory of one machine is. Written once by `createMachineMemory`, read by
 * `configure` of the helper module, so that the module itself is the same for all guests and sizes. It also describes the
 * vCPU area of the guest ({@link EnvLayout}).
 */
import { defStruct } from './struct.ts';

export const MACHINE_INFO = defStruct('machineInfo', {
  /** Areas of the vCPUs: vCPU n's env is vcpuBase + n · vcpuSize. */
  vcpuBase: 'ptr',
  vcpuSize: 'u32',
  vcpus: 'u32',
  /** u32 per physical page below 4 GiB, see phys-map. */
  physMap: 'ptr',
  /** u64 per RAM page (not: physical page): bit n = bytes 64n … 64n+63 hold translated code. */
  codeBitmap: 'ptr',
  /** u32 per physical page: `header | which` of the first TB that has bytes there, 0 = none; the others follow by `pageNext`. */
  codeHeads: 'ptr',
  /** Buckets of the physical hash of TBs: ptr each, count is a power of two. */
  hashBuckets: 'ptr',
  hashMask: 'u32',
  arena: 'ptr',
  arenaEnd: 'ptr',
  ramBase: 'ptr',
  /** Bytes, a multiple of 4096. */
  ramSize: 'u32',
  // ---- copied from EnvLayout ----
  pcOffset: 'u32',
  pageBaseOffset: 'u32',
  csBaseOffset: 'u32',
  flagsOffset: 'u32',
  pcMaskOffset: 'u32',
  fetchMmuOffset: 'u32',
  tlbOffset: 'u32',
  tlbBits: 'u32',
  mmuIndices: 'u32',
  tlbUsedOffset: 'u32',
  tlbGlobalOffset: 'u32',
  fetchedOffset: 'u32',
  jumpCacheOffset: 'u32',
  jumpCacheBits: 'u32',
}, 16);

/** Its address: below the first static data window of the helper modules. */
export const MACHINE_INFO_ADDRESS = 64;

/** Kept by the host of a machine with shared memory, for other threads: they load with `Atomics`, as 64-bit integers. */
export const HOST_COUNTERS = defStruct('hostCounters', {
  /** Instructions retired, as of the last slice. */
  instructions: 'u64',
}, 16);

/** Its address: behind {@link MACHINE_INFO}. */
export const HOST_COUNTERS_ADDRESS = 512;
