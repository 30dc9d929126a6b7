/** Push, pop, flags on the stack, frames. */
import { FLAG, REGIONS } from '@wasm-tcg/conformance';
import type { Draft } from '../../draft.ts';
import { row } from '../row.ts';
import type { Group } from '../row.ts';
import { pushes, stackTop } from './control.ts';

const ID = 0x20_0000;
const d64 = { width: 'default64' } as const;

/** Something to pop. */
function pops(d: Draft): void {
  const top = stackTop(d, 8);
  d.pokeNumber(top, d.rng.operand(64), 64);
}

/** The slot is cleared first: the recorder steps with TF set, which PUSHF stores; src/generate.ts takes it out again. */
function pushesFlags(d: Draft): void {
  const bytes = d.bits / 8;
  d.pokeNumber(stackTop(d, 8) - BigInt(bytes), 0n, d.bits);
}

/** Room for eight registers. */
function popsAll(d: Draft): void {
  stackTop(d, 32);
}

/** Bits that user code may change, among those it may not (IF, IOPL); never TF, NT, AC, RF, VM, which change how the rest runs. */
function popsFlags(d: Draft): void {
  const top = stackTop(d, d.bits / 8);
  const allowed = FLAG.CF | FLAG.PF | FLAG.AF | FLAG.ZF | FLAG.SF | FLAG.DF | FLAG.OF | FLAG.IF | 0x3000 | ID | 0x802a;
  d.pokeNumber(top, BigInt((d.rng.u32() & allowed & (d.bits === 16 ? 0xffff : -1)) >>> 0), d.bits);
}

/** A frame pointer into the stack, below it the saved one. */
function leaves(d: Draft): void {
  const { stack } = REGIONS;
  const frame = stack.address + BigInt(d.rng.chance(0.05) ? stack.length - d.rng.below(9) : 0x100 + d.rng.below(0x1e00));
  d.setStack(5, frame);
  d.pokeNumber(frame, d.rng.operand(d.bits), d.bits);
}

/** ENTER's level comes from the encoding; RBP points at the frames to copy. */
function enters(d: Draft): void {
  const { stack } = REGIONS;
  d.setStack(4, stack.address + BigInt(d.rng.chance(0.06) ? d.rng.below(0x40) : 0x1000 + d.rng.below(0xf00)));
  d.setStack(5, stack.address + BigInt(d.rng.chance(0.04) ? d.rng.below(0x40) : 0x400 + d.rng.below(0x1a00)));
}

export const stack: Group = {
  name: 'stack',
  rows: [
    row('push', '50+', 'Zv', { ...d64, setup: pushes }),
    row('pop', '58+', 'Zv', { ...d64, setup: pops }),
    row('push', 'FF /6', 'Ev', { ...d64, setup: pushes }),
    row('pop', '8F /0', 'Ev', { ...d64, setup: pops }),
    row('push', '68', 'Iz', { ...d64, setup: pushes }),
    row('push', '6A', 'Ib,rAX', { ...d64, setup: pushes }),
    row('pusha', '60', 'rAX', { modes: [16, 32], setup: popsAll }),
    row('popa', '61', 'rAX', { modes: [16, 32], setup: popsAll }),
    row('pushf', '9C', 'rAX', { ...d64, setup: pushesFlags }),
    row('popf', '9D', 'rAX', { ...d64, setup: popsFlags }),
    row('leave', 'C9', 'rAX', { ...d64, setup: leaves }),
    row('enter', 'C8', 'Iw,Ib,rAX', { ...d64, setup: enters }),
    row('push es', '06', 'rAX', { modes: [16, 32], setup: pushes }),
    row('push cs', '0E', 'rAX', { modes: [16, 32], setup: pushes }),
    row('push ss', '16', 'rAX', { modes: [16, 32], setup: pushes }),
    row('push ds', '1E', 'rAX', { modes: [16, 32], setup: pushes }),
    row('push fs', '0F A0', 'rAX', { ...d64, setup: pushes }),
    row('push gs', '0F A8', 'rAX', { ...d64, setup: pushes }),
  ],
};
