/** `printWat` of wasm-codegen on the module with nearly every instruction in it: wasm-tools reads the text back to the same module. */
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { printWat } from '@wasm-tcg/wasm-codegen';
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

it('says so when the bytes are cut off', () => {
  const bytes = generateInterpreter(LAYOUT, new TciFormats(LAYOUT, HELPERS));
  expect(() => printWat(bytes.subarray(0, 300))).toThrow(/ends in the middle/);
});
