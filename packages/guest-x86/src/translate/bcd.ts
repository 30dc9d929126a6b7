/** Decimal adjustment: DAA, DAS, AAA, AAS, AAM, AAD. */
import { Op, type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { G, Vector, type Ctx } from './context.ts';
import { setAdd, setFlags, setLogic } from './flags.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { materialise } from './materialise.ts';

/** Of AL (size 1) or AX (size 2), by a helper that gives the register below and the flags above bit 16. */
const adjust = (helper: number, size: 1 | 2): Handler => (c) => {
  const both = c.tb.newLocal(Type.i32);
  c.b.call(helper, both, [c.toI32(G.rax), c.toI32(materialise(c))]);
  const word: Temp = c.fromI32(both);
  setFlags(c, c.shrI(word, 16));
  c.writeGpr(G.rax, size, word);
};

/** AAM: AH = AL ÷ base, AL = rest. */
function aam(c: Ctx): void {
  const base = c.insn.imm & 0xff;
  if (base === 0) {
    c.fault(Vector.DE);
    return;
  }
  const al = c.zext(G.rax, 1);
  const quotient = c.binary(Op.divu, c.W, al, c.k(base));
  const rest = c.binary(Op.remu, c.W, al, c.k(base));
  setLogic(c, 1, rest);
  c.writeGpr(G.rax, 2, c.deposit(rest, quotient, 8, 8));
}

/** AAD: AL += AH × base, AH = 0. CF, OF and AF, undefined, are those of the addition. */
function aad(c: Ctx): void {
  const product = c.mul(c.extract(G.rax, 8, 8), c.k(c.insn.imm & 0xff));
  const al = c.zext(c.add(G.rax, product), 1);
  setAdd(c, 1, al, product);
  c.writeGpr(G.rax, 2, al);
}

export const BCD = {
  daa: adjust(helperId('daa'), 1), das: adjust(helperId('das'), 1),
  aaa: adjust(helperId('aaa'), 2), aas: adjust(helperId('aas'), 2),
  aam, aad,
} satisfies HandlersOf<'daa' | 'das' | 'aaa' | 'aas' | 'aam' | 'aad'>;
