import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveSite, type SiteServer } from '../src/site/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'playground-server-'));
const servers: SiteServer[] = [];

beforeAll(async () => {
  mkdirSync(join(folder, 'site', 'assets'), { recursive: true });
  writeFileSync(join(folder, 'secret'), 'no');
  writeFileSync(join(folder, 'site', 'index.html'), '<p>');
  writeFileSync(join(folder, 'site', 'assets', 'a b.js'), 'export {}');
  for (const isolated of [false, true]) servers.push(await serveSite(join(folder, 'site'), { isolated }));
});

afterAll(async () => {
  for (const server of servers) await server.close();
  rmSync(folder, { recursive: true });
});

describe('the server', () => {
  it.each([
    ['', 200, 'text/html; charset=utf-8'],
    ['?x=1', 200, 'text/html; charset=utf-8'],
    ['assets/a%20b.js', 200, 'text/javascript; charset=utf-8'],
    ['assets/none.js', 404, 'text/plain'],
    ['assets', 404, 'text/plain'],
    ['%2e%2e%2fsecret', 404, 'text/plain'],
    ['%zz', 404, 'text/plain'],
    ['../../index.html', 404, 'text/plain'],
  ])('answers %s with %d', async (path, status, type) => {
    const response = await fetch(servers[0].address + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([status, type]);
    await response.text();
  });

  it('isolates pages only where it is asked to', async () => {
    const headers = await Promise.all(servers.map(async ({ address }) => (await fetch(address)).headers.get('cross-origin-embedder-policy')));
    expect(headers).toEqual([null, 'require-corp']);
  });
});
