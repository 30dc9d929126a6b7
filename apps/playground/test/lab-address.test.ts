/** The Lab in the address bar: what is written there, and what is opened from there. */
import { signal, type Signal } from '@preact/signals';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseRoute, type Route } from '../src/app/route.ts';
import { LabAddress } from '../src/lab/address.ts';
import { LabController } from '../src/lab/controller.ts';
import { EXAMPLES } from '../src/lab/examples.ts';
import { encodeLink } from '../src/lab/link.ts';
import type { LabSettings, Program } from '../src/lab/protocol.ts';

const PROGRAM: Program = { bits: 32, syntax: 'hex', text: 'f4', origin: 0x1000, model: '486' };
const SETTINGS: LabSettings = { unit: 'batch', mode: 'tci', panes: ['x86', 'wat'] };

/** A window with an address bar, and a Lab whose worker never answers. */
function make(hash: string): { lab: LabController; address: LabAddress; route: Signal<Route>; bar: () => string; go: (hash: string) => void } {
  let present = hash;
  const route = signal(parseRoute(hash));
  const window = {
    history: { replaceState: (_: unknown, _title: string, url: string) => void (present = url) },
    location: { get href() { return present; }, get hash() { return present; } },
    dispatchEvent: () => {
      route.value = parseRoute(present);
      return true;
    },
  };
  const api = new Proxy({}, { get: () => () => new Promise(() => undefined) });
  const lab = new LabController(() => ({ api: api as never, terminate: () => undefined }));
  return { lab, address: new LabAddress(lab, window as unknown as Window), route, bar: () => present, go: (to) => void (present = to) };
}

const opened = (lab: LabController): Promise<unknown> => vi.waitFor(() => expect(lab.opened.value).toBe(true));

beforeEach(() => void vi.stubGlobal('HashChangeEvent', Event));
afterEach(() => void vi.unstubAllGlobals());

describe('the address', () => {
  it('without a program opens the first example', async () => {
    const { lab, address, route } = make('#/lab');
    address.bind(route)();
    await opened(lab);
    expect(lab.program.value).toBe(EXAMPLES[0]!.program);
  });

  it('with a program opens it and its settings', async () => {
    const { lab, address, route } = make(`#/lab?s=${await encodeLink(PROGRAM, SETTINGS)}`);
    address.bind(route)();
    await opened(lab);
    expect(lab.program.value).toEqual(PROGRAM);
    expect(lab.settings.value).toEqual(SETTINGS);
  });

  it('that is damaged opens the first example and says so', async () => {
    const { lab, address, route } = make('#/lab?s=nonsense');
    address.bind(route)();
    await opened(lab);
    await vi.waitFor(() => expect(lab.error.value).toMatchObject({ code: 'link' }));
  });

  it('follows what changes, without opening it again', async () => {
    const { lab, address, route, bar } = make('#/lab');
    const release = address.bind(route);
    await opened(lab);
    const open = vi.spyOn(lab, 'open');
    lab.edit({ text: 'nop' });
    await vi.waitFor(() => expect(bar()).toMatch(/^#\/lab\?s=/), 3000);
    expect(bar()).toBe(`#/lab?s=${await encodeLink({ ...EXAMPLES[0]!.program, text: 'nop' }, lab.settings.value)}`);
    expect(route.value.query.get('s')).toBe(bar().slice(8));
    expect(open).not.toHaveBeenCalled();
    release();
  });

  it('of another program, opened while there is one, replaces it', async () => {
    const { lab, address, route } = make('#/lab');
    const release = address.bind(route);
    await opened(lab);
    route.value = parseRoute(`#/lab?s=${await encodeLink(PROGRAM, SETTINGS)}`);
    await vi.waitFor(() => expect(lab.program.value).toEqual(PROGRAM));
    release();
  });

  it('of another view is left alone, though a change is still on its way to the address bar', async () => {
    const { lab, address, route, bar, go } = make('#/lab');
    address.bind(route)();
    await opened(lab);
    const link = address.link();
    // The browser changes the address at once, and tells of it later.
    go('#/observe');
    await link;
    expect([bar(), route.value.view]).toEqual(['#/observe', 'lab']);
  });

  it('is what a copied link is', async () => {
    const { lab, address, route, bar } = make('#/lab');
    address.bind(route)();
    await opened(lab);
    expect(await address.link()).toBe(bar());
    expect(bar()).toMatch(/^#\/lab\?s=/);
  });
});
