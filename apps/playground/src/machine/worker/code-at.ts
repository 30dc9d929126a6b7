/** Guest code of a running machine, for the Lab. */
import type { CpuModelName, Pc } from '@wasm-tcg/emulator';
import type { CodeAt } from '../protocol.ts';

const PAGE = 4096;
/** EFER.LMA (Intel SDM volume 3, 2.2.1). */
const LONG_MODE_ACTIVE = 1n << 10n;
/** L and D of a code segment, as they lie in the second word of its descriptor (Intel SDM volume 3, 3.4.5). */
const SEGMENT_LONG = 1n << 21n;
const SEGMENT_32 = 1n << 22n;

/** Code from an address to the end of its page, with the width that the CPU runs at now; undefined where there is no RAM. */
export function codeAt(pc: Pc, model: CpuModelName, physical: number, linear: bigint): CodeAt | undefined {
  if (!(Number.isInteger(physical) && physical >= 0 && physical < pc.memory.size)) return undefined;
  return { pc: linear, bits: widthOf(pc), bytes: pc.memory.read(physical, PAGE - (physical % PAGE)), model };
}

function widthOf(pc: Pc): CodeAt['bits'] {
  const { registers } = pc.cpu(0);
  const access = BigInt(registers.get('cs.access'));
  if ((BigInt(registers.get('efer')) & LONG_MODE_ACTIVE) !== 0n && (access & SEGMENT_LONG) !== 0n) return 64;
  return (access & SEGMENT_32) !== 0n ? 32 : 16;
}
