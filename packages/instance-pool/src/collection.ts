/**
 * Knowing when the engine has really given a dropped module back. A Module that nobody refers to still holds its memory
 * mapping until the garbage collector finds it; the count of those is what keeps the pool off the engine's end.
 */

export interface CollectionObserver {
  /**
   * Reports once, some time after `module` has been collected. Must not keep it alive.
   *
   * @param module the dropped module
   * @param bytes what to report for it
   */
  watch(module: object, bytes: number): void;
}

/** Makes an observer that reports each collected module's bytes to `collected`. Tests put one of their own here. */
export type CollectionObserverFactory = (collected: (bytes: number) => void) => CollectionObserver;

/** The default: a FinalizationRegistry. Its reports need macrotasks, so the owner's run loop has to yield. */
export const finalizationObserver: CollectionObserverFactory = (collected) => {
  const registry = new FinalizationRegistry<number>(collected);
  return { watch: (module, bytes) => registry.register(module, bytes) };
};
