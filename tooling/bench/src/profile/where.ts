/**
 * Where the main thread's time went, from a `.cpuprofile` that V8 wrote (`node --cpu-prof`): by what the emulator was doing, and by function. Wasm modules are told
 * apart by the names that the emulator gives them; what has none are the helper modules. The engine's own compiler threads are in no such profile.
 */

/** What is read of V8's format. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** Node that was on top, for each sample. */
  readonly samples: readonly number[];
  /** µs between a sample and the one before. */
  readonly timeDeltas: readonly number[];
}

export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

/** In the order of asking: the first that matches. */
const KINDS = [
  ['interpreter, dispatch', ({ url }) => url.startsWith('wasm://wasm/tb_exec')],
  ['regions', ({ url }) => url.startsWith('wasm://wasm/region')],
  ['TB modules', ({ url }) => url.startsWith('wasm://wasm/tbs')],
  ['Wasm helpers', ({ url }) => url.startsWith('wasm://')],
  ['engine: compile', ({ url, functionName }) => url === '' && functionName === 'Module'],
  ['engine: instantiate', ({ url, functionName }) => url === '' && functionName === 'Instance'],
  ['garbage collector', ({ functionName }) => functionName === '(garbage collector)'],
  ['idle', ({ functionName }) => functionName === '(idle)'],
  ['decode, translate', ({ url }) => folder(url, 'guest-x86/translate') || folder(url, 'guest-x86/decode')],
  ['optimise', ({ url }) => folder(url, 'ir')],
  ['encode for interpreter', ({ url }) => folder(url, 'tci-interp')],
  ['emit Wasm', ({ url }) => folder(url, 'wasm-codegen')],
  ['executor, tiering', ({ url }) => folder(url, 'emulator/exec') || folder(url, 'instance-pool')],
  ['TB store, memory', ({ url }) => folder(url, 'runtime') || folder(url, 'guest-x86')],
  ['devices, run loop', ({ url }) => folder(url, 'emulator')],
  ['Node', ({ url }) => url.startsWith('node:')],
  ['other', () => true],
] as const satisfies readonly (readonly [string, (frame: CallFrame) => boolean])[];
export type TimeKind = (typeof KINDS)[number][0];

/** `guest-x86/translate` is in …/packages/guest-x86/dist/translate/…, and in src as well. */
function folder(url: string, path: string): boolean {
  const [name, ...rest] = path.split('/');
  return ['dist', 'src'].some((built) => url.includes(`/packages/${[name, built, ...rest].join('/')}/`));
}

export interface TimeShare {
  readonly name: string;
  readonly ms: number;
}

/** @returns kinds and functions with their own time, the longest first */
export function whereTimeWent({ nodes, samples, timeDeltas }: CpuProfile): { readonly ms: number; readonly kinds: TimeShare[]; readonly functions: TimeShare[] } {
  const own = new Map<number, number>();
  samples.forEach((id, i) => own.set(id, (own.get(id) ?? 0) + timeDeltas[i] / 1000));
  const kinds = new Map<string, number>();
  const functions = new Map<string, number>();
  let all = 0;
  for (const { id, callFrame } of nodes) {
    const ms = own.get(id) ?? 0;
    if (ms === 0) continue;
    all += ms;
    const [kind] = KINDS.find(([, matches]) => matches(callFrame)) ?? ['other'];
    kinds.set(kind, (kinds.get(kind) ?? 0) + ms);
    const name = `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').pop() ?? ''}`.trim();
    functions.set(name, (functions.get(name) ?? 0) + ms);
  }
  return { ms: all, kinds: longestFirst(kinds), functions: longestFirst(functions) };
}

const longestFirst = (times: ReadonlyMap<string, number>): TimeShare[] => [...times].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms);

/** @param most functions at most */
export function formatWhere(profile: CpuProfile, most: number): string {
  const { ms: all, kinds, functions } = whereTimeWent(profile);
  const rows = (shares: readonly TimeShare[]): string =>
    shares.map(({ name, ms }) => `  ${`${((100 * ms) / all).toFixed(1)} %`.padStart(7)} ${`${ms.toFixed(0)} ms`.padStart(10)}  ${name}\n`).join('');
  return `main thread, ${all.toFixed(0)} ms\n${rows(kinds)}functions\n${rows(functions.slice(0, most))}`;
}
