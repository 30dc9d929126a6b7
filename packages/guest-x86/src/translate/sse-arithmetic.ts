/** SSE arithmetic, rounding to integral values, packed comparisons, reciprocals, and MXCSR itself (SDM vol. 1, 10.4.1, 11.4.1, 12.3, 12.8). */
import { type Temp, Type } from '@wasm-tcg/ir';
import { helperId } from '../helpers/table.ts';
import { SseOp } from '../state/sse-op.ts';
import type { Ctx } from './context.ts';
import type { Handler } from './handler.ts';
import { read, write } from './operands.ts';
import { readVector, sse, xmm } from './sse-common.ts';
import { Shape, type ShapeName, readMxcsr, request } from './sse-compute.ts';
import { direct, guarded } from './sse-fast.ts';
import { vextract, vinsert } from './vector.ts';

const RCP = helperId('rcp_f32');
const RSQRT = helperId('rsqrt_f32');
const LDMXCSR = helperId('ldmxcsr');

/** Handlers of an operation in some shapes, by name and shape. */
type Family<N extends string, S extends ShapeName> = { readonly [K in `${N}${S}`]: Handler };

function family<N extends string, S extends ShapeName>(name: N, shapes: readonly S[], handler: (shape: Shape) => Handler): Family<N, S> {
  return Object.fromEntries(shapes.map((shape) => [name + shape, handler(Shape[shape])])) as Family<N, S>;
}

const ALL = ['ps', 'pd', 'ss', 'sd'] as const;
const PACKED = ['ps', 'pd'] as const;

function writeXmm(c: Ctx, value: Temp): void {
  c.b.mov(Type.v128, xmm(c, 0), value);
}

/** Operand 0 becomes the operation on it and operand 1; `imm`: with the instruction's immediate. */
function operation(op: SseOp, imm = false): (shape: Shape) => Handler {
  return (shape) => sse((c) => {
    const [a, b] = [xmm(c, 0), readVector(c, 1)];
    const immediate = imm ? c.insn.imm : 0;
    writeXmm(c, guarded(c, shape, direct(c, op, shape, a, b, immediate), request(op, shape, immediate), a, b));
  });
}

/** RCP, RSQRT: pure functions of single lanes. */
function estimate(helper: number): (shape: Shape) => Handler {
  return ({ lanes }) => sse((c) => {
    const source = readVector(c, 1);
    let result = xmm(c, 0);
    for (let i = 0; i < lanes; i++) {
      const bits = c.tb.newLocal(Type.i32);
      const estimated = c.tb.newLocal(Type.i32);
      const lane = c.tb.newLocal(Type.i64);
      c.b.trunc(bits, vextract(c, source, 2, i));
      c.b.call(helper, estimated, [bits]);
      c.b.extu(lane, estimated);
      result = vinsert(c, result, lane, 2, i);
    }
    writeXmm(c, result);
  });
}

const ldmxcsr: Handler = sse((c) => {
  const value = c.toI32(read(c, 0));
  c.b.call(LDMXCSR, -1, [value]);
});

const stmxcsr: Handler = sse((c) => { write(c, 0, c.fromI32(readMxcsr(c))); });

export const SSE_ARITHMETIC = {
  ...family('add', ALL, operation(SseOp.add)),
  ...family('sub', ALL, operation(SseOp.sub)),
  ...family('mul', ALL, operation(SseOp.mul)),
  ...family('div', ALL, operation(SseOp.div)),
  ...family('sqrt', ALL, operation(SseOp.sqrt)),
  ...family('min', ALL, operation(SseOp.min)),
  ...family('max', ALL, operation(SseOp.max)),
  ...family('cmp', ALL, operation(SseOp.cmp, true)),
  ...family('round', ALL, operation(SseOp.round, true)),
  ...family('addsub', PACKED, operation(SseOp.addsub)),
  ...family('hadd', PACKED, operation(SseOp.hadd)),
  ...family('hsub', PACKED, operation(SseOp.hsub)),
  ...family('dp', PACKED, operation(SseOp.dp, true)),
  ...family('rcp', ['ps', 'ss'], estimate(RCP)),
  ...family('rsqrt', ['ps', 'ss'], estimate(RSQRT)),
  ldmxcsr,
  stmxcsr,
};
