/** Chooses the vectors of a group, has them recorded, and gives them the shape of the file format. */
import { FLAG, RUN, WORD, stackAddress } from '@wasm-tcg/conformance';
import type { Bytes, Fault, Form, Mode, State } from '@wasm-tcg/conformance';
import { Draft } from './draft.ts';
import { encode, memoryBytes } from './encode/encode.ts';
import type { Encoded, FormSpec } from './encode/encode.ts';
import { parseOperands } from './encode/operands.ts';
import { formsOf, nameOf } from './forms.ts';
import type { Case, Outcome } from './native/protocol.ts';
import { Random } from './random.ts';
import { RESULT_UNDEFINED } from './spec/row.ts';
import type { Group } from './spec/row.ts';

/** Vectors per form: encodings times states. 200 is the floor; new bytes matter more than new values. */
const ENCODINGS = 67;
const STATES = 3;

/** More iterations than any repeated string vector has. */
const MAX_STEPS = 100;

const ARITHMETIC = FLAG.CF | FLAG.PF | FLAG.AF | FLAG.ZF | FLAG.SF | FLAG.OF;

interface Chosen {
  readonly spec: FormSpec;
  readonly name: string;
  readonly seed: number;
  readonly encodings: readonly { readonly encoded: Encoded; readonly drafts: readonly Draft[] }[];
}

/** Vectors of a group, chosen but not recorded. */
export interface Plan {
  readonly cases: readonly Case[];
  /** Puts the recorder's answers, in the order of `cases`, into forms. */
  assemble(outcomes: readonly Outcome[]): Form[];
}

/** Chooses the vectors of a group in a mode; the same seed chooses the same ones. */
export function plan(group: Group, mode: Mode, seed: number): Plan {
  const names = new Set<string>();
  const chosen = group.rows.flatMap((row) => formsOf(row, mode)).map((spec) => {
    const name = nameOf(spec);
    if (names.has(name)) throw new RangeError(`two forms are called ${name}`);
    names.add(name);
    return choose(spec, name, seed);
  });
  const cases = chosen.flatMap((form) => form.encodings.flatMap(({ encoded, drafts }) => drafts.map((draft) => toCase(form.spec, encoded, draft))));
  return { cases, assemble: (outcomes) => assemble(chosen, outcomes) };
}

function choose(spec: FormSpec, name: string, seed: number): Chosen {
  const rng = new Random(seed, `${spec.mode} ${name}`);
  const registers = rng.u32();
  const rm = parseOperands(spec.row.args).find((o) => 'EMWQ'.includes(o.kind));
  const size = spec.memory && rm ? memoryBytes(spec.row, rm, spec.bits) : 0;
  let index = 0;
  const encodings = Array.from({ length: ENCODINGS }, () => {
    const encoded = encode(rng, spec);
    const drafts = Array.from({ length: STATES }, () => chooseState(rng, spec, encoded, size, registers + index++));
    return { encoded, drafts };
  });
  return { spec, name, seed: registers, encodings };
}

function chooseState(rng: Random, spec: FormSpec, encoded: Encoded, size: number, seed: number): Draft {
  for (;;) {
    const draft = new Draft(rng, spec.mode, spec.row, spec.bits, encoded, size, seed);
    draft.prepare();
    spec.row.setup?.(draft);
    if (spec.row.accept?.(draft) !== false) return draft;
  }
}

const stopOf = (encoded: Encoded): bigint => encoded.codeAddress + BigInt(encoded.code.length);

function toCase({ row }: FormSpec, encoded: Encoded, draft: Draft): Case {
  return {
    run: row.run === 'past' ? RUN.past : RUN.one, maxSteps: MAX_STEPS, words: draft.words, flags: draft.flags,
    codeAddress: encoded.codeAddress, code: encoded.code, stop: stopOf(encoded), memory: draft.patches, usesFp: row.fp === true,
  };
}

function assemble(chosen: readonly Chosen[], outcomes: readonly Outcome[]): Form[] {
  let next = 0;
  return chosen.map(({ spec, name, seed, encodings }) => ({
    name, seed, usesFp: spec.row.fp === true, statusUndefined: spec.row.statusUndefined ?? 0, run: spec.row.run === 'past' ? RUN.past : RUN.one,
    encodings: encodings.map(({ encoded, drafts }) => ({
      codeAddress: encoded.codeAddress, code: encoded.code, stop: stopOf(encoded),
      vectors: drafts.map((draft) => toState(draft, outcomes[next++] as Outcome, name)),
    })),
  }));
}

/** One recorded vector. Throws `RangeError` when it did not end. */
function toState(draft: Draft, outcome: Outcome, name: string): State {
  if (outcome.end === 'limit') throw new RangeError(`a vector of ${name} did not end`);
  const { undef } = draft.row;
  const undefinedBits = outcome.fault ? 0 : typeof undef === 'function' ? undef(draft) : (undef ?? 0);
  return {
    before: draft.words, after: outcome.words, flagsBefore: draft.flags, flagsAfter: outcome.flags,
    flagsUndefined: undefinedBits & ARITHMETIC, resultUndefined: (undefinedBits & RESULT_UNDEFINED) !== 0,
    ripAfter: outcome.rip, memory: draft.patches, fault: outcome.fault && architectural(outcome.fault),
    writes: draft.row.name === 'pushf' ? withoutTrapFlag(outcome.writes, stackAddress(draft.mode, outcome.words[WORD.rsp])) : outcome.writes,
  };
}

/** First address that Linux does not give to user programs: the last page below the end of the lower canonical half. */
const USER_END = 0x7fff_ffff_f000n;

/** Error code bit 0: the page was present. */
const PF_PRESENT = 1;

/**
 * What the processor said, without what Linux makes of it: CR2 is stale except in a #PF, and for addresses that no user
 * program can have Linux claims "present" always, to hide its layout. In the environment of the vectors nothing is mapped there.
 */
export function architectural({ vector, error, cr2 }: Fault): Fault {
  if (vector !== 14) return { vector, error, cr2: 0n };
  return { vector, error: cr2 >= USER_END ? error & ~PF_PRESENT : error, cr2 };
}

/** Takes TF, with which the recorder steps, out of the flags that PUSHF stored. */
function withoutTrapFlag(writes: readonly Bytes[], flagsAt: bigint): Bytes[] {
  return writes.map(({ address, bytes }) => {
    const at = Number(flagsAt + 1n - address);
    if (at < 0 || at >= bytes.length) return { address, bytes };
    const cleared = bytes.slice();
    cleared[at] = (cleared[at] as number) & ~(FLAG.TF >> 8);
    return { address, bytes: cleared };
  });
}
