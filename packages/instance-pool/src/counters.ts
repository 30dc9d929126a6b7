/** What the pool counts. Levels are the state now; totals only grow. */
export interface PoolCounters {
  /** Level: modules held, with or without an instance. */
  modules: number;
  /** Level: live instances. */
  instances: number;
  /** Level: bytes of held modules. */
  bytes: number;
  /** Level: dropped modules whose collection has not been observed. */
  uncollected: number;
  /** Level: their bytes. */
  uncollectedBytes: number;
  /** Total: `acquire` found a live instance. */
  hits: number;
  /** Total: first instances made. */
  instantiations: number;
  /** Total: instances made again after an eviction. */
  reinstantiations: number;
  /** Total: instances given up to the instance limit. */
  evictions: number;
  /** Total: modules given up to the module or byte limit. */
  limitDrops: number;
  /** Total: modules given up because most members were dead. */
  deadDrops: number;
  /** Total: `canCompile` answered no. */
  refusals: number;
}

export function newCounters(): PoolCounters {
  return {
    modules: 0,
    instances: 0,
    bytes: 0,
    uncollected: 0,
    uncollectedBytes: 0,
    hits: 0,
    instantiations: 0,
    reinstantiations: 0,
    evictions: 0,
    limitDrops: 0,
    deadDrops: 0,
    refusals: 0,
  };
}
