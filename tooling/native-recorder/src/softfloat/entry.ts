/**
 * The AssemblyScript program around the softfloat sources: it runs recorded vectors and compares. It is made from the table of
 * operations, and does the comparing itself, so that a million vectors cost no call per vector.
 */
import { OPERATIONS, PLACES } from './operations.ts';
import type { Operation } from './operations.ts';

const SOFTFLOAT = './softfloat';

const HELPERS = `
let condition: u32 = 0;

function ordered(order: i32): u32 {
  return order == 2 ? 0x45 : order == 0 ? 0x40 : order < 0 ? 1 : 0;
}

function quotientBits(bits: u32): u32 {
  if (bits & REM_INCOMPLETE) return 4;
  return ((bits >> 2) & 1) | ((bits & 1) << 1) | ((bits & 2) << 5);
}

function outOfRange(done: bool): u32 {
  return done ? 0 : 4;
}

/** FPTAN pushes a one after the tangent, or the NaN again. */
function tangentAndOne(tangent: usize, pushed: usize, a: usize): bool {
  const done = f80_tan(tangent, a);
  const isNaN = load<u16>(tangent, 8) == 0x7fff || load<u16>(tangent, 8) == 0xffff;
  store<u64>(pushed, isNaN ? load<u64>(tangent) : 0x8000000000000000);
  store<u16>(pushed, isNaN ? load<u16>(tangent, 8) : 0x3fff, 8);
  return done;
}

/** Runs the operation of a record; writes flags, condition and results to the record at \`out\`. */
export function execute(record: usize, out: usize): void {
  setRounding(load<u8>(record, 1));
  setPrecision(load<u8>(record, 2));
  setMasks(load<u8>(record, 3));
  setDaz((load<u8>(record, 4) & 1) != 0);
  setFtz((load<u8>(record, 4) & 2) != 0);
  setFlags(0);
  setRoundedUp(false);
  condition = 0;
  memory.fill(out + 48, 0, 32);
  run(record, out);
  store<u8>(out, <u8>sfFlags, 6);
  store<u8>(out, <u8>(condition | (sfRoundedUp ? 2 : 0)), 7);
}

/** Results of judge 'near': vectors with equal bits, those of them with another C1, and the largest distance in units in the last place. */
export let equalCount: u32 = 0;
export let roundedOtherwise: u32 = 0;
export let maxDistance: u64 = 0;

export function resetStatistics(): void {
  equalCount = 0;
  roundedOtherwise = 0;
  maxDistance = 0;
}

/** Distance of two cells in units in the last place, infinity being next to the largest number; the largest integer if they are no neighbours. */
function distance(a: usize, b: usize): u64 {
  const ha = load<u16>(a, 8);
  const hb = load<u16>(b, 8);
  const ma = load<u64>(a);
  const mb = load<u64>(b);
  if (ha == hb) return ma > mb ? ma - mb : mb - ma;
  const ea = max<i32>(1, ha & 0x7fff);
  const eb = max<i32>(1, hb & 0x7fff);
  const special = (ea == 0x7fff && ma != 0x8000000000000000) || (eb == 0x7fff && mb != 0x8000000000000000);
  if ((ha ^ hb) & 0x8000 || special || abs(ea - eb) > 1) return u64.MAX_VALUE;
  if (ea == eb) return ma > mb ? ma - mb : mb - ma;
  return ea > eb ? ma - mb + 0x8000000000000000 : mb - ma + 0x8000000000000000;
}

function same(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u16>(a, 8) == load<u16>(b, 8);
}

/** Compares the outcome at \`out\` with what the record holds. */
function agrees(record: usize, out: usize): bool {
  const flags = load<u8>(record, 6);
  const judgement = judge(load<u8>(record));
  const otherFlags = flags ^ load<u8>(out, 6);
  // A unit in the last place may decide whether a result overflows or is tiny.
  if (otherFlags & (judgement == NEAR ? ~(OE | UE) : 63)) return false;
  const unmasked = flags & ~load<u8>(record, 3);
  if (unmasked & (judgement == EXACT ? 63 : 7)) return true;
  const mask = conditionMask(load<u8>(record));
  if ((load<u8>(record, 7) ^ load<u8>(out, 7)) & mask) return false;
  if (judgement == NEAR && mask && load<u8>(out, 7) & 4) return true;
  if (judgement != NEAR) return same(record + 48, out + 48) && same(record + 64, out + 64);
  const far = max(distance(record + 48, out + 48), distance(record + 64, out + 64));
  if (far == 0) {
    equalCount++;
    if ((load<u8>(record, 7) ^ load<u8>(out, 7)) & 2) roundedOtherwise++;
  }
  if (far > maxDistance) maxDistance = far;
  return far == 0 ? !otherFlags : far == 1;
}

/** Checks \`count\` records from \`base\`; the numbers of the first 16 that fail go to \`list\`. Returns how many fail. */
export function check(base: usize, count: u32, out: usize, list: usize): u32 {
  let failures: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const record = base + <usize>i * 80;
    execute(record, out);
    if (agrees(record, out)) continue;
    if (failures < 16) store<u32>(list + (failures << 2), i);
    failures++;
  }
  return failures;
}
`;

