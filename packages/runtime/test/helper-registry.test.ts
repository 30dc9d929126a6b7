/** Helper ids, signatures, functions, and what is refused. */
import type { HelperDef, HelperTable } from '@wasm-tcg/ir';
import { CORE_HELPER_BASE, CORE_HELPER_NAMES, HelperRegistry, coreHelperId } from '@wasm-tcg/runtime';
import { describe, expect, it } from 'vitest';

const NOTHING = { reads: 'none', writes: 'none' } as const;
const def = (change: Partial<HelperDef> = {}): HelperDef => ({ name: 'f', args: ['i32'], ret: null, impl: 'wasm', effects: NOTHING, doc: '', ...change });
const TABLE: HelperTable = [
  def({ name: 'shuffle', env: false, args: ['i64', 'v128'], ret: 'i64', effects: { ...NOTHING, pure: true } }),
  def({ name: 'port_in', impl: 'js', ret: 'i32', effects: { reads: ['a'], writes: 'all', io: true } }),
];
const core = Object.fromEntries(CORE_HELPER_NAMES.map((name) => [name, () => name]));

describe('helper registry', () => {
  it('gives guests ids from 0 and the core its own', () => {
    const registry = new HelperRegistry(TABLE, { globals: ['a', 'b'] });
    expect(registry.byName('port_in')).toMatchObject({ id: 1, params: ['i32', 'i32'], results: ['i32'] });
    expect(registry.byId(0)).toMatchObject({ name: 'shuffle', params: ['i64', 'v128'], results: ['i64'] });
    expect(registry.byId(coreHelperId('st_slow'))).toMatchObject({ name: 'st_slow', params: ['i32', 'i64', 'i64', 'i32'] });
    expect([registry.guestCount, registry.entries().length]).toEqual([2, 2 + CORE_HELPER_NAMES.length]);
    for (const id of [2, CORE_HELPER_BASE - 1, CORE_HELPER_BASE + 1000]) expect(() => registry.byId(id)).toThrow(expect.objectContaining({ code: 'bad-helper' }));
  });

  it('binds functions from where the row says, and names all that are missing', () => {
    const registry = new HelperRegistry(TABLE);
    expect(() => registry.imports()).toThrow(expect.objectContaining({ code: 'missing-helper' }));
    const [shuffle, port_in] = [(): number => 1, (): number => 2];
    registry.bind({ core, wasm: { shuffle, port_in: () => 9 }, js: { port_in } });
    expect([registry.imports().shuffle, registry.imports().port_in, registry.imports().tb_find]).toEqual([shuffle, port_in, core.tb_find]);
    expect(() => registry.bind({ core: { ...core, tb_find: 3 }, js: { port_in } })).toThrow(/tb_find \(core\), shuffle \(wasm\)/);
  });

  it.each([
    ['i64 to JavaScript', { impl: 'js', args: ['i64'] }, /i32 and f64 only/],
    ['v128 from JavaScript', { impl: 'js', ret: 'v128' }, /i32 and f64 only/],
    ['pure with a fault', { ret: 'i32', effects: { ...NOTHING, pure: true, mayFault: true } }, /pure excludes/],
    ['pure that reads', { ret: 'i32', effects: { reads: 'all', writes: 'none', pure: true } }, /pure excludes/],
    ['pure for nothing', { effects: { ...NOTHING, pure: true } }, /without a result/],
    ['no env but effects', { env: false, effects: { reads: 'none', writes: ['a'] } }, /without env/],
    ['unknown globals', { effects: { reads: ['a', 'zz'], writes: 'none' } }, /no such globals: zz/],
    ['a core name', { name: 'ld_slow' }, /name is taken/],
    ['a name that is none', { name: 'Do It' }, /lower case/],
  ] satisfies [string, Partial<HelperDef>, RegExp][])('refuses %s', (_, change, message) => {
    expect(() => new HelperRegistry([def(change)], { globals: ['a'] })).toThrow(message);
  });
});
