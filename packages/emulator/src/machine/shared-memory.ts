/** `sharedMemory`: what other threads may read of a machine, and whether this host lets them. */
import { HOST_COUNTERS, HOST_COUNTERS_ADDRESS, WASM_CONTEXT, type MachineMemory } from '@wasm-tcg/runtime';
import type { SharedMemory } from '../api.ts';
import { MachineError } from '../errors.ts';

const CTX = WASM_CONTEXT.offset;
const INSTRUCTIONS = HOST_COUNTERS_ADDRESS + HOST_COUNTERS.offset.instructions;

interface HostGlobals {
  /** Of pages and their workers; Node has no such thing, and shares without. */
  readonly crossOriginIsolated?: boolean;
}

/** @throws MachineError `bad-option` where no other thread could be given the memory */
export function checkSharedMemory(): void {
  if (typeof SharedArrayBuffer === 'function' && (globalThis as HostGlobals).crossOriginIsolated !== false) return;
  const hint = 'serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or leave sharedMemory out';
  throw new MachineError('bad-option', 'sharedMemory on a page that is not cross-origin isolated', hint);
}

/** Of a machine whose memory is shared. */
export function sharedMemory(machine: MachineMemory): SharedMemory {
  const env = machine.env(0);
  return {
    buffer: machine.memory.buffer as ArrayBufferLike as SharedArrayBuffer,
    ramOffset: machine.map.ramBase,
    counters: {
      instructions: INSTRUCTIONS, tciInstructions: env + CTX.tciInsns, regionInstructions: env + CTX.regionInsns, slowPaths: env + CTX.slowPaths, tlbFills: env + CTX.tlbFills,
    },
  };
}

/** Where {@link SharedMemory.counters} says. */
export function publishInstructions(machine: MachineMemory, instructions: number): void {
  // One store of 64 bits: in halves, a reader could meet the one without the other.
  Atomics.store(new BigInt64Array(machine.memory.buffer, INSTRUCTIONS, 1), 0, BigInt(instructions));
}
