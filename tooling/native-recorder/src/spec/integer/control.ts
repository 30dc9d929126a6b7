/** Jumps, calls, returns, loops, bounds, software traps. */
import { REGIONS, SEGMENTS } from '@wasm-tcg/conformance';
import type { Draft } from '../../draft.ts';
import { CONDITIONS, row } from '../row.ts';
import type { Group } from '../row.ts';

const hex = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0');

/** Somewhere that code could be; nothing is fetched there, since a vector ends with the jump. */
const somewhere = (d: Draft): bigint => {
  const any = BigInt(d.rng.between(0x1000, 0x7fff_0000));
  if (d.mode === 16 && d.rng.chance(0.8)) return BigInt(d.rng.below(0xd000));
  if (d.mode !== 64) return BigInt(d.rng.u32());
  return d.rng.chance(0.3) ? d.rng.u64() & 0x7fff_ffff_ffffn : d.rng.chance(0.05) ? 0x8000_0000_0000n | any : any;
};

/** The operand of an indirect jump or call. */
function targetOperand(d: Draft): void {
  const operand = d.operand(0);
  d.write(operand, BigInt.asUintN(operand.bits, somewhere(d)));
}

/** A return address on the stack; sometimes on a page boundary or on an unmapped page. */
export function returnAddress(d: Draft): void {
  const bytes = d.bits / 8;
  const top = stackTop(d, bytes);
  d.pokeNumber(top, BigInt.asUintN(d.bits, somewhere(d)), d.bits);
}

/** Puts RSP where `bytes` can be popped (and as much pushed) and returns it; rarely where that faults. */
export function stackTop(d: Draft, bytes: number): bigint {
  const { stack } = REGIONS;
  const end = d.mode === 16 ? SEGMENTS[16].ss.limit + 1 : stack.length;
  const offset = d.rng.weighted<number>([
    [80, 0x400 + d.rng.below(0x1800 - bytes)], [8, 0x1000 - d.rng.below(bytes + 1)], [3, d.rng.below(8)], [3, end - d.rng.below(8)],
  ]);
  const top = stack.address + BigInt(offset);
  d.setStack(4, top);
  return top;
}

/** Only RSP, for what pushes. */
export function pushes(d: Draft): void {
  stackTop(d, 8);
}

function callOperand(d: Draft): void {
  pushes(d);
  targetOperand(d);
}

/** rCX around 0 and 1, with the high half set where the address size hides it. */
function counter(d: Draft): void {
  const bits = d.encoded.addressBits;
  d.setLow(1, BigInt.asUintN(bits, BigInt(d.rng.pick([0, 0, 1, 1, 2, -1, 0x10000, 0x8000]))), bits);
}

/** Index and bounds; the index is inside about half the time. */
function bounds(d: Draft): void {
  const { bits } = d;
  const cut = (n: bigint): bigint => BigInt.asUintN(bits, n);
  const lower = BigInt.asIntN(bits, d.rng.operand(bits));
  const upper = d.rng.chance(0.6) ? lower + BigInt(d.rng.below(5)) : BigInt.asIntN(bits, d.rng.operand(bits));
  d.pokeNumber(d.target, cut(lower), bits);
  d.pokeNumber(d.target + BigInt(bits / 8), cut(upper), bits);
  if (d.rng.chance(0.7)) d.write(d.operand(0), cut(d.rng.pick([lower, upper, lower - 1n, upper + 1n])));
}

const near = { width: 'force64' } as const;

export const control: Group = {
  name: 'control',
  rows: [
    ...CONDITIONS.flatMap((cc, n) => [
      row(`j${cc}`, hex(0x70 + n), 'Jb'),
      row(`j${cc}`, `0F ${hex(0x80 + n)}`, 'Jz', near),
    ]),
    row('jmp', 'EB', 'Jb'),
    row('jmp', 'E9', 'Jz', near),
    row('jmp', 'FF /4', 'Ev', { ...near, setup: targetOperand }),
    row('call', 'E8', 'Jz', { ...near, setup: pushes }),
    row('call', 'FF /2', 'Ev', { ...near, setup: callOperand }),
    row('ret', 'C3', 'rAX', { ...near, setup: returnAddress }),
    row('ret', 'C2', 'Iw', { ...near, setup: returnAddress }),
    row('loopne', 'E0', 'Jb', { setup: counter, run: 'one' }),
    row('loope', 'E1', 'Jb', { setup: counter, run: 'one' }),
    row('loop', 'E2', 'Jb', { setup: counter, run: 'one' }),
    row('jcxz', 'E3', 'Jb', { setup: counter, run: 'one' }),
    row('bound', '62 /r', 'Gv,Mv', { modes: [16, 32], setup: bounds }),
  ],
};
