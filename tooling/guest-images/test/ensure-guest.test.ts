/** From packages to boot files: every source, every way it can go wrong, and nothing left behind. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultCacheFolder, sha256Of } from '../src/cache.ts';
import { ensureGuest, type EnsureGuestOptions } from '../src/ensure-guest.ts';
import { GuestImageError } from '../src/errors.ts';
import { GUEST_NAMES, GUESTS, familiesOf } from '../src/guests.ts';
import { formatLock, lockedPackage, parseLock, readLock, type LockedPackage } from '../src/lock.ts';
import { AptSource } from '../src/sources/apt.ts';
import { MirrorSource } from '../src/sources/mirror.ts';
import type { RunProgram } from '../src/sources/run-program.ts';
import { debOf, moduleOf } from './deb-fixture.ts';

const MODULES = {
  'block/virtio_blk': 'virtio', 'char/virtio_console': 'virtio', 'char/hw_random/virtio-rng': 'virtio', 'virtio/virtio': '', 'virtio/virtio_pci': 'virtio',
  'acpi/button': '', 'input/evdev': '',
};

function kernelDeb(release: string): Uint8Array {
  return debOf({ Package: `linux-image-${release}`, Version: '6.1.1-1', Architecture: 'i386' }, [
    { path: `./boot/vmlinuz-${release}`, data: `kernel ${release}` },
    ...Object.entries(MODULES).map(([path, depends]) => ({ path: `./lib/modules/${release}/kernel/drivers/${path}.ko`, data: moduleOf([`depends=${depends}`], 32) })),
    { path: `./lib/modules/${release}/kernel/drivers/net/virtio_net.ko`, data: 'not wanted' },
  ]);
}

const KERNEL = kernelDeb('6.1.0-1-686');
const BUSYBOX = debOf({ Package: 'busybox-static', Version: '1:1.35', Architecture: 'i386' }, [{ path: './bin/busybox', data: 'busybox' }]);

function lockRow(family: string, name: string, version: string, deb: Uint8Array): LockedPackage {
  return { family, name, architecture: 'i386', version, sha256: sha256Of(deb), size: deb.length, licence: 'GPL-2.0-only', source: 'x', path: `pool/main/${name}.deb` };
}
const LOCK = [lockRow('linux-image-686', 'linux-image-6.1.0-1-686', '6.1.1-1', KERNEL), lockRow('busybox-static', 'busybox-static', '1:1.35', BUSYBOX)];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guest-images-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const cacheFolder = (): string => join(folder, 'cache');
const ensure = (options: EnsureGuestOptions) => ensureGuest('linux-686', { lock: LOCK, cacheFolder: cacheFolder(), ...options });
/** Every file below the cache. */
const leftBehind = async (): Promise<readonly string[]> =>
  (await readdir(cacheFolder(), { recursive: true, withFileTypes: true }).catch(() => [])).filter((entry) => entry.isFile()).map((entry) => entry.name).sort();
const failure = async (promise: Promise<unknown>): Promise<GuestImageError> => {
  const error = await promise.then(() => undefined, (thrown: unknown) => thrown);
  if (!(error instanceof GuestImageError)) throw new Error(`threw ${String(error)}`);
  return error;
};

