/** The emulator as a target of the runner: one machine, in whose RAM the recorded environment is built once per mode. */
import { createMachine } from '@wasm-tcg/emulator';
import type { ExecutionOptions, Machine, MachineCounters } from '@wasm-tcg/emulator';
import type { RegisterName } from '@wasm-tcg/guest-x86';
import { CodeShadow } from './emulator/code-shadow.ts';
import { PTE, PageTables } from './emulator/page-tables.ts';
import type { SystemWidth } from './emulator/system.ts';
import { ACCESS_RIGHTS, HANDLER_STRIDE, SYSTEM, SYSTEM_ADDRESS, SYSTEM_LENGTH, SYSTEM_LIMITS, TSS_SELECTOR, accessRights, pushesErrorCode, systemPages } from './emulator/system.ts';
import { ACCESS, REGIONS, WORD, regionsOf } from './format/environment.ts';
import type { Mode, Region } from './format/environment.ts';
import { FormatError } from './format/error.ts';
import { SEGMENTS, SEGMENT_NAMES, codeBase } from './format/segments.ts';
import { RUN } from './format/vector.ts';
import type { Control, Ending, Extent, Target } from './target.ts';

/** RAM: 64 pages for the environment and its page tables, and some. */
const MEMORY = 0x8_0000;
const FIRST_PAGE = 0x1000;

const GENERAL = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const satisfies readonly RegisterName[];
const XMM = Array.from({ length: 16 }, (_, i) => `xmm${i}` as RegisterName);
const ST = Array.from({ length: 8 }, (_, i) => `st${i}` as RegisterName);

/** CR0: PG, AM, WP, NE, ET, MP, PE. CR4: PAE, PGE, OSFXSR, OSXMMEXCPT. EFER: NXE, and LMA and LME in a 64-bit system. */
const CR0 = 0x8005_0033n;
const CR4 = 0x6a0n;
const EFER = { 32: 0x800n, 64: 0xd00n } as const;
/** EFLAGS of a vector are without these: TF and RF. */
const HIDDEN_FLAGS = 0x1_0100n;

/** #GP: what the HLT behind a vector's code raises. #PF: what a jump out of the code region may raise. */
const GENERAL_PROTECTION = 13;
const PAGE_FAULT = 14;

/** Instructions beyond a vector's own until the CPU halts: the HLT behind it, its exception, the HLT of the handler; rep instructions test once more. */
const EPILOGUE = 4;

/** An exception that arrived, from the frame that its handler found. */
interface Arrival {
  readonly vector: number;
  readonly error: number;
  readonly rip: bigint;
  readonly flags: bigint;
  readonly rsp: bigint;
}

/** Modules that may wait for collection: the garbage collector does not know what they weigh. Node 20 has room for 60,000. */
const pool = { modules: 30_000, heldModules: 4000 } as const;

export interface TargetOptions {
  readonly execution: ExecutionOptions;
  /** 16- and 32-bit code runs in compatibility mode, under a 64-bit system, as it did when it was recorded. */
  readonly compatibility?: boolean;
}

/** Targets by name. The thresholds have every TB compiled before it runs for the first time. */
export const TARGETS = {
  tci: { execution: { mode: 'tci' } },
  'tb-per-module': { execution: { mode: 'tb-per-module', moduleThreshold: 1, pool } },
  tiered: { execution: { mode: 'tiered', moduleThreshold: 1, batch: 1, regionThreshold: 1, pool } },
  /** `tiered` without its regions: modules with structured control flow and linked TBs. */
  modules: { execution: { mode: 'tiered', moduleThreshold: 1, batch: 1, regionThreshold: 0x3fff_ffff, pool } },
  compatibility: { execution: { mode: 'tci' }, compatibility: true },
} as const satisfies Readonly<Record<string, TargetOptions>>;
export type TargetName = keyof typeof TARGETS;

/** What `all` stands for: the execution modes of the emulator, and compatibility mode. The one that takes longest comes first. */
export const ALL_TARGETS: readonly TargetName[] = ['tiered', 'tb-per-module', 'tci', 'compatibility'];

export class EmulatorTarget implements Target {
  readonly #machine: Machine;
  readonly #physical = new Map<Region, number>();
  readonly #shadow = new CodeShadow(REGIONS.code.length);
  readonly #compatibility: boolean;
  #mode: Mode = 64;
  #system = 0;
  #arrival: Arrival | undefined;
  /** Vectors run by one instruction, which is always interpreted. */
  #stepped = 0;

  constructor({ execution, compatibility = false }: TargetOptions) {
    this.#machine = createMachine({ memory: MEMORY, execution });
    this.#compatibility = compatibility;
  }

  supports(mode: Mode): boolean {
    return mode !== 64 || !this.#compatibility;
  }

