import { describe, expect, it } from 'vitest';
import { provideBrowser, type Surroundings } from '../src/browser/provide.ts';

interface Host {
  readonly programs: string[];
  readonly env?: Record<string, string>;
  readonly root?: boolean;
  /** Installs, or answers with an exit code. */
  readonly apt?: (args: readonly string[]) => number;
}

function host({ programs, env = {}, root = false, apt = () => 1 }: Host): Surroundings & { readonly ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    env: { PATH: '/usr/local/bin:/usr/bin', ...env },
    root,
    isProgram: (path) => Promise.resolve(programs.includes(path)),
    run: (program, args) => {
      ran.push([program, ...args].join(' '));
      return Promise.resolve(apt(args));
    },
  };
}

const provide = (name: 'chromium' | 'firefox', here: Surroundings): Promise<string> => provideBrowser(name, here, () => undefined);

describe('the browser', () => {
  it('is the one on the path, the Debian name first', async () => {
    expect(await provide('chromium', host({ programs: ['/usr/bin/chromium', '/usr/local/bin/google-chrome'] }))).toBe('/usr/bin/chromium');
    expect(await provide('firefox', host({ programs: ['/usr/bin/firefox', '/usr/bin/firefox-esr'] }))).toBe('/usr/bin/firefox-esr');
  });

  it('is the one that the variable names, if there is such a program', async () => {
    const programs = ['/opt/c', '/usr/bin/chromium'];
    expect(await provide('chromium', host({ programs, env: { WASM_TCG_CHROMIUM: '/opt/c' } }))).toBe('/opt/c');
    await expect(provide('chromium', host({ programs, env: { WASM_TCG_CHROMIUM: '/opt/d' } }))).rejects.toMatchObject({ code: 'no-browser' });
  });

  it('is installed by root, after an update of the lists if need be', async () => {
    const programs = ['/usr/bin/apt-get'];
    let updated = false;
    const here = host({
      programs,
      root: true,
      apt: ([verb]) => {
        if (verb === 'update') updated = true;
        else if (updated) programs.push('/usr/bin/chromium');
        return updated ? 0 : 100;
      },
    });
    expect(await provide('chromium', here)).toBe('/usr/bin/chromium');
    expect(here.ran.map((line) => line.split(' ')[1])).toEqual(['install', 'update', 'install']);
  });

  it('is asked for where it cannot be had', async () => {
    const here = host({ programs: ['/usr/bin/apt-get'] });
    await expect(provide('firefox', here)).rejects.toMatchObject({ code: 'no-browser', hint: expect.stringContaining('apt-get install firefox-esr') as string });
    expect(here.ran).toEqual([]);
    await expect(provide('firefox', host({ programs: ['/usr/bin/apt-get'], root: true }))).rejects.toMatchObject({ code: 'no-browser' });
  });
});
