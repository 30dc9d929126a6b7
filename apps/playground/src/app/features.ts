/** What this browser lacks, by name, so that an old one gets a sentence and not a blank page. */

export interface MissingFeature {
  readonly name: string;
  /** What does not work without it. */
  readonly effect: string;
  /** Nothing works. */
  readonly fatal: boolean;
}

/** (module (func (result v128) i32.const 0 i8x16.splat)) */
const SIMD_PROBE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11);
/** (module (func return_call 0)) */
const TAIL_CALL_PROBE = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 18, 0, 11);

export function missingFeatures(): MissingFeature[] {
  const missing: MissingFeature[] = [];
  const need = (there: boolean, name: string, effect: string, fatal: boolean): void => {
    if (!there) missing.push({ name, effect, fatal });
  };
  const wasm = typeof WebAssembly === 'object';
  need(wasm, 'WebAssembly', 'nothing here runs without it', true);
  need(typeof Worker === 'function', 'Web Workers', 'machines run in workers', true);
  if (wasm) {
    need(WebAssembly.validate(SIMD_PROBE), 'WebAssembly SIMD', 'the emulator uses it for SSE and MMX', true);
    need(WebAssembly.validate(TAIL_CALL_PROBE), 'WebAssembly tail calls', 'compiled blocks go through the dispatcher, which is slower', false);
  }
  need(typeof CompressionStream === 'function', 'CompressionStream', 'snapshots and links cannot be made', false);
  return missing;
}
