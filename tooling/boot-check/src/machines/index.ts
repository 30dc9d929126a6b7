/** The machines by name. */
import type { ExecutionMode } from '@wasm-tcg/emulator';
import type { MachineName } from '../report.ts';
import type { StartMachine } from './machine.ts';
import { startQemu } from './qemu.ts';
import { startWasmTcg } from './wasm-tcg.ts';

export const MACHINES: Readonly<Record<MachineName, StartMachine>> = { 'wasm-tcg': startWasmTcg, qemu: startQemu };
export const MODES = ['tci', 'tb-per-module', 'tiered'] as const satisfies readonly ExecutionMode[];
