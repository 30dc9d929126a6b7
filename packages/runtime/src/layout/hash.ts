/**
 * The two hashes that TypeScript and Wasm compute alike. The multipliers are those of xxHash32 and are handed to the
 * AssemblyScript sources by the generator.
 */
export const HASH_MULTIPLIERS = { page: 0x9e3779b1, offset: 0x85ebca77, flags: 0xc2b2ae3d, csBase: 0x27d4eb2f } as const;

/**
 * Bucket (before masking) of a TB in the physical hash.
 * @param csBase low 32 bits of the code segment base
 */
export function tbHash(physPage: number, pageOffset: number, flags: number, csBase: number): number {
  const mixed =
    Math.imul(physPage, HASH_MULTIPLIERS.page) ^
    Math.imul(pageOffset, HASH_MULTIPLIERS.offset) ^
    Math.imul(flags, HASH_MULTIPLIERS.flags) ^
    Math.imul(csBase, HASH_MULTIPLIERS.csBase);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
