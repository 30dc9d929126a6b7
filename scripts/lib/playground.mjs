/** What `npm run playground` and `npm run playground:build` share: arguments, and the guests of a site. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './paths.mjs';

export const APP = join(ROOT, 'apps', 'playground');

/** Wrong usage, or a site that cannot be made: the message says what and what to do. */
export class PlaygroundError extends Error {
  /** @param {string} message @param {{ usage?: boolean }} [options] */
  constructor(message, { usage = false } = {}) {
    super(message);
    this.exitCode = usage ? 2 : 1;
  }
}

const COMMON = { 'with-guests': { type: 'boolean', default: false }, guest: { type: 'string', multiple: true, default: [] }, help: { type: 'boolean', short: 'h', default: false } };

/**
 * @param {readonly string[]} args
 * @param {import('node:util').ParseArgsConfig['options']} options besides `--with-guests`, `--guest` and `--help`
 * @param {string} usage
 */
export function parseArguments(args, options, usage) {
  try {
    return parseArgs({ args: [...args], options: { ...COMMON, ...options } }).values;
  } catch (error) {
    throw new PlaygroundError(`${error.message}\n\n${usage}`, { usage: true });
  }
}

/** Guests are known when everything has been built. */
const guestImages = () => import('../../tooling/guest-images/dist/index.js');

/**
 * @param {readonly string[]} named empty: all there are
 * @returns {Promise<readonly string[]>}
 */
export async function guestNames(named) {
  const { GUEST_NAMES, isGuestName } = await guestImages();
  for (const name of named) if (!isGuestName(name)) throw new PlaygroundError(`no guest ${name}; there are ${GUEST_NAMES.join(', ')}`, { usage: true });
  return named.length > 0 ? named : GUEST_NAMES;
}

/**
 * Boot files of guests.
 * @param {readonly string[]} names
 * @param {{ cached?: boolean, signal?: AbortSignal, say: (line: string) => void }} options `cached`: only those whose packages are in the cache; nothing is fetched
 */
export async function ensureGuests(names, { cached = false, signal, say }) {
  const { ensureGuest, GuestImageError } = await guestImages();
  const images = [];
  for (const name of names) {
    try {
      const image = await ensureGuest(name, { signal, ...(cached ? { sources: [] } : { onProgress: say }) });
      for (const note of image.notes) say(`note: ${note}`);
      images.push(image);
    } catch (error) {
      if (!(error instanceof GuestImageError)) throw error;
      if (!cached) throw new PlaygroundError(`${name} cannot be had: ${error.message}\n${error.hint}`);
    }
  }
  return images;
}

/** Put guests into a site: `guests/` with its list. @param {string} site @param {readonly object[]} images */
export async function publish(site, images) {
  const { publishGuests } = await guestImages();
  return publishGuests(site, images);
}

/** Runs `main`; errors that are for the user become a message and an exit code, and so does Ctrl-C. @param {string} name @param {(signal: AbortSignal) => Promise<void>} main */
export async function runScript(name, main) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    await main(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) {
      process.exitCode = 130;
    } else if (error instanceof PlaygroundError) {
      process.stderr.write(`${name}: ${error.message}\n`);
      process.exitCode = error.exitCode;
    } else {
      throw error;
    }
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}