  get #width(): SystemWidth {
    return this.#mode === 64 || this.#compatibility ? 64 : 32;
  }

  counters(): MachineCounters {
    return this.#machine.counters();
  }

  summary(): string {
    const { tciInstructions, moduleInstructions, regionInstructions, translatedTbs, compiledModuleTbs, compiledRegions, flushes, invalidatedTbs } = this.counters();
    const all = tciInstructions + moduleInstructions + regionInstructions;
    const share = (part: number): string => `${((part / Math.max(1, all)) * 100).toFixed(1)}%`;
    return `${all} instructions: ${share(tciInstructions)} interpreted, ${share(regionInstructions)} in regions, ${share(moduleInstructions)} in modules or deliveries of exceptions; ` +
      `${translatedTbs} TBs translated, ${compiledModuleTbs} compiled, ${compiledRegions} regions, ${invalidatedTbs} invalidated, ${flushes} flushes; ${this.#stepped} vectors by one instruction`;
  }

  enter(mode: Mode): void {
    const machine = this.#machine;
    this.#mode = mode;
    machine.reset();
    machine.memory.fill(0, MEMORY, 0);
    let next = FIRST_PAGE;
    const allocate = (length: number): number => {
      const at = next;
      next += length;
      return at;
    };
    const regions = regionsOf(mode).map((region) => ({ region, physical: allocate(region.length) }));
    this.#system = allocate(SYSTEM_LENGTH);
    const tables = new PageTables(this.#width, next);
    this.#physical.clear();
    for (const { region, physical } of regions) {
      this.#physical.set(region, physical);
      tables.map({ linear: region.address, physical, length: region.length, bits: pageBits(region) });
    }
    tables.map({ linear: SYSTEM_ADDRESS[this.#width], physical: this.#system, length: SYSTEM_LENGTH, bits: PTE.writable });
    machine.memory.write(this.#system, systemPages(this.#width));
    machine.memory.write(next, tables.bytes());
    this.#loadSystem(BigInt(next), tables.pdptes);
  }

  loadState(words: BigUint64Array, control: Readonly<Control>, usesFp: boolean): void {
    const count = this.#mode === 64 ? 16 : 8;
    for (let i = 0; i < count; i++) this.#set(GENERAL[i], words[i]);
    this.#set('rip', control.rip - codeBase(this.#mode));
    this.#set('rflags', BigInt(control.flags));
    this.#set('interrupt_shadow', 0n);
    this.#set('cr2', 0n);
    this.#loadSegments();
    if (usesFp) this.#loadFp(words);
  }

  readState(words: BigUint64Array, control: Control, usesFp: boolean): void {
    const count = this.#mode === 64 ? 16 : 8;
    const arrival = this.#arrival;
    for (let i = 0; i < count; i++) words[i] = this.#get(GENERAL[i]);
    if (arrival !== undefined) words[WORD.rsp] = arrival.rsp;
    control.rip = arrival?.rip ?? this.#get('rip') + codeBase(this.#mode);
    control.flags = Number((arrival?.flags ?? this.#get('rflags')) & ~HIDDEN_FLAGS);
    if (usesFp) this.#readFp(words);
  }

  setMemory(address: bigint, bytes: Uint8Array): void {
    const { region, offset } = this.#find(address);
    if (region === REGIONS.code) this.#shadow.set(offset, bytes);
    else this.#machine.memory.write(this.#at(region) + offset, bytes);
  }

  readMemory(address: bigint, length: number): Uint8Array {
    this.#flushCode();
    const { region, offset } = this.#find(address);
    return this.#machine.memory.read(this.#at(region) + offset, length);
  }

  step(extent: Extent): Ending {
    this.#flushCode();
    const start = this.#get('rip') + codeBase(this.#mode);
    const { end, stop } = extent;
    // An instruction that ends inside itself would be followed by more than the HLT.
    const single = extent.run === RUN.one && !extent.faults && end >= start && end < stop;
    if (single) this.#stepped++;
    const reason = this.#machine.runUntil({ instructions: single ? 1 : extent.limit + EPILOGUE });
    if (reason.kind === 'shutdown') throw new FormatError('unmapped', 'a triple fault: the environment of the emulator is wrong');
    this.#arrival = this.#readArrival();
    const { vector, error, rip } = this.#arrival ?? { vector: -1, error: 0, rip: 0n };
    if (vector < 0) return { kind: single ? 'done' : 'limit' };
    const cr2 = vector === PAGE_FAULT ? this.#get('cr2') : 0n;
    if (rip === end && end !== start && this.#isBehind(vector, error, rip, cr2)) return { kind: 'done' };
    return { kind: 'fault', fault: { vector, error, cr2 } };
  }

  /** Is this the fault of the instruction after the vector's, which is HLT or lies where nothing can be executed? */
  #isBehind(vector: number, error: number, rip: bigint, cr2: bigint): boolean {
    const { address, length } = REGIONS.code;
    const inCode = rip >= address && rip < address + BigInt(length);
    return inCode ? vector === GENERAL_PROTECTION && error === 0 : vector === PAGE_FAULT && cr2 === rip;
  }

  #readArrival(): Arrival | undefined {
    const wide = this.#width === 64;
    const offset = this.#get('rip') - SYSTEM_ADDRESS[this.#width] - BigInt(SYSTEM.handlers);
    if (offset < 0n || offset >= BigInt(HANDLER_STRIDE * 32)) return undefined;
    const vector = Math.floor(Number(offset) / HANDLER_STRIDE);
    const size = wide ? 8 : 4;
    const sp = Number(this.#get('rsp') - SYSTEM_ADDRESS[this.#width]);
    const hasError = pushesErrorCode(vector);
    const count = hasError ? 6 : 5;
    const bytes = this.#machine.memory.read(this.#system + sp, count * size);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const word = (i: number): bigint => (wide ? view.getBigUint64(i * 8, true) : BigInt(view.getUint32(i * 4, true)));
    const frame = hasError ? 1 : 0;
    return { vector, error: hasError ? Number(word(0)) : 0, rip: word(frame) + codeBase(this.#mode), flags: word(frame + 2), rsp: word(frame + 3) };
  }

  #loadSystem(root: bigint, pdptes: readonly bigint[]): void {
    const width = this.#width;
    const at = SYSTEM_ADDRESS[width];
    this.#set('cr3', root);
    pdptes.forEach((entry, i) => this.#set(`pdpte${i as 0 | 1 | 2 | 3}`, entry));
    this.#set('cr4', CR4);
    this.#set('efer', EFER[width]);
    this.#set('cr0', CR0);
    this.#set('gdtr.base', at + BigInt(SYSTEM.gdt));
    this.#set('gdtr.limit', BigInt(SYSTEM_LIMITS.gdt));
    this.#set('idtr.base', at + BigInt(SYSTEM.idt));
    this.#set('idtr.limit', BigInt(SYSTEM_LIMITS.idt[width]));
    this.#set('tr', BigInt(TSS_SELECTOR));
    this.#set('tr.base', at + BigInt(SYSTEM.tss));
    this.#set('tr.limit', BigInt(SYSTEM_LIMITS.tss));
    this.#set('tr.access', BigInt(ACCESS_RIGHTS.busyTss));
  }

  #loadSegments(): void {
    const mode = this.#mode;
    for (const name of SEGMENT_NAMES) {
      const segment = SEGMENTS[mode][name];
      this.#set(name, BigInt(segment.selector));
      this.#set(`${name}.base`, segment.base);
      this.#set(`${name}.limit`, BigInt(segment.limit));
      this.#set(`${name}.access`, BigInt(accessRights(mode, segment)));
    }
  }

  #loadFp(words: BigUint64Array): void {
    const control = words[WORD.x87Control];
    this.#set('fcw', control & 0xffffn);
    this.#set('fsw', (control >> 16n) & 0xffffn);
    this.#set('ftw', (control >> 32n) & 0xffn);
    this.#set('mxcsr', words[WORD.mxcsr] & 0xffff_ffffn);
    const top = Number((control >> 27n) & 7n);
    for (let i = 0; i < 8; i++) {
      const at = WORD.st + ((top + i) & 7) * 2;
      this.#set(ST[i], words[at] | ((words[at + 1] & 0xffffn) << 64n));
    }
    for (let i = 0; i < 16; i++) this.#set(XMM[i], words[WORD.xmm + i * 2] | (words[WORD.xmm + i * 2 + 1] << 64n));
  }

  #readFp(words: BigUint64Array): void {
    const status = this.#get('fsw');
    words[WORD.x87Control] = this.#get('fcw') | (status << 16n) | (this.#get('ftw') << 32n);
    words[WORD.mxcsr] = this.#get('mxcsr');
    const top = Number((status >> 11n) & 7n);
    for (let i = 0; i < 8; i++) {
      const value = this.#get(ST[i]);
      const at = WORD.st + ((top + i) & 7) * 2;
      words[at] = value & 0xffff_ffff_ffff_ffffn;
      words[at + 1] = value >> 64n;
    }
    for (let i = 0; i < 16; i++) {
      const value = this.#get(XMM[i]);
      words[WORD.xmm + i * 2] = value & 0xffff_ffff_ffff_ffffn;
      words[WORD.xmm + i * 2 + 1] = value >> 64n;
    }
  }

  #flushCode(): void {
    if (!this.#shadow.pending) return;
    const at = this.#at(REGIONS.code);
    const { memory } = this.#machine;
    this.#shadow.flush(memory.read(at, REGIONS.code.length), (offset, bytes) => memory.write(at + offset, bytes));
  }

  #find(address: bigint): { readonly region: Region; readonly offset: number } {
    for (const region of this.#physical.keys()) {
      if (address >= region.address && address < region.address + BigInt(region.length)) return { region, offset: Number(address - region.address) };
    }
    throw new FormatError('unmapped', `no region at 0x${address.toString(16)} in mode ${this.#mode}`);
  }

  #at(region: Region): number {
    return this.#physical.get(region) ?? -1;
  }

  #get(name: RegisterName): bigint {
    return this.#machine.cpu(0).registers.get(name);
  }

  #set(name: RegisterName, value: bigint): void {
    this.#machine.cpu(0).registers.set(name, value);
  }
}

function pageBits({ access }: Region): bigint {
  return PTE.user | (access & ACCESS.write ? PTE.writable : 0n) | (access & ACCESS.execute ? 0n : PTE.noExecute);
}
