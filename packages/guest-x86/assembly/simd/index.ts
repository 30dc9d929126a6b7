// Helpers of MMX and SSE instructions for which Wasm SIMD has no equivalent: the rows of src/helpers/table-simd.ts.
export { aesdec, aesdeclast, aesenc, aesenclast, aesimc, aeskeygenassist } from './aes';
export { clmul } from './carryless';
export { mask_store } from './mask-store';
export { sha1msg1, sha1msg2, sha1nexte, sha1rnds4, sha256msg1, sha256msg2, sha256rnds2 } from './sha';
export { pcmpestr, pcmpistr } from './strings';
