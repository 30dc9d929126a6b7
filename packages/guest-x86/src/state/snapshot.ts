/**
 * A vCPU as bytes: the frame's globals and the state structure, as they are between two instructions.
 *
 * What derives from the rest (hflags and the like) is saved with it and computed anew after loading; the TLB and all translated code start empty. The
 * bytes hold for one layout of the state, of which they carry the hash, and one processor model.
 */
import type { MachineMemory } from '@wasm-tcg/runtime';
import { X86_LAYOUT, X86_STATE } from './cpu-state.ts';
import { X86_FRAME } from './frame.ts';

/** Meaning of the fields, apart from where they are: to be raised when one changes its meaning. */
const VERSION = 1;
/** "x86s". */
const MAGIC = 0x73363878;
const HEADER_BYTES = 16;
const FRAME_BYTES = X86_FRAME.slots * 8;
/** Scratch is the last field, and means nothing between instructions. */
const STATE_BYTES = X86_STATE.offset.scratch;
const S = X86_STATE.offset;

/** Thrown for bytes that are no state of this processor. */
export class X86StateError extends Error {
  readonly code = 'X86_STATE';
  readonly hint: string;
  constructor(what: string, hint: string) {
    super(`The saved CPU state cannot be loaded: ${what}.`);
    this.name = 'X86StateError';
    this.hint = hint;
  }
}

/** FNV-1a over names, types and places of all globals and fields. */
function layoutHash(): number {
  const text = JSON.stringify([VERSION, X86_FRAME.globals, X86_FRAME.offset, X86_STATE.fields, X86_STATE.offset]);
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

const LAYOUT_HASH = layoutHash();

/** @param env address of the vCPU's area */
export function saveCpu(machine: MachineMemory, env: number): Uint8Array {
  const { u8 } = machine.views();
  const bytes = new Uint8Array(HEADER_BYTES + FRAME_BYTES + STATE_BYTES);
  const data = new DataView(bytes.buffer);
  data.setUint32(0, MAGIC, true);
  data.setUint32(4, VERSION, true);
  data.setUint32(8, LAYOUT_HASH, true);
  data.setUint32(12, bytes.length, true);
  const frame = env + X86_LAYOUT.frameOffset;
  const state = env + X86_LAYOUT.stateOffset;
  bytes.set(u8.subarray(frame, frame + FRAME_BYTES), HEADER_BYTES);
  bytes.set(u8.subarray(state, state + STATE_BYTES), HEADER_BYTES + FRAME_BYTES);
  return bytes;
}

/**
 * The caller then runs `update_hflags` and flushes the TLB.
 * @throws X86StateError; nothing has been changed then
 */
export function loadCpu(machine: MachineMemory, env: number, bytes: Uint8Array): void {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || data.getUint32(0, true) !== MAGIC) throw new X86StateError('it is none', 'pass what saveState returned');
  if (data.getUint32(4, true) !== VERSION || data.getUint32(8, true) !== LAYOUT_HASH) {
    throw new X86StateError('it was made by another version', 'load it with the version of wasm-tcg that made it');
  }
  if (data.getUint32(12, true) !== bytes.length || bytes.length !== HEADER_BYTES + FRAME_BYTES + STATE_BYTES) {
    throw new X86StateError(`it is ${bytes.length} bytes long`, 'pass all that saveState returned');
  }
  const { u8, u32 } = machine.views();
  const frame = env + X86_LAYOUT.frameOffset;
  const state = env + X86_LAYOUT.stateOffset;
  for (const field of ['cpuModel', 'features', 'cr4Allowed', 'eferAllowed'] as const) {
    if (data.getUint32(HEADER_BYTES + FRAME_BYTES + S[field], true) !== u32[(state + S[field]) >>> 2]) {
      throw new X86StateError('it is of another processor model', 'create the machine with the model, and the devices, that it was saved with');
    }
  }
  u8.set(bytes.subarray(HEADER_BYTES, HEADER_BYTES + FRAME_BYTES), frame);
  u8.set(bytes.subarray(HEADER_BYTES + FRAME_BYTES), state);
}
