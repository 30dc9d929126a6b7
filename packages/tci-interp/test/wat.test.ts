/** `printWat` of wasm-codegen on the module with nearly every instruction in it: wasm-tools reads the text back to the same module. */
import { parse, print } from '@bytecodealliance/jco-transpile/wasm-tools';
import { instructionStarts, printWat } from '@wasm-tcg/wasm-codegen';
import { expect, it } from 'vitest';
import { generateInterpreter, TciFormats } from '../src/index.ts';
import { HELPERS, LAYOUT } from './toy.ts';

it('the interpreter, printed and parsed, is the same module', async () => {
  const bytes = generateInterpreter(LAYOUT, new TciFormats(LAYOUT, HELPERS));
  const parsed = await parse(printWat(bytes));
  expect(WebAssembly.validate(parsed as Uint8Array<ArrayBuffer>)).toBe(true);
  // Were a name wrong, wasm-tools would have made another instruction of it.
  expect(printWat(parsed)).toBe(printWat(bytes));
});

it('has as many instructions as lines in the text of wasm-tools', async () => {
  const bytes = generateInterpreter(LAYOUT, new TciFormats(LAYOUT, HELPERS));
  // Functions and what is in them are all that is indented, but for the items of the module.
  const functions = (await print(bytes)).split('\n  (func ').slice(1).map((text) => text.split('\n  )')[0]!.split('\n').slice(1));
  const starts = instructionStarts(bytes);
  expect(starts.map((s) => s.length)).toEqual(functions.map((lines) => lines.filter((line) => !/^\s*\(/.test(line)).length));
  expect(starts[0]!.length).toBeGreaterThan(10_000);
});

it('says so when the bytes are cut off', () => {
  const bytes = generateInterpreter(LAYOUT, new TciFormats(LAYOUT, HELPERS));
  expect(() => printWat(bytes.subarray(0, 300))).toThrow(/ends in the middle/);
});
