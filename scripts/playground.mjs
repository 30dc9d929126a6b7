/** `npm run playground`: everything set up, the playground on a local address, and a browser on it where there is a screen. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import { ROOT } from './lib/paths.mjs';
import { APP, ensureGuests, guestNames, parseArguments, PlaygroundError, publish, runScript } from './lib/playground.mjs';
import { setup } from './setup.mjs';

const USAGE = `usage: npm run playground [-- options]

Serves the playground from its sources and opens it.

  --with-guests   fetch the packages of all Linux guests that are not in the cache
  --guest NAME    fetch those of this one (may be repeated)
  --port N        port (default 5173, or the next that is free)
  --host          for other machines of the network, too
  --isolated      with the headers of cross-origin isolation: guest memory is shared then
  --no-open       open no browser

Guests whose packages are in the cache are always there.
`;
/** Made anew at each start; not in git. */
const PUBLISHED = join(ROOT, '.cache', 'playground');
const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

const say = (line) => process.stderr.write(`playground: ${line}\n`);

/** Somebody may be there to see a browser. */
function hasScreen({ CI, DISPLAY, WAYLAND_DISPLAY } = process.env, platform = process.platform) {
  if (CI !== undefined && CI !== '') return false;
  return platform === 'darwin' || platform === 'win32' || Boolean(DISPLAY) || Boolean(WAYLAND_DISPLAY);
}

/** Serves the folder of published guests in place of the app's empty list. */
const guestsPlugin = {
  name: 'wasm-tcg-guests',
  configureServer({ middlewares }) {
    middlewares.use('/guests', (request, response, next) => {
      const file = normalize(join(PUBLISHED, 'guests', decodeURIComponent((request.url ?? '/').split(/[?#]/, 1)[0])));
      if (!file.startsWith(PUBLISHED + sep) || !existsSync(file) || !statSync(file).isFile()) return next();
      response.writeHead(200, { 'content-type': file.endsWith('.json') ? 'application/json' : 'application/octet-stream', 'content-length': statSync(file).size, ...response.getHeaders() });
      createReadStream(file).pipe(response);
    });
  },
};

async function main(signal) {
  const values = parseArguments(
    process.argv.slice(2),
    { port: { type: 'string' }, host: { type: 'boolean', default: false }, isolated: { type: 'boolean', default: false }, 'no-open': { type: 'boolean', default: false } },
    USAGE,
  );
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) throw new PlaygroundError(`no port: ${values.port}`, { usage: true });
  if (!(await setup())) throw new PlaygroundError('the packages could not be built, for the reason above');
  const wanted = values['with-guests'] || values.guest.length > 0 ? await ensureGuests(await guestNames(values.guest), { signal, say }) : [];
  const cached = await ensureGuests((await guestNames([])).filter((name) => !wanted.some((image) => image.name === name)), { cached: true, signal, say });
  const guests = await publish(PUBLISHED, [...wanted, ...cached]);
  signal.throwIfAborted();
  // Not before setup, which installs it.
  const { createServer } = await import('vite');
  const server = await createServer({
    root: APP,
    plugins: [guestsPlugin],
    clearScreen: false,
    logLevel: 'warn',
    server: { open: !values['no-open'] && hasScreen(), ...(port === undefined ? {} : { port, strictPort: true }), host: values.host, headers: values.isolated ? ISOLATION : {} },
  });
  try {
    await server.listen();
    const { local = [], network = [] } = server.resolvedUrls ?? {};
    say(guests.length > 0 ? `guests: tiny, ${guests.map(({ name }) => name).join(', ')}` : 'guests: tiny. `npm run playground -- --with-guests` fetches Linux');
    for (const address of [...local, ...network]) say(address);
    say('Ctrl-C ends it');
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  } catch (error) {
    if (error.message?.includes('already in use')) throw new PlaygroundError(`port ${port} is taken: name another with --port`);
    throw error;
  } finally {
    await server.close();
  }
}

await runScript('playground', main);
