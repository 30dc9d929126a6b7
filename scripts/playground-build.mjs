/** `npm run playground:build`: the playground as static files that any host can serve from any folder. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { listFiles } from './lib/paths.mjs';
import { APP, ensureGuests, guestNames, parseArguments, PlaygroundError, publish, runScript } from './lib/playground.mjs';
import { setup } from './setup.mjs';

const USAGE = `usage: npm run playground:build [-- options]

Makes the playground's site: static files with relative paths.

  --with-guests   put Linux guests into it (all of them: 30 MB); their packages are fetched if they are not in the cache
  --guest NAME    put this guest into it (may be repeated)
  --out DIR       where to (default apps/playground/dist); a site that is there is replaced

Without guests the site has the built-in tiny guest, and takes kernels from the user.
`;
const MEGABYTE = 1e6;
/** What says that a folder holds a site of ours, which may be replaced. */
const OURS = '<title>wasm-tcg playground</title>';

const say = (line) => process.stderr.write(`playground: ${line}\n`);

/** A folder that is somebody else's is not emptied. */
function checkTarget(out) {
  if (!existsSync(out)) return;
  if (!statSync(out).isDirectory()) throw new PlaygroundError(`${out} is a file: --out takes a folder`, { usage: true });
  const index = join(out, 'index.html');
  if (readdirSync(out).length === 0 || (existsSync(index) && readFileSync(index, 'utf8').includes(OURS))) return;
  throw new PlaygroundError(`${out} holds something else than a playground, and would be emptied: name another folder, or empty it`, { usage: true });
}

async function main(signal) {
  const values = parseArguments(process.argv.slice(2), { out: { type: 'string' } }, USAGE);
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const out = values.out === undefined ? join(APP, 'dist') : resolve(process.env.INIT_CWD ?? process.cwd(), values.out);
  checkTarget(out);
  if (!(await setup())) throw new PlaygroundError('the packages could not be built, for the reason above');
  const withGuests = values['with-guests'] || values.guest.length > 0;
  const images = withGuests ? await ensureGuests(await guestNames(values.guest), { signal, say }) : [];
  signal.throwIfAborted();
  // Vite would make a site of a shell's NODE_ENV: one that looks for guests where the development server has them.
  process.env.NODE_ENV = 'production';
  // Not before setup, which installs it.
  const { build } = await import('vite');
  await build({ root: APP, logLevel: 'error', build: { outDir: out, emptyOutDir: true } });
  const guests = await publish(out, images);
  const megabytes = listFiles(out, []).reduce((sum, file) => sum + (file.endsWith('.map') ? 0 : statSync(file).size), 0) / MEGABYTE;
  say(`the site is in ${out} (${megabytes.toFixed(1)} MB without source maps)`);
  say(guests.length > 0 ? `guests: tiny, ${guests.map(({ name }) => name).join(', ')}` : 'guests: tiny. `npm run playground:build -- --with-guests` adds Linux');
  say('any static host can serve it; to look at it: npm run playground');
}

await runScript('playground', main);
