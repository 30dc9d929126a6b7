/** Recorded vectors: assembled programs and what they report. One JSON file per topic, one line per program, so that a diff can be read. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SystemTestError } from './error.ts';
import { isCpuMode, type CpuMode } from './modes.ts';
import { FLAG_BITS, type FlagName } from './records.ts';

export interface SystemVector {
  readonly name: string;
  readonly mode: CpuMode;
  /** Bytes at 0x8000 (header and code), hexadecimal. */
  readonly code: string;
  readonly undefinedFlags: readonly FlagName[];
  /** Lines of records.ts. */
  readonly expect: readonly string[];
}

export interface VectorSet {
  readonly topic: string;
  readonly vectors: readonly SystemVector[];
}

/** Physical address of the harness, whose image is harness.json, and of a program. */
export const HARNESS_ADDRESS = 0x1000;
export const CASE_ADDRESS = 0x8000;
const HARNESS_FILE = 'harness.json';

/** Folder of this package, from src/ and from dist/ alike. */
export const packagePath = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
export const fromHex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Image of the harness that the vectors were recorded with. @throws SystemTestError `bad-vectors` */
export function readHarness(): Uint8Array {
  const { image } = readJson(HARNESS_FILE) as { image?: unknown };
  if (typeof image !== 'string') throw bad(HARNESS_FILE, 'no image');
  return fromHex(image);
}

/** All recorded vectors, by topic. @throws SystemTestError `bad-vectors` */
export function readVectors(): VectorSet[] {
  const files = readdirSync(packagePath('vectors')).filter((name) => name.endsWith('.json') && name !== HARNESS_FILE);
  return files.sort().map((name) => {
    const rows = readJson(name);
    if (!Array.isArray(rows)) throw bad(name, 'not a list');
    return { topic: name.slice(0, -'.json'.length), vectors: rows.map((row: unknown) => checkVector(name, row)) };
  });
}

/** Text of a vector file. */
export function vectorText(vectors: readonly SystemVector[]): string {
  return `[\n${vectors.map((vector) => JSON.stringify(vector)).join(',\n')}\n]\n`;
}

export const harnessText = (image: Uint8Array): string => `{ "image": "${toHex(image)}" }\n`;

function checkVector(file: string, row: unknown): SystemVector {
  const { name, mode, code, undefinedFlags, expect } = row as Partial<Record<keyof SystemVector, unknown>>;
  if (typeof name !== 'string' || typeof code !== 'string' || typeof mode !== 'string' || !isCpuMode(mode)) throw bad(file, 'a row without name, mode or code');
  if (!Array.isArray(expect) || !Array.isArray(undefinedFlags)) throw bad(file, `"${name}" has no expectation`);
  if (!undefinedFlags.every((flag) => Object.hasOwn(FLAG_BITS, String(flag)))) throw bad(file, `"${name}" names an unknown flag`);
  return { name, mode, code, undefinedFlags: undefinedFlags as FlagName[], expect: expect.map(String) };
}

function readJson(name: string): unknown {
  try {
    return JSON.parse(readFileSync(packagePath(`vectors/${name}`), 'utf8'));
  } catch (cause) {
    throw new SystemTestError('bad-vectors', `vectors/${name} cannot be read`, 'record it again: npm run record', { cause });
  }
}

const bad = (file: string, message: string): SystemTestError => new SystemTestError('bad-vectors', `vectors/${file}: ${message}`, 'record it again: npm run record');
