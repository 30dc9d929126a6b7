/** What goes between worker and network, and between worker and page. */
import { describe, expect, it, vi } from 'vitest';
import { debugConsole } from '../src/machine/worker/debug-console.ts';
import { fetchFile } from '../src/machine/worker/fetch-file.ts';
import { loadGuests, TINY_GUEST } from '../src/machine/guests.ts';
import { SerialOut } from '../src/machine/worker/serial-out.ts';

const URL_OF = new URL('http://site.test/k');
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('fetching', () => {
  const get = (answer: () => Response | Promise<Response>, onBytes: (bytes: number) => void = () => undefined, signal = new AbortController().signal): Promise<Uint8Array> =>
    fetchFile(URL_OF, 'the kernel', { signal, onBytes, fetch: async () => answer() });
  const streamOf = (...pieces: (string | Error)[]): ReadableStream =>
    new ReadableStream({
      pull: (body) => {
        const piece = pieces.shift();
        if (piece === undefined) body.close();
        else if (piece instanceof Error) body.error(piece);
        else body.enqueue(bytesOf(piece));
      },
    });

  it('counts bytes as they come, whatever the header says', async () => {
    const seen: number[] = [];
    const bytes = await get(() => new Response(streamOf('abc', 'de'), { headers: { 'content-length': '99' } }), (count) => seen.push(count));
    expect([new TextDecoder().decode(bytes), seen]).toEqual(['abcde', [3, 2]]);
  });

  const failures: [what: string, answer: () => Response, message: RegExp][] = [
    ['is not there', () => new Response('', { status: 404 }), /answers 404/],
    ['breaks off', () => new Response(streamOf('abc', new TypeError('reset'))), /connection failed/],
    ['has no network', () => { throw new TypeError('offline'); }, /connection failed/],
  ];
  it.each(failures)('a file that %s is an error with a hint', async (_what, answer, message) => {
    await expect(get(answer)).rejects.toMatchObject({ code: 'fetch', message: expect.stringMatching(message), hint: expect.stringMatching(/\w/) });
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const hanging = get(() => new Response(new ReadableStream({ start: (body) => controller.signal.addEventListener('abort', () => body.error(controller.signal.reason)) })), undefined, controller.signal);
    setTimeout(() => controller.abort(), 10);
    await expect(hanging).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('the list of guests', () => {
  const row = { name: 'g', title: 'G', description: '', bits: 64, bytes: 1, model: 'x86-64', memory: 16, append: '', kernel: 'guests/g/kernel' };
  const rows: [what: string, answer: () => Response, names: readonly string[]][] = [
    ['is read', () => Response.json([row, { ...row, name: 'h', initrd: 'guests/h/initrd' }]), ['g', 'h', 'tiny']],
    ['leaves out what is no guest', () => Response.json([{ ...row, model: 'z80' }, { ...row, kernel: 1 }, null, { ...row, name: 'tiny' }, { ...row, bytes: '1' }]), ['tiny']],
    ['is empty where it is none', () => Response.json({ guests: [] }), ['tiny']],
    ['is empty where a host answers with a page', () => new Response('<!doctype html>'), ['tiny']],
    ['is empty where there is none', () => new Response('', { status: 404 }), ['tiny']],
  ];
  it.each(rows)('%s', async (_what, answer, names) => {
    const asked: string[] = [];
    const guests = await loadGuests('http://site.test/a/index.html#/machine', async (url) => {
      asked.push(String(url));
      return answer();
    });
    expect([guests.map(({ name }) => name), asked]).toEqual([names, ['http://site.test/a/guests/index.json']]);
    expect(guests.at(-1)).toBe(TINY_GUEST);
  });
});

describe('serial output', () => {
  it('gathers bytes, and more of them while the page is busy', async () => {
    vi.useFakeTimers();
    const sent: string[] = [];
    const taken: (() => void)[] = [];
    const out = new SerialOut((bytes) => {
      sent.push(new TextDecoder().decode(bytes));
      return new Promise((resolve) => taken.push(resolve));
    });
    for (const letter of 'abc') out.push(bytesOf(letter));
    await vi.advanceTimersByTimeAsync(10);
    for (const letter of 'def') out.push(bytesOf(letter));
    await vi.advanceTimersByTimeAsync(100);
    expect(sent).toEqual(['abc']);
    taken[0]!();
    await vi.advanceTimersByTimeAsync(10);
    expect(sent).toEqual(['abc', 'def']);
    const drained = out.drain(1000);
    taken[1]!();
    await vi.advanceTimersByTimeAsync(10);
    await drained;
    vi.useRealTimers();
  });

  it('goes on when the page has gone', async () => {
    let count = 0;
    const out = new SerialOut(() => {
      count++;
      return Promise.reject(new Error('gone'));
    });
    out.push(bytesOf('a'));
    await out.drain(1000);
    out.push(bytesOf('b'));
    await out.drain(1000);
    expect(count).toBe(2);
  });

  it('waits for a page that does not take it no longer than it is told', async () => {
    const out = new SerialOut(() => new Promise(() => undefined));
    out.push(bytesOf('a'));
    await out.drain(20);
  });
});

it('the debug port’s lines end as a terminal wants them', () => {
  const seen: number[] = [];
  const write = debugConsole((bytes) => seen.push(...bytes));
  for (const byte of bytesOf('a\nb\r\n\n')) write(byte);
  expect(String.fromCharCode(...seen)).toBe('a\r\nb\r\n\r\n');
});
