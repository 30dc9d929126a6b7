import { describe, expect, it } from 'vitest';
import { EvalError, evalTb, parseTb, TbEvaluation, TOY_FAULT, TOY_HELPERS, TOY_TARGET, TOY_WAIT, ToyMachine, type EvalResult } from '@wasm-tcg/ir';

function run(body: string, set: Readonly<Record<string, bigint>> = {}, wide = false): { m: ToyMachine; result: EvalResult } {
  const m = new ToyMachine();
  for (const [name, value] of Object.entries(set)) m.setGlobal(name, value);
  const tb = parseTb(`tb toy ${wide ? 'wide' : 'narrow csbase=0x100'}\nlocal t0:i32 t1:i32 t2:i64 t3:v128\n${body}`, TOY_TARGET, TOY_HELPERS);
  return { m, result: evalTb(tb, TOY_HELPERS, m) };
}

describe('evalTb', () => {
  it('zero-extends an i32 store to a slot', () => {
    const { m } = run('insn_start 0, 0\nadd.i32 r0, r0, $-1\ngoto_tb 0, 2', { r0: 0xdead_0000_0000n });
    expect(m.global('r0')).toBe(0xffffffffn);
  });

  it('goto_tb sets pc, and the page base when it leaves the page', () => {
    const near = run('insn_start 0, 0\ngoto_tb 1, 0x20', { page_base: 0x5000n });
    expect(near.result).toEqual({ kind: 'goto_tb', slot: 1, delta: 0x20 });
    expect([near.m.global('pc'), near.m.global('page_base')]).toEqual([0x4f20n, 0x5000n]);
    const far = run('insn_start 0, 0\ngoto_tb 0, -0x10', { page_base: 0n });
    expect([far.m.global('pc'), far.m.global('page_base')]).toEqual([0xfffffef0n, 0xfffff000n]);
  });

  it('leaves at a fault with the instruction and its data word', () => {
    const { result, m } = run('insn_start 0, 7\nmov.i32 r0, $5\ninsn_start 2, 8\nguest_ld.i32 r1, $0xd000, u32, 0\ngoto_tb 0, 4');
    expect(result).toEqual({ kind: 'leave', exitCode: TOY_FAULT, insn: 1, data: 8 });
    expect(m.global('r0')).toBe(5n);
  });

  it('faults on the load of a read-modify-write as a store would', () => {
    expect(run('insn_start 0, 0\nguest_ld.i32 r1, $0xe000, u32, 0\ngoto_tb 0, 4').result.kind).toBe('goto_tb');
    expect(run('insn_start 0, 0\nguest_rmw_ld.i32 r1, t1, $0xe000, u32, 0\ngoto_tb 0, 4').result.kind).toBe('leave');
    expect(run('insn_start 0, 0\nguest_probe $0xe000, 1, u32, 0\ngoto_tb 0, 4').result.kind).toBe('leave');
    expect(run('insn_start 0, 0\nguest_probe $0xe000, 0, u32, 0\ngoto_tb 0, 4').result.kind).toBe('goto_tb');
    expect(run('insn_start 0, 0\nguest_ld.i32 r1, $1, u32.a2, 0\ngoto_tb 0, 4').result.kind).toBe('leave');
  });

  it('applies size, sign and byte order of accesses', () => {
    const { m } = run(`insn_start 0, 0
      guest_st.i32 $16, $0x11223384, u32be, 0
      guest_ld.i32 t0, $16, u16, 0
      mov.i32 r1, t0
      insn_start 1, 0
      guest_ld.i32 t0, $19, s8, 0
      mov.i32 r2, t0
      insn_start 2, 0
      guest_atomic.i32 t0, $16, $0x1f0, add, u8, 0
      guest_cmpxchg.i32 t1, $17, $0x122, $0x99, u8, 0
      guest_ld.i32 r3, $16, u32, 0
      goto_tb 0, 0`);
    expect([m.global('r1'), m.global('r2'), m.global('r3')]).toEqual([0x2211n, 0xffffff84n, 0x84339901n]);
  });

  it('goes op by op', () => {
    const m = new ToyMachine();
    const tb = parseTb('tb toy narrow csbase=0x0\nlocal t0:i32\ninsn_start 0, 7\nmov.i32 t0, $5\nadd.i32 r1, t0, t0\ninsn_start 2, 8\ngoto_tb 0, 4', TOY_TARGET, TOY_HELPERS);
    const writes: [number, bigint][] = [];
    const run = new TbEvaluation(tb, TOY_HELPERS, m, (temp, value) => writes.push([temp, value]));
    expect([run.at, run.insn, run.step(), run.insn, run.data]).toEqual([0, -1, undefined, 0, 7]);
    run.step();
    expect([writes.length, run.get(writes[0]![0]), m.global('r1')]).toEqual([1, 5n, 0n]);
    run.step();
    expect([writes[1]![1], m.global('r1'), run.insn]).toEqual([10n, 10n, 0]);
    expect([run.step(), run.insn]).toEqual([undefined, 1]);
    expect(run.step()).toEqual({ kind: 'goto_tb', slot: 0, delta: 4 });
    expect(() => run.step()).toThrow(EvalError);
  });

  it('loops, and stops at its limit', () => {
    const { m } = run('insn_start 0, 0\nmov.i32 t0, $5\nmov.i32 r1, $0\nL0:\nadd.i32 r1, r1, t0\nsub.i32 t0, t0, $1\nbrcond.i32 t0, $0, ne, L0\ngoto_tb 0, 0');
    expect(m.global('r1')).toBe(15n);
    expect(run('insn_start 0, 0\nL0:\nbr L0').result.kind).toBe('limit');
  });

  it('calls helpers, which may leave', () => {
    const { m, result } = run('insn_start 0, 0\ncall t0 = mix($5, $2)\nmov.i32 r0, t0\ninsn_start 1, 3\ncall wait()\ngoto_tb 0, 0');
    expect(m.global('r0')).toBe(4n);
    expect(result).toEqual({ kind: 'leave', exitCode: TOY_WAIT, insn: 1, data: 3 });
  });

  it('says what is wrong with an invalid TB', () => {
    expect(() => run('insn_start 0, 0\nmov.i32 r0, t0\ngoto_tb 0, 0')).toThrow(EvalError);
    expect(() => run('insn_start 0, 0\nmov.i32 r0, r1')).toThrow(/end of the TB/);
    expect(() => run('insn_start 0, 0\nbr L0')).toThrow(/L0/);
  });
});
