/** The rig's parts that need no guest: serial lines, marks, peers, options, figures from /proc; and a session with an agent made of a script. */
import { afterEach, describe, expect, it } from 'vitest';
import {
  beginMark, BenchError, checksumOf, commandOf, compileArguments, cpuSeconds, endMark, makePeers, makeText, nativePeer, parseRigOptions, patchSeconds, peakBytes, PEER_NAMES,
  PROGRAMS, PROMPT, rotated, SerialLine, Session, type Launch, type RigImage,
} from '@wasm-tcg/bench';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const codeOf = (thrower: () => unknown): string => {
  try {
    thrower();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof BenchError ? `${error.code}: ${error.message}` : String(error);
  }
};

/** A line whose chunks came at 0, 1, 2 … s. */
function lineOf(...chunks: readonly string[]): SerialLine {
  let seconds = 0;
  const line = new SerialLine(() => 1000 * seconds++);
  for (const chunk of chunks) line.receive(bytes(chunk));
  return line;
}

describe('a serial line', () => {
  const never = new AbortController().signal;

  it('says when the end of a match came', () => {
    const line = lineOf('x\n@beg', 'in r1\nabc', '\n@end r1 0 17', '\n');
    expect(line.find(beginMark('r1'), 0)).toMatchObject({ time: 1000, end: 12 });
    expect(line.find(endMark('r1'), 12)).toMatchObject({ time: 3000 });
    expect(line.find(endMark('r1'), 12)?.match.slice(1)).toEqual(['0', '17']);
    expect(line.find(beginMark('r1'), 12)).toBeUndefined();
  });

  it('knows r1 from r11', () => {
    expect(lineOf('@end r11 0 17\n').find(endMark('r1'), 0)).toBeUndefined();
  });

  it('waits', async () => {
    const line = lineOf('nothing yet');
    const found = line.waitFor(PROMPT, 'the shell', { from: 0, timeout: 10, signal: never });
    line.receive(bytes('\r\nwasm-tcg:~'));
    line.receive(bytes('# '));
    expect(await found).toMatchObject({ time: 2000 });
  });

  it('gives up', async () => {
    await expect(lineOf('last words').waitFor(PROMPT, 'the shell', { from: 0, timeout: 0.01, signal: never })).rejects.toMatchObject({ code: 'stopped', message: 'the shell did not come within 0.01 s; last came "last words"' });
    const controller = new AbortController();
    const waiting = lineOf('').waitFor(PROMPT, 'the shell', { from: 0, timeout: 10, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

it.each([
  ['checksum 0badc0de\n', '0badc0de'],
  ['noise\r\nchecksum 12\r\n\n@end r1 0 5\n', '12'],
  ['no checksum\n', undefined],
])('the checksum of %j', (output, expected) => {
  expect(checksumOf(output)).toBe(expected);
});

describe('the time in which the kernel patches itself', () => {
  const FTRACE = ['[ 0.1] ftrace: allocating 36953 entries in 73 pages\r\n', '[ 0.2] ftrace: allocated 73 pages\r\n'];
  const FPU = ['[ 0.3] x86/fpu: one\r\n[ 0.3] x86/fpu: two\r\n', '[ 0.4] pid_max: default\r\n'];
  it('is the sum of two spans', () => {
    expect(patchSeconds(lineOf('[ 0.0] Linux\r\n', ...FTRACE, ...FPU, 'more\r\n'))).toBe(2);
    expect(patchSeconds(lineOf(FTRACE[0], 'half a ', 'line\n', ...FPU))).toBe(3);
  });
  it('is not known when a line is missing', () => {
    expect(patchSeconds(lineOf(...FTRACE))).toBeUndefined();
    expect(patchSeconds(lineOf(...FPU))).toBeUndefined();
  });
});

describe('figures of a process', () => {
  it('peak memory', () => {
    expect(peakBytes('Name:\tnode\nVmPeak:\t  999 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 1 kB\n')).toBe(2 ** 21);
    expect(peakBytes('')).toBeUndefined();
  });
  it('processor time with that of children, whatever the name', () => {
    expect(cpuSeconds('42 (a) b (c) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 25 75 20 0 1 0')).toBe(3);
    expect(cpuSeconds('')).toBeUndefined();
  });
});

describe('programs', () => {
  it('have names that C can use, once each', () => {
    expect(new Set(PROGRAMS.map(({ name }) => name)).size).toBe(PROGRAMS.length);
    for (const { name } of PROGRAMS) expect(name).toMatch(/^[a-z]\w+$/);
  });
  it('are run by their name or by busybox', () => {
    const command = (wanted: string): string | undefined => PROGRAMS.filter(({ name }) => name === wanted).map((program) => commandOf(program, 3))[0];
    expect(command('sieve')).toBe('./programs sieve 3');
    expect(command('awk')).toBe('busybox sh ./awk.sh 3');
  });
  it('are compiled for old processors, each under its name', () => {
    const sse2 = PROGRAMS.find(({ name }) => name === 'nbody_sse');
    expect(sse2 && compileArguments(sse2, 32, 'o').join(' ')).toMatch(/-m32 -march=i686 -msse2 -mfpmath=sse -Drun=run_nbody_sse -c -o o .*nbody\.c$/);
  });
  it('work on the same text in every run', () => {
    expect(makeText()).toBe(makeText());
    expect(makeText()).toMatch(/^[a-z]+( [a-z]+){10}\n/);
    expect(makeText().length).toBe(48 * 1024);
  });
});

describe('peers', () => {
  const image: RigImage = { bits: 32, kernel: '/k', initrd: '/i', append: 'console=ttyS0', release: '6.1', native: '/n' };
  const nodes = [{ path: '/node20', version: '20.1.2' }, { path: '/node24', version: '24.9.0' }];
  const peers = makePeers(PEER_NAMES, nodes);

  it('stand once per Node where Node runs them', () => {
    expect(peers.map(({ name }) => name)).toEqual(['native', 'qemu', 'v86', 'v86@24', 'tiered', 'tiered@24', 'tb-per-module', 'tb-per-module@24', 'tci', 'tci@24']);
  });

  it('boot the same kernel with the same initramfs and words', () => {
    for (const { name, launch } of peers) {
      const { boots, args } = launch(image);
      expect([name, boots]).toEqual([name, name !== 'native']);
      if (boots) expect(args).toEqual(expect.arrayContaining(['/k', '/i', 'console=ttyS0']));
    }
  });

  it('run with their own Node', () => {
    expect(peers.find(({ name }) => name === 'v86@24')?.launch(image).program).toBe('/node24');
    expect(peers.find(({ name }) => name === 'tci')?.otherBoots?.unpacked(image).args.at(-1)).toBe('unpacked');
  });

  it('vary an execution option', () => {
    const varied = makePeers(['tiered'], nodes, [{ option: 'slice', value: 1000 }]);
    expect(varied.map(({ name }) => name)).toEqual(['tiered', 'tiered@24', 'slice=1000', 'slice=1000@24']);
    expect(varied.map(({ launch }) => launch(image).args.at(-2))).toEqual([...Array(2).fill('{"mode":"tiered"}'), ...Array(2).fill('{"mode":"tiered","slice":1000}')]);
  });

  it('say why they are missing', () => {
    expect(peers.find(({ name }) => name === 'v86')?.unavailable(64)).toBe('v86 has no 64-bit mode');
    expect(nativePeer('darwin', 'arm64').unavailable(32)).toMatch(/Linux on x86-64, this is darwin on arm64/);
    expect(nativePeer('linux', 'x64').unavailable(32)).toBeUndefined();
  });

  it('take turns in being first', () => {
    expect([0, 1, 4].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'bca']);
    expect(rotated([], 2)).toEqual([]);
  });
});

describe('options', () => {
  it('have defaults', () => {
    expect(parseRigOptions([])).toMatchObject({ bits: [32, 64], rounds: 3, units: 8, times: 4, otherBoots: true, nodes: ['host'], peers: PEER_NAMES, timeout: 600 });
    expect(parseRigOptions(['--quick'])).toMatchObject({ bits: [32], rounds: 1, units: 1, otherBoots: false, peers: ['native', 'qemu', 'v86', 'tiered'] });
    expect(parseRigOptions(['--quick', '--bits', '64', '--peers', 'tiered,native', '--node', 'host,24'])).toMatchObject({ bits: [64], peers: ['native', 'tiered'], nodes: ['host', '24'], variations: [] });
  });
  it('can be repeated where several values are compared', () => {
    expect(parseRigOptions(['--vary', 'batch=8,16', '--vary', 'slice=9']).variations).toEqual([{ option: 'batch', value: 8 }, { option: 'batch', value: 16 }, { option: 'slice', value: 9 }]);
  });
  it.each([
    [['--bits', '16'], 'usage: no width 16'],
    [['--peers', 'bochs'], 'usage: no peer bochs'],
    [['--programs', 'sive'], 'usage: no program sive'],
    [['--vary', 'taste=1'], 'usage: --vary taste=1: taste is none of moduleThreshold, regionThreshold, batch, slice, patchThreshold'],
    [['--vary', 'batch'], 'usage: --vary batch  is no number above 0'],
    [['--rounds', '0'], 'usage: --rounds 0 is no number above 0'],
    [['--timeout', 'x'], 'usage: --timeout x is no number above 0'],
  ])('%j', (args, expected) => {
    expect(codeOf(() => parseRigOptions(args))).toBe(expected);
  });
});

describe('a session', () => {
  /** An agent that runs nothing but answers as the real one. */
  const AGENT = `
    process.stdout.write('\\n@ready\\n');
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const [id, word] = line.split(' ');
      if (word === 'die') process.exit(3);
      if (word === 'panic') { process.stdout.write('Kernel panic - not syncing: no reason\\n'); return; }
      if (word === 'hang') return;
      process.stdout.write('\\n@begin ' + id + '\\nchecksum ' + word + '\\n\\n@end ' + id + ' 0 250000\\n');
    });`;
  const launch: Launch = { program: process.execPath, args: ['-e', AGENT], counts: false, boots: false };
  const open: Session[] = [];
  const start = async (signal: AbortSignal = new AbortController().signal): Promise<Session> => {
    const { session } = await Session.start(launch, { timeout: 30, signal });
    open.push(session);
    return session;
  };
  afterEach(async () => {
    for (const session of open.splice(0)) await session.end();
  });

  it('runs one command after the other', async () => {
    const session = await start();
    expect(await session.run('one')).toMatchObject({ checksum: 'one', status: 0, guestSeconds: 0.25, seconds: 0.25, instructions: undefined });
    expect(await session.run('two')).toMatchObject({ checksum: 'two' });
  }, 60_000);

  it.each([
    ['die', /ended with 3/],
    ['panic', /Kernel panic - not syncing: no reason/],
  ])('notices: %s', async (command, message) => {
    await expect((await start()).run(command)).rejects.toMatchObject({ code: 'stopped', message: expect.stringMatching(message) });
  }, 60_000);

  it('lets go when it is told to', async () => {
    const controller = new AbortController();
    const session = await start(controller.signal);
    const hanging = session.run('hang');
    controller.abort(new Error('Ctrl-C'));
    await expect(hanging).rejects.toThrow('Ctrl-C');
  }, 60_000);

  it('says what cannot be started', async () => {
    const nothing = { ...launch, program: '/no/such/program' };
    await expect(Session.start(nothing, { timeout: 5, signal: new AbortController().signal })).rejects.toMatchObject({ code: 'stopped', message: expect.stringMatching(/cannot be run/) });
  });
});
