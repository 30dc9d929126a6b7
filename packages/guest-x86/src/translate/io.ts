/** IN, OUT, and what string port instructions share with them. Each is the last of its TB: virtual time is exact. */
import { type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { HFlag } from '../state/hflags.ts';
import type { Ctx } from './context.ts';
import type { Size } from './emit.ts';
import type { HandlersOf } from './handler.ts';
import { read, readZext, sizeOf, writeReg } from './operands.ts';

const CHECK_IO = helperId('check_io');
const PORT_IN = helperId('port_in');
const PORT_OUT = helperId('port_out');

/** #GP(0) unless the port may be used: only where CPL and IOPL do not already allow it (SDM vol. 1, 19.5). */
export function checkPort(c: Ctx, port: Temp, size: Size): void {
  const iopl = (c.hflags & HFlag.IOPL_MASK) >> HFlag.IOPL_SHIFT;
  const asks = (c.hflags & HFlag.PE) !== 0 && ((c.hflags & HFlag.VM) !== 0 || c.cpl > iopl);
  if (asks) c.b.call(CHECK_IO, -1, [port, c.k32(size)]);
}

export function portIn(c: Ctx, port: Temp, size: Size): Temp {
  const value = c.tb.newLocal(Type.i32);
  c.b.call(PORT_IN, value, [port, c.k32(size)]);
  return c.fromI32(value);
}

export function portOut(c: Ctx, port: Temp, value: Temp, size: Size): void {
  c.b.call(PORT_OUT, -1, [port, c.toI32(c.zext(value, size)), c.k32(size)]);
}

function opIn(c: Ctx): void {
  const size = sizeOf(c, 0);
  const port = c.toI32(c.zext(read(c, 1), c.insn.opSizes[1] as Size));
  checkPort(c, port, size);
  writeReg(c, 0, portIn(c, port, size));
  c.last = true;
}

function opOut(c: Ctx): void {
  const size = sizeOf(c, 1);
  const port = c.toI32(readZext(c, 0));
  checkPort(c, port, size);
  portOut(c, port, read(c, 1), size);
  c.last = true;
}

export const IO = { in: opIn, out: opOut } satisfies HandlersOf<'in' | 'out'>;
