/** `npm run guest-images -- NAME… [--deb PATH]… [--json]`, and what keeps the lock file and test disks. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensureGuest, type GuestImage } from './ensure-guest.ts';
import { GuestImageError } from './errors.ts';
import { GUEST_NAMES, GUESTS, isGuestName, type GuestName } from './guests.ts';
import { formatLock, LOCK_FILE } from './lock.ts';
import { makeTestDisk } from './test-disk.ts';
import { currentPackages } from './update-lock.ts';

const MEGABYTE = 2 ** 20;
const USAGE = `usage: npm run guest-images -- GUEST… [options]

Makes kernel and initramfs of a guest and prints where they are.

${GUEST_NAMES.map((name) => `  ${name.padEnd(18)} ${GUESTS[name].about}`).join('\n')}

  --deb PATH     take packages from this .deb file, or from the .deb files in this folder (may be repeated)
  --cache DIR    cache folder (default: the user's)
  --json         everything there is to know, as JSON
  --disk FILE    also write a raw test disk of 16 MiB
  --update-lock  write the lock file anew from what apt offers

The variable WASM_TCG_MIRROR names a mirror to ask before apt-get. Progress goes to standard error.
`;

async function main(signal: AbortSignal): Promise<void> {
  const { values, positionals } = parse();
  const onProgress = (line: string): void => void process.stderr.write(`guest-images: ${line}\n`);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (values['update-lock']) {
    const packages = await currentPackages({ signal, onProgress });
    writeFileSync(LOCK_FILE, formatLock(packages));
    for (const { name, architecture, version } of packages) process.stdout.write(`${name}:${architecture} ${version}\n`);
    return;
  }
  if (positionals.length === 0 && values.disk === undefined) throw new GuestImageError('usage', 'no guest named', USAGE);
  const names = positionals.map(guestOf);
  if (values.disk !== undefined) writeFileSync(values.disk, makeTestDisk(16 * MEGABYTE));
  for (const name of names) {
    const image = await ensureGuest(name, { signal, onProgress, debs: values.deb, ...(values.cache === undefined ? {} : { cacheFolder: values.cache }) });
    for (const note of image.notes) onProgress(`note: ${note}`);
    process.stdout.write(values.json ? `${JSON.stringify(image, null, 2)}\n` : describeImage(image));
  }
}

function describeImage({ name, kernel, initrd, append, memory, release }: GuestImage): string {
  return `${name} ${release}\n  -kernel ${kernel}\n  -initrd ${initrd}\n  -append "${append}"\n  -m ${memory}\n`;
}

function parse() {
  try {
    return parseArgs({
      args: process.argv.slice(2),
      allowPositionals: true,
      options: {
        deb: { type: 'string', multiple: true, default: [] },
        cache: { type: 'string' },
        json: { type: 'boolean', default: false },
        disk: { type: 'string' },
        'update-lock': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new GuestImageError('usage', error instanceof Error ? error.message : String(error), USAGE, { cause: error });
  }
}

function guestOf(word: string): GuestName {
  if (!isGuestName(word)) throw new GuestImageError('usage', `no guest ${word}`, `There are ${GUEST_NAMES.join(', ')}.`);
  return word;
}

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());
try {
  await main(controller.signal);
} catch (error) {
  if (controller.signal.aborted) {
    process.stderr.write('guest-images: interrupted; nothing half-made was left\n');
    process.exitCode = 130;
  } else if (error instanceof GuestImageError) {
    process.stderr.write(`guest-images: ${error.message}\n${error.hint}\n`);
    process.exitCode = error.code === 'usage' ? 2 : 1;
  } else {
    throw error;
  }
}
