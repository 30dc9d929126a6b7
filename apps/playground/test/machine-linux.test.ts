/** Linux in the machine's worker, as the page has it, but in Node. Not run where Debian's packages cannot be had. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MachineHost } from '../src/machine/worker/machine-host.ts';
import { loadGuests } from '../src/machine/guests.ts';
import type { MachineConfig } from '../src/machine/protocol.ts';
import { RecordedEvents } from './machine-events.ts';
import { siteWithLinux } from './site-guest.ts';

const PATIENCE = 240_000;
const PROMPT = 'wasm-tcg:~# ';
const BASE: Omit<MachineConfig, 'source'> = { model: 'x86-64', memory: 256, mode: 'tiered', clock: 'host', append: 'quiet' };
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const site = await siteWithLinux();
afterAll(() => site?.remove());

describe.runIf(site !== undefined)('Linux', () => {
  let machine: MachineHost;
  let events: RecordedEvents;

  /** What the guest prints for a command, up to the next prompt. */
  async function shell(command: string): Promise<string> {
    const from = events.text.length;
    machine.input(new TextEncoder().encode(`${command}\n`));
    await events.until(() => events.text.indexOf(PROMPT, from) >= 0);
    return events.text.slice(from, events.text.lastIndexOf(PROMPT)).replaceAll('\r', '').split('\n').slice(1).join('\n').trim();
  }

  const file = (name: string, bytes: Uint8Array | string): File => new File([bytes as Uint8Array<ArrayBuffer>], name);
  const pattern = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * seed + (i >> 8)) & 0xff);
  const received = (name: string): Uint8Array | undefined => events.files.find((candidate) => candidate.name === name)?.bytes;

  beforeAll(async () => {
    machine = new MachineHost({ site: site!.address, fetch: site!.fetch, isolated: false });
    events = new RecordedEvents();
    await machine.start({ ...BASE, source: { kind: 'guest', name: 'linux-cloud-amd64' } }, events);
    await events.until(() => events.text.includes(PROMPT));
  }, PATIENCE);
  afterAll(() => machine.powerOff());

  it('is fetched with progress in bytes, is at its shell, and says that files can be sent', async () => {
    const [guest] = await loadGuests(site!.address, site!.fetch);
    const fetched = events.progresses.filter(({ phase }) => phase === 'fetch');
    expect(fetched.at(-1)).toMatchObject({ done: guest!.bytes, total: guest!.bytes });
    expect(events.text).toContain('receive takes the files sent from the page');
    expect(await shell('uname -m')).toBe('x86_64');
  }, PATIENCE);

  it('receives files, also again and larger ones', async () => {
    expect(await shell('receive')).toBe('receive: nothing was sent');
    await machine.sendFiles([file('hello.txt', 'hello\n'), file(`${'long'.repeat(40)}.txt`, 'x')]);
    expect(await shell('receive && cat hello.txt')).toBe(`hello.txt\n${'long'.repeat(40)}.txt\nhello`);
    const large = pattern(1_500_000, 7);
    await machine.sendFiles([file('large.bin', large)]);
    expect(await shell('receive && sha256sum large.bin')).toBe(`large.bin\n${sha256(large)}  large.bin`);
    await machine.sendFiles([file('hello.txt', 'once more\n')]);
    expect(await shell('receive && cat hello.txt')).toBe('hello.txt\nonce more');
  }, PATIENCE);

  it('what waits on the disk is joined by what is sent next', async () => {
    await machine.sendFiles([file('a', '1'), file('b', '2')]);
    await machine.sendFiles([file('c', '3'), file('a', '4')]);
    expect(await shell('receive && cat a b c && echo')).toBe('b\nc\na\n423');
  }, PATIENCE);

  it('sends files and folders, also again', async () => {
    await shell('mkdir -p d; echo inside > d/f; dd if=/dev/urandom of=r bs=1k count=1000 2>/dev/null; send d r');
    await events.until(() => events.files.length >= 2);
    expect([events.files.map(({ name }) => name), new TextDecoder().decode(received('d/f'))]).toEqual([['d/f', 'r'], 'inside\n']);
    expect(await shell('sha256sum <r')).toBe(`${sha256(received('r')!)}  -`);
    await shell('echo second > s && send s');
    await events.until(() => received('s') !== undefined);
    expect(new TextDecoder().decode(received('s'))).toBe('second\n');
    expect(await shell('send')).toBe('usage: send FILE...');
  }, PATIENCE);

  it('sends with tar alone, as a guest does that has no such command', async () => {
    await shell('disk=$(transfer-disk); echo plain > p; tar cf $disk p');
    await events.until(() => received('p') !== undefined);
    expect(new TextDecoder().decode(received('p'))).toBe('plain\n');
  }, PATIENCE);

  it('goes on from a snapshot with what waits on the disk', async () => {
    await shell('variable=kept');
    await machine.sendFiles([file('waits', 'for you\n')]);
    const snapshot = await machine.snapshot();
    events = new RecordedEvents();
    await machine.start({ ...BASE, source: { kind: 'snapshot', file: snapshot, disks: [] } }, events);
    expect(await shell('echo $variable')).toBe('kept');
    expect(await shell('receive && cat waits')).toBe('waits\nfor you');
    await machine.sendFiles([file('later', 'too\n')]);
    expect(await shell('receive && cat later')).toBe('later\ntoo');
  }, PATIENCE);

  it('switches itself off at the power button', async () => {
    await machine.powerButton();
    await events.ended();
    expect(events.statuses.at(-1)).toBe('ended: poweroff');
  }, PATIENCE);
});
