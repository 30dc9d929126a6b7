export * from './types.ts';
export * from './cond.ts';
export * from './memop.ts';
export * from './ops.ts';
export * from './target-layout.ts';
export * from './helper-sig.ts';
export * from './tb-ir.ts';
export * from './builder.ts';