const JUDGEMENTS = { exact: 'EXACT', x87: 'X87', near: 'NEAR' } as const;

/** Source of the program; the softfloat folder has to stand beside it under the name `softfloat`. */
export function entrySource(): string {
  const call = OPERATIONS.map((operation, number) => `    case ${number}: ${statement(operation)}`).join('\n');
  const judge = OPERATIONS.map(({ judge: kind }, number) => `    case ${number}: return ${JUDGEMENTS[kind]};`).join('\n');
  const masks = OPERATIONS.map((operation, number) => `    case ${number}: return ${conditionMask(operation)};`).join('\n');
  return `
import { REM_INCOMPLETE } from '${SOFTFLOAT}/f80';
import { OE, UE, setDaz, setFlags, setFtz, setMasks, setPrecision, setRoundedUp, setRounding, sfFlags, sfRoundedUp, sfRounding } from '${SOFTFLOAT}/state';
import { ${names('f32').join(', ')} } from '${SOFTFLOAT}/f32';
import { ${names('f64').join(', ')} } from '${SOFTFLOAT}/f64';
import { ${names('f80').join(', ')} } from '${SOFTFLOAT}/f80';
const EXACT: u32 = 0;
const X87: u32 = 1;
const NEAR: u32 = 2;
${HELPERS}
function run(record: usize, out: usize): void {
  switch (load<u8>(record)) {
${call}
  }
}
function judge(operation: u32): u32 {
  switch (operation) {
${judge}
  }
  return EXACT;
}
function conditionMask(operation: u32): u32 {
  switch (operation) {
${masks}
  }
  return 0;
}
`;
}

function conditionMask({ judge, conditions = 0 }: Operation): number {
  return judge === 'x87' && conditions === 0 ? 2 : conditions;
}

type Format = 'f32' | 'f64' | 'f80';

/** The file that exports a function: f80 for all that has to do with it, else the format that its name mentions first. */
function owner(name: string): Format {
  if (name.includes('f80')) return 'f80';
  return (/f32|f64/.exec(name)?.[0] ?? 'f64') as Format;
}

/** The functions of one file that are called. */
function names(file: Format): string[] {
  const found = [HELPERS, ...OPERATIONS.map(({ call }) => call)].flatMap((text) => text.match(/\b\w*f(?:32|64|80)\w*/g) ?? []);
  return [...new Set(found)].filter((name) => owner(name) === file);
}

function statement({ call, gives }: Operation): string {
  const text = call.replace(/\b[A-Za-z_]\w*\b/g, (word) => (Object.hasOwn(PLACES, word) ? PLACES[word as keyof typeof PLACES] : word));
  switch (gives) {
    case 'nothing':
      return `${text}; return;`;
    case 'condition':
      return `condition = ${text}; return;`;
    case 'u32':
      return `store<u64>(out, <u64><u32>(${text}), 48); return;`;
    case 'i32':
      return `store<u64>(out, <u64><i64>(${text}), 48); return;`;
    default:
      return `store<u64>(out, <u64>(${text}), 48); return;`;
  }
}
