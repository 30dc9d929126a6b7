/** ld and st: memory of the vCPU's own area, without softmmu. */
import { MO_SIZE } from '@wasm-tcg/ir';
import { Op } from '../encoder/opcodes.ts';
import { afterLoad, beforeStore, loadOp, storeOp } from './common.ts';
import type { LowerCtx, Lowering } from './context.ts';

/** Pushes the address; what it returns is the offset the access adds. */
function pushAddress(c: LowerCtx): number {
  c.in(0);
  if (!c.isDynamic(0) && c.attr(0) >= 0) return c.attr(0);
  // An access offset is unsigned: a negative one is added to the address, which wraps.
  c.pushAttr(0);
  c.f.op(Op.i32_add);
  return 0;
}

const ld: Lowering = (c) => {
  const memop = c.attr(1);
  c.outBegin(0);
  const offset = pushAddress(c);
  c.f.mem(loadOp(c.type, memop), offset, alignmentOf(memop));
  afterLoad(c, c.type, memop);
  c.outEnd(0);
};

const st: Lowering = (c) => {
  const memop = c.attr(1);
  const offset = pushAddress(c);
  c.in(1);
  beforeStore(c, c.type, memop);
  c.f.mem(storeOp(c.type, memop), offset, alignmentOf(memop));
};

/** Fields of the vCPU's structures are aligned by their layout. */
function alignmentOf(memop: number): number {
  return memop & MO_SIZE;
}

export const HOST_MEMORY = { ld, st };
HOST_MEMORY satisfies Record<string, Lowering>;
