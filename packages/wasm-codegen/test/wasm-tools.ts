/** Disassembly and validation for tests, by tools that share no code with the encoder. */
import { print } from '@bytecodealliance/jco-transpile/wasm-tools';
import { expect } from 'vitest';
import type { ModuleBuilder } from '../src/index.ts';

/** The text of a module, without index comments and `(module` frame, one trimmed line per item. */
export async function wat(bytes: Uint8Array): Promise<string[]> {
  const text = await print(bytes.slice());
  return text
    .split('\n')
    .map((line) => line.replace(/\(;.*?;\)/g, '').replace(/;;.*/, '').replace(/ +/g, ' ').replace(/ \)/g, ')').trim())
    .filter((line) => line !== '' && line !== '(module' && line !== ')');
}

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** Finishes, validates and returns a copy of the bytes. */
export function finishValid(module: ModuleBuilder): Uint8Array<ArrayBuffer> {
  const bytes = module.finish().slice();
  // The constructor says why; validate() only says no.
  expect(() => new WebAssembly.Module(bytes)).not.toThrow();
  expect(WebAssembly.validate(bytes)).toBe(true);
  return bytes;
}

/** A small deterministic generator (xorshift32): the same seed gives the same numbers everywhere. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }

  /** 32 random bits, signed. */
  word(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.state = x);
  }

  /** 0 … limit−1. */
  below(limit: number): number {
    return (this.word() >>> 0) % limit;
  }
}
