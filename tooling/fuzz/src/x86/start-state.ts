/** Registers at the start of a program. */
import { REGISTER_NAMES, type RegisterName } from '@wasm-tcg/guest-x86';
import { Random } from '../random.ts';
import { segmentsOf } from './image.ts';
import { bitsOf, DATA, GDT, GDT_BYTES, IDT, POINTERS, Selector, STACK_TOP, TABLES, type Mode, type Paging } from './layout.ts';
import type { X86Program } from './program.ts';

type Registers = Map<RegisterName, bigint>;

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
const CR0 = { PE: 1n, ET: 0x10n, NE: 0x20n, WP: 0x10000n, PG: 0x80000000n } as const;
const CR4_PAE = 0x20n;
const CR4_OSFXSR_OSXMMEXCPT = 0x600n;
const EFER_LME_LMA = 0x500n;
const FLAGS_ALWAYS = 2;
const FLAGS_ARITHMETIC = 0x8d5;
const FLAG_DF = 0x400;
const FLAG_TF = 0x100;

/** What is not compared: a host's own bookkeeping. */
const NOT_COMPARED: ReadonlySet<RegisterName> = new Set<RegisterName>(['tsc_offset']);

/** Registers that programs may change. */
export const COMPARED: readonly RegisterName[] = REGISTER_NAMES.filter((name) => !NOT_COMPARED.has(name));

/** All registers that differ from `powerOn`, for a start state of a program. */
export function startRegisters(program: X86Program, seed: number, powerOn: ReadonlyMap<RegisterName, bigint>): Registers {
  const { mode, paging, address } = program;
  const rng = new Random(seed);
  const registers: Registers = new Map(powerOn);
  for (const name of GENERAL) registers.set(name, mode === 'long64' ? rng.value() : BigInt.asUintN(32, rng.value()));
  for (const [name, value] of Object.entries(POINTERS)) registers.set(name as keyof typeof POINTERS, BigInt(value + (rng.chance(0.3) ? rng.between(-16, 16) : 0)));
  registers.set('rsp', BigInt(STACK_TOP - rng.below(16) * (rng.chance(0.9) ? 8 : 1)));
  // Counts that end.
  if (rng.chance(0.7)) registers.set('rcx', BigInt(rng.below(20)));
  registers.set('rip', BigInt(address));
  const flags = FLAGS_ALWAYS | (rng.u32() & FLAGS_ARITHMETIC) | (rng.chance(0.15) ? FLAG_DF : 0) | (rng.chance(0.02) ? FLAG_TF : 0);
  registers.set('rflags', BigInt(flags));
  vectors(registers, rng);
  x87(registers, rng);
  if (mode === 'real16') realSegments(registers);
  else protectedSegments(registers, mode);
  control(registers, mode, paging);
  return registers;
}

/** Lanes with few bits apart, so that comparisons and saturation hit; MXCSR as it is mostly, or with another rounding and FTZ, DAZ. */
function vectors(registers: Registers, rng: Random): void {
  const half = (): bigint => (rng.chance(0.3) ? BigInt(rng.below(0x100)) * 0x0101_0101_0101_0101n : rng.value());
  for (const name of REGISTER_NAMES) {
    if (/^xmm\d/.test(name)) registers.set(name, BigInt.asUintN(64, half()) | (BigInt.asUintN(64, half()) << 64n));
    // They are the significands of x87 registers, too: of normal numbers mostly.
    else if (/^mm\d/.test(name)) registers.set(name, BigInt.asUintN(64, half()) | (rng.chance(0.7) ? 1n << 63n : 0n));
  }
  registers.set('mxcsr', BigInt(0x1f80 | (rng.chance(0.3) ? (rng.u32() & 0xe07f) : 0)));
}

/** Some registers in use; exceptions masked most of the time, and none pending. */
function x87(registers: Registers, rng: Random): void {
  const masks = rng.chance(0.1) ? rng.below(64) : 63;
  registers.set('fcw', BigInt(0x40 | masks | (rng.chance(0.5) ? 0x300 : rng.pick([0, 2, 3]) << 8) | (rng.chance(0.3) ? rng.below(4) << 10 : 0)));
  registers.set('fsw', BigInt((rng.u32() & 0x7f00) | (rng.u32() & masks)));
  registers.set('ftw', BigInt(rng.pick([0, 0xff, 0x3c, rng.below(256)])));
  for (const i of [0, 1, 2, 3, 4, 5, 6, 7] as const) {
    const exponent = rng.chance(0.8) ? 0x3fff + rng.between(-70, 70) : rng.pick([0, 1, 0x7ffe, 0x7fff]);
    registers.set(`st${i}`, BigInt(exponent | (rng.chance(0.5) ? 0x8000 : 0)) << 64n);
  }
}

function realSegments(registers: Registers): void {
  for (const name of ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const) {
    registers.set(name, 0n);
    registers.set(`${name}.base`, 0n);
    registers.set(`${name}.limit`, 0xffffn);
    registers.set(`${name}.access`, name === 'cs' ? 0x9b00n : 0x9300n);
  }
  registers.set('idtr.base', 0n);
  registers.set('idtr.limit', 0x3ffn);
}

function protectedSegments(registers: Registers, mode: Mode): void {
  const segments = segmentsOf(mode);
  const narrow = bitsOf(mode) === 16;
  const selectors = {
    es: Selector.data, cs: Selector.code, ss: narrow ? Selector.stack16 : Selector.data, ds: Selector.data, fs: mode === 'long64' ? Selector.data : Selector.small, gs: Selector.data,
  } as const;
  for (const name of ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const) {
    const segment = segments.get(selectors[name]);
    if (!segment) continue;
    registers.set(name, BigInt(selectors[name]));
    registers.set(`${name}.base`, BigInt(segment.base));
    registers.set(`${name}.limit`, BigInt(segment.limit));
    registers.set(`${name}.access`, BigInt((segment.access << 8) | (segment.flags << 20)));
  }
  if (mode === 'long64') registers.set('fs.base', BigInt(DATA + 0x100));
  registers.set('idtr.base', BigInt(IDT));
  registers.set('idtr.limit', BigInt(32 * (mode === 'long64' ? 16 : 8) - 1));
  registers.set('gdtr.base', BigInt(GDT));
  registers.set('gdtr.limit', BigInt(GDT_BYTES - 1));
}

function control(registers: Registers, mode: Mode, paging: Paging): void {
  registers.set('cr0', CR0.ET | CR0.NE | (mode === 'real16' ? 0n : CR0.PE | CR0.WP) | (paging === 'none' ? 0n : CR0.PG));
  registers.set('cr2', 0n);
  registers.set('cr3', paging === 'none' ? 0n : BigInt(TABLES));
  registers.set('cr4', CR4_OSFXSR_OSXMMEXCPT | (paging === 'pae' || paging === '4-level' ? CR4_PAE : 0n));
  registers.set('efer', mode === 'long64' ? EFER_LME_LMA : 0n);
  if (paging === 'pae') registers.set('pdpte0', BigInt(TABLES + 0x1000) | 1n);
}
