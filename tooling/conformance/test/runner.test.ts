/** The runner, against a target that knows the answers and can be told to get one wrong. */
import { describe, expect, it } from 'vitest';
import { Runner, emptyTally, groupNames, openGroup, regionsOf } from '@wasm-tcg/conformance';
import type { Control, Ending, Mode, Target, Vector } from '@wasm-tcg/conformance';
import { runConformance, selectGroups } from '../src/conformance.ts';
import { describe as describeVector, describeFailure } from '../src/report.ts';

type Spoil = (state: { words: BigUint64Array; control: Control; memory: Map<string, Uint8Array> }) => Ending | void;

/** Answers with the recorded state of the vector it was told about. */
class Replay implements Target {
  next: Vector | undefined;
  readonly #memory = new Map<string, Uint8Array>();
  #mode: Mode = 64;
  readonly #spoil: Spoil;
  #state: { words: BigUint64Array; control: Control } = { words: new BigUint64Array(), control: { rip: 0n, flags: 0 } };

  constructor(spoil: Spoil = () => {}) {
    this.#spoil = spoil;
  }

  enter(mode: Mode): void {
    this.#mode = mode;
    for (const r of regionsOf(mode)) this.#memory.set(r.name, new Uint8Array(r.length));
  }

  loadState(): void {}

  #at(address: bigint, length: number): Uint8Array {
    const r = regionsOf(this.#mode).find((q) => address >= q.address && address + BigInt(length) <= q.address + BigInt(q.length));
    if (!r) throw new RangeError('no region');
    const from = Number(address - r.address);
    return (this.#memory.get(r.name) as Uint8Array).subarray(from, from + length);
  }

  setMemory(address: bigint, bytes: Uint8Array): void {
    this.#at(address, bytes.length).set(bytes);
  }

  readMemory(address: bigint, length: number): Uint8Array {
    return this.#at(address, length);
  }

  step(): Ending {
    const v = this.next as Vector;
    this.#state = { words: v.after.slice(), control: { rip: v.ripAfter, flags: v.flagsAfter } };
    for (const { address, bytes } of v.writes) this.setMemory(address, bytes);
    const spoiled = this.#spoil({ ...this.#state, memory: this.#memory });
    return spoiled ?? (v.fault ? { kind: 'fault', fault: v.fault } : { kind: 'done' });
  }

  readState(words: BigUint64Array, control: Control): void {
    words.set(this.#state.words);
    Object.assign(control, this.#state.control);
  }
}

function run(group: string, spoil: Spoil, wanted: (v: Vector) => boolean, count = 50) {
  const target = new Replay(spoil);
  const file = openGroup(group);
  const runner = new Runner(target, file.header.mode);
  const tally = emptyTally();
  let left = count;
  const vectors = function* (): Generator<Vector> {
    for (const v of file.vectors()) {
      if (!wanted(v)) continue;
      if (left-- === 0) return;
      target.next = v;
      yield v;
    }
  };
  runner.runAll(vectors(), tally, 3);
  return tally;
}

describe('runner', () => {
  it.each(['64-alu', '32-string', '64-program', '64-x87-move', '64-fetch'])('passes recorded answers of %s', (group) => {
    const tally = run(group, () => {}, () => true, 2000);
    expect(tally.failures.map(describeFailure)).toEqual([]);
    expect(tally.passed).toBe(2000);
  });

  it.each<[string, Spoil, (v: Vector) => boolean, RegExp]>([
    ['a register', ({ words }) => { words[9] ^= 1n << 40n; }, () => true, /^r9: expected/m],
    ['a flag', ({ control }) => { control.flags ^= 1; }, (v) => (v.flagsUndefined & 1) === 0, /flags: .*CF differ/],
    ['the instruction pointer', ({ control }) => { control.rip += 1n; }, () => true, /rip: expected/],
    ['memory', ({ memory }) => { (memory.get('upper') as Uint8Array)[77] ^= 0x80; }, () => true, /memory at 9abcd04d/],
    ['an exception that should not be', () => ({ kind: 'fault', fault: { vector: 13, error: 0, cr2: 0n } }), (v) => v.fault === undefined, /expected no exception, got exception 13/],
    ['a missing exception', () => ({ kind: 'done' }), (v) => v.fault !== undefined, /expected exception .* got no exception/],
    ['a run without end', () => ({ kind: 'limit' }), () => true, /did not end/],
  ])('notices %s', (_, spoil, wanted, text) => {
    const tally = run('64-shift', spoil, wanted);
    expect(tally.passed).toBe(0);
    expect(tally.failed).toBe(50);
    expect(tally.failures[0].verdict.differences.join('\n')).toMatch(text);
  });

  it('counts undefined flags and results apart', () => {
    const flags = run('64-shift', ({ control }) => { control.flags ^= 0x10; }, (v) => (v.flagsUndefined & 0x10) !== 0);
    expect(flags).toMatchObject({ passed: 50, failed: 0, undefinedFlags: 50, undefinedFlagsEqual: 0 });
    const results = run('64-bits', ({ words }) => { for (let i = 0; i < 16; i++) words[i] ^= 1n; }, (v) => v.resultUndefined);
    expect(results).toMatchObject({ passed: 50, undefinedResults: 50, undefinedResultsEqual: 0 });
  });

  it('puts memory back after what it did not expect', () => {
    let first = true;
    const tally = run('64-alu', ({ memory }) => {
      if (first) (memory.get('data') as Uint8Array)[5] ^= 1;
      first = false;
    }, () => true, 10);
    expect(tally).toMatchObject({ passed: 9, failed: 1 });
  });
});

describe('report', () => {
  it('shows a vector with its disassembly', () => {
    const [vector] = openGroup('64-alu').vectors();
    const text = describeVector(vector);
    expect(text).toContain('64-alu: add [00 /r] Eb,Gb #0');
    expect(text).toMatch(/\badd /);
    expect(text).toMatch(/rax [0-9a-f]+/);
  });

  it('prints a line per group and mode', async () => {
    const lines: string[] = [];
    const target = new Replay(() => ({ kind: 'limit' }));
    const [vector] = openGroup('32-crc32').vectors();
    target.next = vector;
    const sum = await runConformance({ modes: ['a mode'], group: '32-crc32', show: 1, perForm: 2 }, () => target, (line) => lines.push(line));
    expect(sum).toEqual({ passed: 0, failed: 12 });
    expect(lines[0]).toBe('mode a mode');
    expect(lines[1]).toMatch(/^32-crc32 +0 passed +12 failed/);
    expect(lines.join('\n')).toContain('✗ did not end');
  });

  it('selects all groups unless told otherwise', () => {
    expect(selectGroups({})).toEqual(groupNames());
    expect(selectGroups({ group: 'x87' })).toEqual(['64-x87-arithmetic', '64-x87-move', '64-x87-transcendental']);
  });
});
