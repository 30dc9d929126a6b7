/** Profiles are summed up by what the emulator was doing. */
import { expect, it } from 'vitest';
import { formatWhere, whereTimeWent, type CpuProfile } from '@wasm-tcg/bench';

const FRAMES = [
  ['(root)', ''],
  ['wasm-function[170]', 'wasm://wasm/tb_exec-0004dd5e'],
  ['wasm-function[3]', 'wasm://wasm/region-11111111'],
  ['wasm-function[3]', 'wasm://wasm/region-22222222'],
  ['f0', 'wasm://wasm/tbs-33333333'],
  ['wasm-function[9]', 'wasm://wasm/fe07b98e'],
  ['Module', ''],
  ['translate', 'file:///x/packages/guest-x86/dist/translate/tb.js'],
  ['run', 'file:///x/packages/emulator/dist/exec/cpu-exec.js'],
  ['read', 'file:///x/packages/emulator/src/devices/pit.ts'],
  ['', 'file:///elsewhere/main.js'],
] as const;

const profile: CpuProfile = {
  nodes: FRAMES.map(([functionName, url], id) => ({ id, callFrame: { functionName, url } })),
  samples: [1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  timeDeltas: [20_000, 5000, 5000, 20_000, 4000, 3000, 2500, 2000, 1500, 1000, 1000],
};

it('by kind, and by function with its own time', () => {
  const { ms, kinds, functions } = whereTimeWent(profile);
  expect(ms).toBe(65);
  expect(Object.fromEntries(kinds.map((kind) => [kind.name, kind.ms]))).toEqual({
    'interpreter, dispatch': 20, regions: 30, 'TB modules': 4, 'Wasm helpers': 3, 'engine: compile': 2.5, 'decode, translate': 2, 'executor, tiering': 1.5, 'devices, run loop': 1, other: 1,
  });
  expect(functions[0]).toEqual({ name: 'wasm-function[170] tb_exec-0004dd5e', ms: 20 });
  expect(functions.map(({ name }) => name)).toContain('(anonymous) main.js');
});

it('as text, the longest first', () => {
  expect(formatWhere(profile, 1)).toMatch(/^main thread, 65 ms\n {3}46\.2 % {6}30 ms {2}regions\n/);
  expect(formatWhere(profile, 1).split('functions\n')[1]).toBe('   30.8 %      20 ms  wasm-function[170] tb_exec-0004dd5e\n');
});
