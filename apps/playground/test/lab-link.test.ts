/** Links: what goes in comes out, and nonsense is refused in words. */
import { describe, expect, it } from 'vitest';
import { decodeLink, encodeLink, LinkError } from '../src/lab/link.ts';
import { MAX_SOURCE, STAGES, type LabSettings, type Program } from '../src/lab/protocol.ts';

const PROGRAM: Program = { bits: 32, syntax: 'asm', text: 'mov ecx, 10\nagain: add eax, ecx ; sum – “Σ”\ndec ecx\njnz again\nhlt\n', origin: 0x1000, model: 'max' };
const SETTINGS: LabSettings = { unit: 'region', mode: 'tiered', panes: STAGES };

/** A link made by hand. */
async function packed(text: string | Uint8Array<ArrayBuffer>, version = 1): Promise<string> {
  const bytes = new Uint8Array(await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer());
  return btoa(String.fromCharCode(version, ...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

describe('a link', () => {
  it.each<[Partial<Program>, Partial<LabSettings>]>([
    [{}, {}],
    [{ text: '' }, { panes: [] }],
    [{ bits: 16, syntax: 'hex', origin: 0x7c00, text: 'f4' }, { unit: 'tb', mode: 'tci', panes: ['wat', 'x86'] }],
    [{ bits: 64, model: 'x86-64' }, { unit: 'batch', mode: 'tb-per-module' }],
    [{ text: 'nop\n'.repeat(MAX_SOURCE / 4) }, {}],
    [{ text: '“∀”'.repeat(1000) }, {}],
  ])('holds program and settings %#', async (program, settings) => {
    const expected = { program: { ...PROGRAM, ...program }, settings: { ...SETTINGS, ...settings } };
    const link = await encodeLink(expected.program, expected.settings);
    expect(link).toMatch(/^[\w-]+$/);
    expect(await decodeLink(link)).toEqual(expected);
  });

  it('of a small program is short', async () => {
    expect((await encodeLink(PROGRAM, SETTINGS)).length).toBeLessThan(300);
  });

  const HEAD = '32 asm 1000 max tb tiered x86';
  it.each<[what: string, link: () => Promise<string> | string, message: RegExp]>([
    ['nothing', () => '', /version none/],
    ['text', () => 'hello world!', /no program/],
    ['noise', () => 'AQAAAAAAAAAA', /no program/],
    ['a newer version', () => packed(`${HEAD}\nnop`, 2), /version 2/],
    ['no head', () => packed('nop'), /no program/],
    ['a width there is not', () => packed(`8${HEAD.slice(2)}\nnop`), /no program/],
    ['a pane there is not', () => packed(`${HEAD},svg\nnop`), /no program/],
    ['a model there is not', () => packed(`${HEAD.replace('max', 'z80')}\nnop`), /no program/],
    ['an origin out of range', () => packed(`${HEAD.replace('1000', 'ffffffff')}\nnop`), /no program/],
    ['an origin that is none', () => packed(`${HEAD.replace('1000', 'zz')}\nnop`), /no program/],
    ['bytes that are no text', () => packed(Uint8Array.of(0xff, 0xfe)), /no program/],
    ['more than a source may have', () => packed(`${HEAD}\n${'x'.repeat(MAX_SOURCE + 1)}`), /no program/],
    ['a bomb', () => packed('x'.repeat(50_000_000)), /no program/],
    ['megabytes', () => 'A'.repeat(2_000_000), /too long/],
  ])('is refused: %s', async (_, link, message) => {
    const error = await decodeLink(await link()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LinkError);
    expect((error as LinkError).message).toMatch(message);
    expect((error as LinkError).hint).not.toBe('');
  });

  it('that was cut off is refused', async () => {
    const link = await encodeLink(PROGRAM, SETTINGS);
    for (let length = 0; length < link.length; length += 7) await expect(decodeLink(link.slice(0, length))).rejects.toBeInstanceOf(LinkError);
  });
});
