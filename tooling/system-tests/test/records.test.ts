/** Reports as lines of text. */
import { describe, expect, it } from 'vitest';
import { decodeRecords, isComplete, type DecodeOptions } from '@wasm-tcg/system-tests';

const MAGIC = [0x7f, 0x74, 0x63, 0x67];
const le = (size: number, ...values: number[]): number[] =>
  values.flatMap((value) => Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn)));
const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const lines = (bytes: number[], options: Partial<DecodeOptions> = {}): string[] => decodeRecords(Uint8Array.from([...MAGIC, ...bytes]), { mode: 'prot32', ...options });
const exception = (size: number, vector: number, sp: number, frame: number[], cr2 = 0, dr6 = 0xffff0ff0): number[] =>
  [...ascii('F'), size, vector, ...le(size, sp, ...[...frame, 0, 0, 0, 0, 0, 0].slice(0, 6), cr2, dr6)];
const PATTERN = Array.from({ length: 256 }, (_, i) => (i * 0x11) & 0xff);
const START_32 = [0x10101010, 0x11111111, 0x12121212, 0x13131313, 0x7000, 0x15151515, 0x16161616, 0x17171717];
const end = (registers: number[], flags: number, segments: number[], data = PATTERN): number[] =>
  [...ascii('E'), 4, ...le(4, ...registers, flags), ...le(2, ...segments), ...data];

describe('exceptions', () => {
  it.each([
    ['real mode', exception(2, 13, 0x6ffa, [0x8010, 0, 0x46]), 'real', '#GP at 0000:8010 flags=0046 sp=6ffa'],
    ['an error code', exception(4, 13, 0x6ff0, [0x18, 0x8010, 8, 0x10002]), 'prot32', '#GP(0018) at 0008:00008010 flags=00010002 sp=00006ff0'],
    ['an address', exception(4, 14, 0x6ff0, [3, 0x8010, 8, 0x10002], 0x400000), 'paged', '#PF(0003) at 0008:00008010 flags=00010002 sp=00006ff0 cr2=00400000'],
    ['a vector without a name', exception(4, 0x20, 0x6ff4, [0x8012, 8, 2]), 'prot32', 'int 20 at 0008:00008012 flags=00000002 sp=00006ff4'],
    ['a change of level', exception(4, 0, 0x57ec, [0x8012, 0x33, 2, 0x7000, 0x3b]), 'user32', '#DE at 0033:00008012 flags=00000002 sp=000057ec stack=003b:00007000'],
    ['virtual-8086 mode', exception(4, 0, 0x57dc, [0x8012, 0, 0x20002, 0x7000, 0]), 'v86', '#DE at 0000:00008012 flags=00020002 sp=000057dc stack=0000:00007000'],
    ['a debug exception', exception(4, 1, 0x6ff4, [0x8012, 8, 2], 0, 0xffff4ff0), 'prot32', '#DB at 0008:00008012 flags=00000002 sp=00006ff4 dr6=4000'],
    ['64 bits', exception(8, 6, 0x6fd8, [0x8010, 0x28, 2, 0x7000, 0x10]), 'long',
      '#UD at 0028:0000000000008010 flags=00000002 sp=0000000000006fd8 stack=0010:0000000000007000'],
  ] as const)('%s', (_name, bytes, mode, line) => {
    expect(lines(bytes, { mode })).toEqual([line]);
  });

  it('clear undefined flags, also in values of flags', () => {
    const bytes = [...exception(4, 0, 0x6ff4, [0x8012, 8, 0x897]), ...ascii('G'), 4, ...le(4, 0x897)];
    expect(lines(bytes, { undefinedFlags: ['AF', 'OF'] })).toEqual(['#DE at 0008:00008012 flags=00000087 sp=00006ff4', 'flags=00000087']);
  });
});

describe('the end', () => {
  it('shows what changed', () => {
    const data = [...PATTERN];
    data.splice(3, 2, 0xaa, 0xbb);
    data[255] = 7;
    expect(lines(end(START_32, 2, [0x10, 0x10, 0x10, 0x10, 0x10]))).toEqual(['end flags=00000002']);
    expect(lines(end([5, ...START_32.slice(1)], 0x46, [0x10, 0x10, 0x80, 0x10, 0], data))).toEqual([
      'end eax=00000005 flags=00000046 es=0080 gs=0000', 'data+03 aa bb', 'data+ff 07',
    ]);
  });

  it('is told from a report that breaks off', () => {
    const whole = lines(end(START_32, 2, [0x10, 0x10, 0x10, 0x10, 0x10]));
    const broken = lines([...ascii('V'), 4, ...le(4, 5), ...end(START_32, 2, [0x10]).slice(0, 20)]);
    expect([isComplete(whole), isComplete(broken), broken]).toEqual([true, false, ['= 00000005']]);
  });

  it('ignores what an oracle prints around it', () => {
    const report = Uint8Array.from([...ascii('Bochs x86 Emulator\n'), ...MAGIC, ...ascii('V'), 4, ...le(4, 1), ...ascii('\n=== bye')]);
    expect(decodeRecords(report, { mode: 'prot32' })).toEqual(['= 00000001']);
    expect(decodeRecords(Uint8Array.from(ascii('no report')), { mode: 'prot32' })).toEqual([]);
  });

  it('of compatibility mode has no upper halves', () => {
    expect(lines([...ascii('V'), 8, ...le(4, 5, 0x1010_1010)], { mode: 'compat' })).toEqual(['= 00000005']);
  });
});