describe('files', () => {
  beforeEach(async () => {
    await writeFile(join(folder, 'a.deb'), BUSYBOX);
    await writeFile(join(folder, 'b.deb'), KERNEL);
  });
  it('make a guest', async () => {
    const image = await ensure({ debs: [folder] });
    expect(image).toMatchObject({ name: 'linux-686', release: '6.1.0-1-686', append: 'console=ttyS0', notes: [] });
    expect(await readFile(image.kernel, 'utf8')).toBe('kernel 6.1.0-1-686');
    const initrd = gunzipSync(await readFile(image.initrd)).toString('latin1');
    expect(initrd).toContain('/lib/modules/virtio.ko\n/lib/modules/virtio_pci.ko\n/lib/modules/virtio_blk.ko\n/lib/modules/virtio_console.ko\n/lib/modules/virtio-rng.ko\n/lib/modules/button.ko\n/lib/modules/evdev.ko\n');
    expect(initrd).not.toContain('not wanted');
    expect(initrd).toMatch(/init\0+#!\/bin\/busybox sh/);
    // In cpio's headers mode and name are fields 2 and 12 of eight digits each: commands can be executed, and folders come before what is in them.
    expect(initrd).toMatch(/000081ed.{88}bin\/receive\0/);
    expect(initrd).toMatch(/000081a4.{88}etc\/profile\0/);
    expect(initrd.indexOf('etc/acpi/PWRF\0')).toBeLessThan(initrd.indexOf('etc/acpi/PWRF/00000080\0'));
  });
  it('of another version are taken with a note', async () => {
    await writeFile(join(folder, 'b.deb'), kernelDeb('6.1.0-2-686'));
    const image = await ensure({ debs: [folder] });
    expect(image.release).toBe('6.1.0-2-686');
    expect(image.notes.join()).toMatch(/unchecked; the lock file knows 6\.1\.1-1/);
  });
  it('of the locked version must be the locked bytes', async () => {
    const [kernel, ...rest] = LOCK;
    expect((await failure(ensure({ debs: [folder], lock: [{ ...kernel!, sha256: '0'.repeat(64) }, ...rest] }))).code).toBe('wrong-hash');
    expect(await leftBehind()).toEqual([]);
  });
  it('that are missing are named', async () => {
    expect((await failure(ensure({ debs: [join(folder, 'a.deb')] }))).message).toMatch(/no linux-image-686:i386 among the files/);
    expect((await failure(ensure({ debs: [join(folder, 'c.deb')] }))).code).toBe('usage');
  });
  it('that are damaged are refused', async () => {
    await writeFile(join(folder, 'b.deb'), KERNEL.subarray(0, KERNEL.length - 100));
    expect((await failure(ensure({ debs: [folder] }))).code).toBe('malformed');
  });
});

describe('a mirror', () => {
  let server: Server;
  let base: string;
  const files = new Map<string, Uint8Array>();
  let asked: string[];
  let breakOff: boolean;
  beforeEach(async () => {
    files.clear();
    files.set('/debian/pool/main/linux-image-6.1.0-1-686.deb', KERNEL).set('/debian/busybox-static.deb', BUSYBOX);
    asked = [];
    breakOff = false;
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const bytes = files.get(request.url ?? '');
      response.writeHead(bytes === undefined ? 404 : 200, { 'content-length': bytes?.length ?? 0 });
      if (breakOff && bytes !== undefined) {
        response.write(bytes.subarray(0, 100), () => response.destroy());
      } else {
        response.end(bytes);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/debian`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));
  const mirrored = () => ensure({ sources: [new MirrorSource(base)] });

  it('is asked for pool paths, then file names; once', async () => {
    const image = await mirrored();
    expect(asked).toEqual(['/debian/pool/main/linux-image-6.1.0-1-686.deb', '/debian/pool/main/busybox-static.deb', '/debian/busybox-static.deb']);
    expect(await mirrored()).toEqual(image);
    expect(asked).toHaveLength(3);
    expect(await leftBehind()).toEqual([...LOCK.map(({ sha256 }) => `${sha256}.deb`), 'guest.json', 'initrd', 'kernel'].sort());
  });
  it('that sends other bytes is told off, and nothing stays', async () => {
    const wrong = Uint8Array.from(KERNEL);
    wrong[500] ^= 1;
    files.set('/debian/pool/main/linux-image-6.1.0-1-686.deb', wrong);
    const error = await failure(mirrored());
    expect([error.code, error.message]).toEqual(['wrong-hash', expect.stringMatching(/has sha256 [0-9a-f]{64} instead of/)]);
    expect(await leftBehind()).toEqual([]);
  });
  it('that breaks off is told off, and nothing stays', async () => {
    breakOff = true;
    expect((await failure(mirrored())).message).toMatch(/could not be fetched/);
    expect(await leftBehind()).toEqual([]);
  });
  it('without the package says so', async () => {
    files.clear();
    expect((await failure(mirrored())).code).toBe('unavailable');
  });
  it('gives way to an abort', async () => {
    await expect(ensure({ sources: [new MirrorSource(base)], signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(asked).toEqual([]);
  });
  it('mends a damaged cache', async () => {
    await mirrored();
    const [{ sha256 }] = LOCK as [LockedPackage];
    await writeFile(join(cacheFolder(), 'packages', `${sha256}.deb`), 'damaged');
    await rm(join(cacheFolder(), 'guests'), { recursive: true });
    await mirrored();
    expect(asked).toHaveLength(4);
  });
  it('must be a URL', () => {
    expect(() => new MirrorSource('ftp://x')).toThrow(GuestImageError);
    expect(() => new MirrorSource('somewhere')).toThrow(GuestImageError);
  });
});

describe('apt', () => {
  /** Temporary folders it was given. */
  const folders = new Set<string>();
  afterEach(() => {
    for (const path of folders) expect(existsSync(path)).toBe(false);
  });
  /** apt-get and apt-cache of a system whose sources have these packages; writes down what it is called with. */
  function fakeApt(packages: Readonly<Record<string, { readonly fields: Readonly<Record<string, string>>; readonly deb?: Uint8Array }>>, calls: string[] = []): RunProgram {
    return async (program, [, configuration, ...args], { cwd }) => {
      calls.push([program, ...args].join(' '));
      folders.add(dirname(configuration ?? ''));
      expect(configuration).toMatch(/apt\.conf$/);
      const found = packages[args.at(-1) ?? ''];
      if (args.includes('update')) return { code: 100, stdout: '', stderr: 'E: one source is broken' };
      if (found === undefined) return { code: 100, stdout: '', stderr: 'E: No packages found' };
      if (args.includes('download')) await writeFile(join(cwd, 'p.deb'), found.deb ?? '');
      return { code: 0, stdout: `${Object.entries(found.fields).map(([name, value]) => `${name}: ${value}`).join('\n')}\n\nPackage: other\n`, stderr: '' };
    };
  }
  const fieldsOf = (row: LockedPackage, deb: Uint8Array) => ({ Package: row.name, Version: row.version, SHA256: sha256Of(deb), Size: String(deb.length) });
  const [kernel, busybox] = LOCK as [LockedPackage, LockedPackage];
  const newer = kernelDeb('6.1.0-2-686');
  const has = {
    kernel: { [`${kernel.name}:i386=${kernel.version}`]: { fields: fieldsOf(kernel, KERNEL), deb: KERNEL } },
    busybox: { [`busybox-static:i386=${busybox.version}`]: { fields: fieldsOf(busybox, BUSYBOX), deb: BUSYBOX } },
    newer: {
      'linux-image-686:i386': { fields: { Package: 'linux-image-686', Depends: 'base, linux-image-6.1.0-2-686 (= 6.1.2-1)' } },
      'linux-image-6.1.0-2-686:i386': { fields: { Package: 'linux-image-6.1.0-2-686', Version: '6.1.2-1', SHA256: sha256Of(newer), Size: String(newer.length) } },
      'linux-image-6.1.0-2-686:i386=6.1.2-1': { fields: {}, deb: newer },
    },
  };

  it('gives the locked packages', async () => {
    const calls: string[] = [];
    const image = await ensure({ sources: [new AptSource(fakeApt({ ...has.kernel, ...has.busybox }, calls))] });
    expect(image.packages.map(({ sha256 }) => sha256)).toEqual(LOCK.map(({ sha256 }) => sha256));
    expect(calls.filter((call) => call.includes('update'))).toHaveLength(1);
  });
  it('gives a newer one with a note when the locked one is gone, and remembers', async () => {
    const sources = [new AptSource(fakeApt({ ...has.newer, ...has.busybox }))];
    const image = await ensure({ sources });
    expect(image.release).toBe('6.1.0-2-686');
    expect(image.notes).toEqual(['linux-image-6.1.0-2-686:i386 6.1.2-1 stands for linux-image-6.1.0-1-686:i386 6.1.1-1, which the package sources have no more']);
    expect(await ensure({ sources: [] })).toEqual(image);
  });
  it('that gives other bytes than its index says is told off', async () => {
    const lying = { ...has.newer, 'linux-image-6.1.0-2-686:i386=6.1.2-1': { fields: {}, deb: KERNEL } };
    expect((await failure(ensure({ sources: [new AptSource(fakeApt({ ...lying, ...has.busybox }))] }))).code).toBe('wrong-hash');
    expect(await leftBehind()).toEqual([]);
  });
  it('without the package hands on what it complained of', async () => {
    expect((await failure(ensure({ sources: [new AptSource(fakeApt({}))] }))).message).toMatch(/no linux-image-686:i386; apt-get update said: E: one source is broken/);
  });
  it('that is not there says so, after the mirror said so', async () => {
    const none: RunProgram = () => Promise.resolve('not-found');
    const error = await failure(ensure({ sources: [new MirrorSource('http://127.0.0.1:1/'), new AptSource(none)] }));
    expect([error.code, error.message]).toEqual(['unavailable', expect.stringMatching(/127\.0\.0\.1:1.* could not be fetched: .*; this system has no apt-get/)]);
    expect(error.hint).toMatch(/WASM_TCG_MIRROR/);
  });
});

describe('the lock file', () => {
  it('has a row for every package of every guest, and is as the tool writes it', async () => {
    const lock = readLock();
    for (const family of GUEST_NAMES.flatMap(familiesOf)) expect(lockedPackage(lock, family).name).toMatch(family.real);
    expect(await readFile(new URL('../guests.lock.json', import.meta.url), 'utf8')).toBe(formatLock(lock));
  });
  it.each(['{}', '{"packages": [{"name": "x"}]}', `{"packages": [${JSON.stringify({ ...LOCK[0], sha256: 'abc' })}]}`])('refuses %s', (text) => {
    expect(() => parseLock(text)).toThrow(GuestImageError);
  });
});

describe('names of kernel packages', () => {
  const rows: [name: string, is: string][] = [
    ['linux-image-6.1.0-50-686', '686'],
    ['linux-image-6.1.0-50-686-pae', '686-pae'],
    ['linux-image-6.1.0-50-cloud-amd64', 'cloud-amd64'],
    ['linux-image-6.12.48+deb13-cloud-amd64', 'cloud-amd64'],
    ['linux-image-6.1.0-50-rt-686-pae', ''],
    ['linux-image-6.1.0-50-686-dbg', ''],
    ['linux-image-686', ''],
    ['linux-image-6.1.0-50-amd64', ''],
  ];
  it.each(rows)('%s is %j', (name, is) => {
    expect(GUEST_NAMES.filter((guest) => GUESTS[guest].kernel.real.test(name))).toEqual(is === '' ? [] : [`linux-${is}`]);
  });
});

describe('the cache folder', () => {
  const rows: [environment: Record<string, string>, platform: NodeJS.Platform, folder: RegExp][] = [
    [{ WASM_TCG_CACHE: '/own', XDG_CACHE_HOME: '/xdg' }, 'linux', /^\/own$/],
    [{ XDG_CACHE_HOME: '/xdg' }, 'linux', /^\/xdg.wasm-tcg$/],
    [{}, 'linux', /\.cache.wasm-tcg$/],
    [{}, 'darwin', /Library.Caches.wasm-tcg$/],
    [{ LOCALAPPDATA: '/local' }, 'win32', /^\/local.wasm-tcg.Cache$/],
  ];
  it.each(rows)('%j on %s', (environment, platform, expected) => {
    expect(defaultCacheFolder(environment, platform)).toMatch(expected);
  });
});
