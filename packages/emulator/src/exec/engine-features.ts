/** What the JavaScript engine can do: found out by asking it to validate a few bytes, or switched on. */

/** A module with one function that tail-calls itself. */
const TAIL_CALL = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // \0asm, version 1
  0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // type: () → ()
  0x03, 0x02, 0x01, 0x00, // function 0: type 0
  0x0a, 0x06, 0x01, 0x04, 0x00, 0x12, 0x00, 0x0b, // code: return_call 0; end
);

/** Tail calls: V8 since 11.2 (Chrome 112, Node 20), Firefox 121, Safari 18.2. */
export function hasTailCalls(): boolean {
  return WebAssembly.validate(TAIL_CALL);
}

/** What is needed of Node's `process`. */
interface NodeProcess {
  readonly versions?: { readonly v8?: string };
  getBuiltinModule?(name: 'v8'): { setFlagsFromString(flags: string): void } | undefined;
}

/** The last major version of V8 that may have branch hints behind a flag. Browsers have them since Chrome 137 (13.7). */
const LAST_WITH_FLAG = 13;

/**
 * Has V8 read the branch hints of modules that are compiled from here on. In Node they are behind a flag, which may be set at any time (`getBuiltinModule`: 20.16 and
 * 22.3 on); it concerns nothing else than modules with such hints. Without them, every guest access costs what its slow path would: values are
 * kept in memory across it. Elsewhere this does nothing.
 */
export function allowBranchHints(): void {
  const { process } = globalThis as { readonly process?: NodeProcess };
  if (Number.parseInt(process?.versions?.v8 ?? '', 10) <= LAST_WITH_FLAG) process?.getBuiltinModule?.('v8')?.setFlagsFromString('--experimental-wasm-branch-hinting');
}
