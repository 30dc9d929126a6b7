/**
 * A program with the view's settings as a word for a link: a version, then a line of settings and the program's text, compressed (deflate-raw), in base64url.
 * Whoever opens a link has it from anybody: everything in it is checked.
 */
import { CPU_MODEL_NAMES, type CodeUnit, type CpuModelName, type ExecutionMode } from '@wasm-tcg/emulator';
import { MAX_SOURCE, ORIGINS, STAGES, type Bits, type LabSettings, type Program, type Stage } from './protocol.ts';

const VERSION = 1;
/** Longest settings line, characters. */
const LONGEST_HEAD = 200;
/** Longest link, characters: what an incompressible source of MAX_SOURCE characters comes to, and some. */
const LONGEST_LINK = 1_200_000;
/** Arguments of one call of `String.fromCharCode`. */
const CHUNK = 0x8000;

const WIDTHS: readonly Bits[] = [16, 32, 64];
const UNITS: readonly CodeUnit[] = ['tb', 'batch', 'region'];
const MODES: readonly ExecutionMode[] = ['tci', 'tb-per-module', 'tiered'];
const SYNTAXES: readonly Program['syntax'][] = ['asm', 'hex'];

export class LinkError extends Error {
  readonly code = 'link';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LinkError';
    this.hint = hint;
  }
}

export interface Linked {
  readonly program: Program;
  readonly settings: LabSettings;
}

export async function encodeLink(program: Program, settings: LabSettings): Promise<string> {
  const { bits, syntax, origin, model, text } = program;
  const { unit, mode, panes } = settings;
  const head = [bits, syntax, origin.toString(16), model, unit, mode, panes.join(',')].join(' ');
  const packed = await through(new TextEncoder().encode(`${head}\n${text}`), new CompressionStream('deflate-raw'), Infinity);
  const bytes = new Uint8Array(1 + packed.length);
  bytes[0] = VERSION;
  bytes.set(packed, 1);
  return toBase64Url(bytes);
}

/** @throws LinkError when it is no link of this page, or one of a newer page */
export async function decodeLink(link: string): Promise<Linked> {
  if (link.length > LONGEST_LINK) throw new LinkError('This link is too long', 'It was made by something else than “Copy link”.');
  const bytes = fromBase64Url(link);
  if (bytes[0] !== VERSION) throw new LinkError(`This link is of version ${bytes[0] ?? 'none'}, this page knows ${VERSION}`, 'Open it in a newer version of the page, or check that it is whole.');
  // Characters of UTF-16 come to at most three bytes of UTF-8.
  const unpacked = await unpack(bytes.subarray(1), MAX_SOURCE * 3 + LONGEST_HEAD);
  const end = unpacked.indexOf('\n');
  const text = unpacked.slice(end + 1);
  if (end < 0 || end > LONGEST_HEAD || text.length > MAX_SOURCE) throw broken();
  const [bits, syntax, origin, model, unit, mode, panes = ''] = unpacked.slice(0, end).split(' ');
  const width = WIDTHS[oneOf(WIDTHS.map(String), bits)];
  const address = Number.parseInt(origin, 16);
  const [lowest, highest] = ORIGINS[width];
  if (!(address >= lowest && address <= highest)) throw broken();
  return {
    program: { bits: width, syntax: SYNTAXES[oneOf(SYNTAXES, syntax)], origin: address, model: CPU_MODEL_NAMES[oneOf(CPU_MODEL_NAMES, model)], text },
    settings: {
      unit: UNITS[oneOf(UNITS, unit)], mode: MODES[oneOf(MODES, mode)],
      panes: [...new Set(panes.split(',').filter((name) => name !== ''))].map((name): Stage => STAGES[oneOf(STAGES, name)]),
    },
  };
}

function broken(cause?: unknown): LinkError {
  return new LinkError('This link holds no program', 'It may have been cut off: copy it again as a whole.', { cause });
}

/** Position of a name among those that there are. @throws LinkError */
function oneOf(names: readonly (string | CpuModelName)[], name: string | undefined): number {
  const index = names.findIndex((known) => known === name);
  if (index < 0) throw broken();
  return index;
}

async function unpack(bytes: Uint8Array<ArrayBuffer>, limit: number): Promise<string> {
  try {
    const unpacked = await through(bytes, new DecompressionStream('deflate-raw'), limit);
    return new TextDecoder('utf-8', { fatal: true }).decode(unpacked);
  } catch (error) {
    throw broken(error);
  }
}

/** @throws RangeError when more than `limit` bytes come out; what the stream throws */
async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream, limit: number): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let result = await reader.read(); !result.done; result = await reader.read()) {
    chunks.push(result.value);
    length += result.value.length;
    if (length > limit) {
      await reader.cancel();
      throw new RangeError(`more than ${limit} bytes`);
    }
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  } catch (error) {
    throw broken(error);
  }
}
