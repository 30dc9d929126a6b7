/** `@wasm-tcg/instance-pool`: limits of live modules, instances and bytes; eviction and re-instantiation. */
export { finalizationObserver, type CollectionObserver, type CollectionObserverFactory } from './collection.ts';
export type { PoolCounters } from './counters.ts';
export { InstancePoolError, type InstancePoolErrorCode } from './errors.ts';
export { DEFAULT_LIMITS, MAX_MODULES, type PoolLimits } from './limits.ts';
export { aging } from './policies/aging.ts';
export { oldestHalf } from './policies/oldest-half.ts';
export type { EvictionPolicy, PolicyFactory, PolicyView } from './policy.ts';
export { InstancePool, type ModuleInfo, type PoolHost, type PoolOptions, type RetireReason } from './pool.ts';
export type { PoolHandle } from './slots.ts';
