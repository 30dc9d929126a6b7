/**
 * A static server as any host is one: files below a path that is not the root, with the type of each by its ending. With `isolated` it sends the two headers
 * that give a page shared memory.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** The site is not at the root, so that an absolute path in it is found out. */
const BASE = '/some/folder/';
const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' } as const;

export interface SiteServer {
  /** Address of the site, with its last slash. */
  readonly address: string;
  close(): Promise<void>;
}

export async function serveSite(folder: string, { isolated }: { readonly isolated: boolean }): Promise<SiteServer> {
  const headers = { 'cache-control': 'no-cache', ...(isolated ? ISOLATION : {}) };
  const server = createServer((request, response) => {
    void fileOf(folder, request.url ?? '/').then((file) => {
      if (file === undefined) return refuse(response);
      response.writeHead(200, { ...headers, 'content-type': TYPES[extname(file.path)] ?? 'application/octet-stream', 'content-length': file.bytes });
      createReadStream(file.path).on('error', () => response.destroy()).pipe(response);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}${BASE}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const refuse = (response: ServerResponse): void => void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');

/** The file of an address, if there is one; nothing outside of the folder. */
async function fileOf(folder: string, url: string): Promise<{ readonly path: string; readonly bytes: number } | undefined> {
  const path = pathOf(url);
  if (path === undefined) return undefined;
  const file = normalize(join(folder, path));
  if (!file.startsWith(normalize(folder + sep))) return undefined;
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() === true ? { path: file, bytes: found.size } : undefined;
}

function pathOf(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0];
  if (!path.startsWith(BASE)) return undefined;
  try {
    const decoded = decodeURIComponent(path.slice(BASE.length));
    return decoded === '' || decoded.endsWith('/') ? `${decoded}index.html` : decoded;
  } catch {
    return undefined;
  }
}
