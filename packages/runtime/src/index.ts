export * from './exit-code.ts';
export * from './layout/struct.ts';
export * from './layout/wasm-context.ts';
export * from './layout/tb-header.ts';
export * from './layout/tlb-entry.ts';
export * from './layout/jump-cache.ts';
export * from './layout/env.ts';
