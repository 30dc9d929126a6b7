/**
 * Assembles the built-in guests (`src/guests/<name>/*.asm`) into `src/generated/<name>-guest.ts`, so that neither users
 * nor the compiler need an assembler. Nothing happens when no input changed, so every build may call it.
 *
 *   node packages/emulator/scripts/build-guests.mjs
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles, listFiles, ROOT } from '../../../scripts/lib/paths.mjs';
import { importTypeScript } from '../../../scripts/lib/load-typescript.mjs';

const SOURCES = join(ROOT, 'packages', 'emulator', 'src');
const ASSEMBLER = join(ROOT, 'tooling', 'bench', 'src', 'asm', 'assemble.ts');

/** Guests: files in the order of their origins; a gap between two is zeros. 16-bit code is written in bytes: any width does. */
const GUESTS = {
  tiny: {
    about: 'Flat image that starts in real mode at its load address.',
    files: [
      { name: 'real16', bits: 32, origin: 0x8000 },
      { name: 'protected32', bits: 32, origin: 0x9000 },
      { name: 'long64', bits: 64, origin: 0xa000 },
    ],
  },
};

/**
 * Builds what is out of date.
 *
 * @returns {Promise<'built' | 'fresh'>}
 */
export async function buildGuests() {
  let result = 'fresh';
  for (const [name, guest] of Object.entries(GUESTS)) {
    const folder = join(SOURCES, 'guests', name);
    const target = join(SOURCES, 'generated', `${name}-guest.ts`);
    const hash = hashFiles([...listFiles(folder), ASSEMBLER, join(ROOT, 'packages', 'emulator', 'scripts', 'build-guests.mjs')]);
    if (existsSync(target) && readFileSync(target, 'utf8').includes(hash)) continue;
    const { assemble } = await importTypeScript(ASSEMBLER);
    const parts = guest.files.map(({ name: file, bits, origin }) => {
      try {
        return assemble(readFileSync(join(folder, `${file}.asm`), 'utf8'), bits, origin);
      } catch (error) {
        throw new Error(`build-guests: guests/${name}/${file}.asm: ${error.message}`, { cause: error });
      }
    });
    mkdirSync(join(SOURCES, 'generated'), { recursive: true });
    // At once, so that a build running beside this one never reads half of it.
    writeFileSync(`${target}.${process.pid}`, embed(name, guest.about, link(name, parts), hash));
    renameSync(`${target}.${process.pid}`, target);
    result = 'built';
  }
  return result;
}

/** One image of all parts. */
function link(name, parts) {
  const base = parts[0].origin;
  const last = parts.at(-1);
  const bytes = new Uint8Array(last.origin + last.bytes.length - base);
  let end = base;
  for (const part of parts) {
    if (part.origin < end) throw new Error(`build-guests: ${name}: the part at ${part.origin.toString(16)} overlaps the one before it`);
    bytes.set(part.bytes, part.origin - base);
    end = part.origin + part.bytes.length;
  }
  return { base, bytes };
}

function embed(name, about, { base, bytes }, hash) {
  const constant = name.toUpperCase();
  return `/** Made by scripts/build-guests.mjs from guests/${name}/*.asm (inputs ${hash}); do not edit. */

const BASE64 =
  '${Buffer.from(bytes).toString('base64')}';

/** Physical address of the image's first byte, which is its first instruction. */
export const ${constant}_GUEST_ADDRESS = 0x${base.toString(16)};

/** ${about} ${bytes.length} bytes, decoded anew at each call. */
export function ${name}GuestImage(): Uint8Array<ArrayBuffer> {
  const text = atob(BASE64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
`;
}

if (process.argv[1]?.endsWith('build-guests.mjs')) {
  try {
    process.stdout.write(`build-guests: ${await buildGuests()}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
