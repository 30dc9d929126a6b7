/**
 * States a CPU starts in: power-on (SDM vol. 3, table 9-1) and the flat modes, which are what a loader leaves behind for an image without
 * firmware. They write the state structure and the frame; the caller runs `update_hflags` of the helpers and flushes the TLB afterwards.
 */
import type { MachineMemory } from '@wasm-tcg/runtime';
import type { MachineFeature } from '../cpuid/bits.ts';
import { modelState, processorSignature } from '../cpuid/leaves.ts';
import { CPU_MODEL_NAMES, CPU_MODELS, type CpuModel, type CpuModelName } from '../cpuid/models.ts';
import { Seg, X86_LAYOUT, X86_STATE } from './cpu-state.ts';
import { X86_FRAME } from './frame.ts';

const { stateOffset, frameOffset } = X86_LAYOUT;
const S = X86_STATE.offset;
const F = X86_FRAME.offset;

/** Access rights of usual segments: `segAccess` format (present, accessed). */
export const SegAccess = {
  realCode: 0x9b00,
  realData: 0x9300,
  code16: 0x00809b00,
  code32: 0x00c09b00,
  code64: 0x00a09b00,
  data16: 0x00809300,
  data32: 0x00c09300,
  ldt: 0x8200,
  busyTss: 0x8b00,
} as const;

/** IA32_MISC_ENABLE: fast strings on; neither branch trace (bit 11) nor precise event storage (12) exists. Bit 18 is on where MONITOR exists. */
const MISC_ENABLE_RESET = 0x1801;
const MISC_ENABLE_MONITOR = 0x40000;

/** Setters of one vCPU's area by field. Numbers are stored as given; 64-bit fields take what a double holds exactly, or a bigint. */
class StateWriter {
  readonly #data: DataView;
  readonly #env: number;

  constructor(machine: MachineMemory, env: number) {
    this.#data = machine.views().data;
    this.#env = env;
  }

  clear(): void {
    const bytes = new Uint8Array(this.#data.buffer, this.#env, X86_LAYOUT.envSize);
    bytes.fill(0, frameOffset, frameOffset + X86_LAYOUT.frameSlots * 8);
    bytes.fill(0, stateOffset, stateOffset + X86_STATE.size);
  }

  u32(field: keyof typeof S, value: number, index = 0): void {
    this.#data.setUint32(this.#env + stateOffset + S[field] + index * 4, value, true);
  }

  u64(field: keyof typeof S, value: number | bigint, index = 0): void {
    this.#data.setBigUint64(this.#env + stateOffset + S[field] + index * 8, BigInt(value), true);
  }

  global(name: keyof typeof F, value: number | bigint): void {
    this.#data.setBigUint64(this.#env + frameOffset + F[name], BigInt(value), true);
  }

  segment(seg: number, selector: number, base: number, limit: number, access: number): void {
    this.u32('segSelector', selector, seg);
    this.u32('segLimit', limit, seg);
    this.u32('segAccess', access, seg);
    if (seg < Seg.ldtr) this.#data.setBigUint64(this.#env + frameOffset + F.es_base + seg * 8, BigInt(base), true);
    else this.u64(seg === Seg.ldtr ? 'ldtrBase' : 'trBase', base);
  }
}

/** Power-on state of a processor of a model. `provides`: what the machine around it has. */
export function resetCpu(machine: MachineMemory, env: number, modelName: CpuModelName, provides: readonly MachineFeature[] = []): void {
  const model: CpuModel = CPU_MODELS[modelName];
  const w = new StateWriter(machine, env);
  w.clear();
  w.global('rdx', processorSignature(model));
  w.global('rip', 0xfff0);
  w.global('df', 1);
  w.u32('eflags', 2);
  for (const seg of [Seg.es, Seg.ss, Seg.ds, Seg.fs, Seg.gs]) w.segment(seg, 0, 0, 0xffff, SegAccess.realData);
  w.segment(Seg.cs, 0xf000, 0xffff0000, 0xffff, SegAccess.realCode);
  w.segment(Seg.ldtr, 0, 0, 0xffff, SegAccess.ldt);
  w.segment(Seg.tr, 0, 0, 0xffff, SegAccess.busyTss);
  w.u32('gdtrLimit', 0xffff);
  w.u32('idtrLimit', 0xffff);
  w.u64('cr0', 0x60000010);
  w.u64('dr', 0xffff0ff0, 6);
  w.u64('dr', 0x400, 7);
  w.u64('pat', 0x0007040600070406n);
  w.u64('apicBase', 0xfee00900);
  w.u64('miscEnable', MISC_ENABLE_RESET | (model.features.includes('monitor') ? MISC_ENABLE_MONITOR : 0));
  w.u32('a20Mask', 0xffffffff);
  w.u32('mxcsr', 0x1f80);
  w.u32('fpControl', 0x40);
  const { features, cr4Allowed, eferAllowed } = modelState(model, provides);
  w.u32('cpuModel', CPU_MODEL_NAMES.indexOf(modelName));
  w.u32('vendor', model.vendor === 'amd' ? 1 : 0);
  w.u32('features', features);
  w.u32('cr4Allowed', cr4Allowed);
  w.u32('eferAllowed', eferAllowed);
  w.u32('physBits', model.physBits);
}

/** Mode an image without firmware starts in. Interrupts are off. */
export type FlatMode = 'real16' | 'protected16' | 'protected32' | 'long64';

export interface FlatStart {
  readonly mode: FlatMode;
  /** First instruction as offset in CS. */
  readonly entry: number;
  /** real16: selector of CS. Default 0. */
  readonly cs?: number;
  /** Initial stack pointer. */
  readonly stack: number;
  /** long64: physical address of the tables of {@link identityPageTables}. */
  readonly pageTables?: number;
}

/** Selectors of the flat modes. No GDT stands behind them: an image that loads segments brings its own. */
export const FLAT_CODE_SELECTOR = 0x08;
export const FLAT_DATA_SELECTOR = 0x10;

/**
 * Put a CPU that has been reset into a flat mode. GDTR and IDTR are empty in the protected modes (an exception without an IDT shuts the CPU
 * down); in real16 the IVT is at 0.
 */
export function startFlat(machine: MachineMemory, env: number, start: FlatStart): void {
  const { mode, entry, stack, cs = 0, pageTables = 0 } = start;
  const w = new StateWriter(machine, env);
  w.global('rip', entry);
  w.global('rsp', stack);
  w.global('rdx', 0);
  if (mode === 'real16') {
    w.segment(Seg.cs, cs, cs * 16, 0xffff, SegAccess.realCode);
    w.u32('idtrLimit', 0x3ff);
    w.u64('cr0', 0x10);
    return;
  }
  const wide = mode !== 'protected16';
  const code = mode === 'long64' ? SegAccess.code64 : wide ? SegAccess.code32 : SegAccess.code16;
  w.segment(Seg.cs, FLAT_CODE_SELECTOR, 0, 0xffffffff, code);
  for (const seg of [Seg.es, Seg.ss, Seg.ds, Seg.fs, Seg.gs]) {
    w.segment(seg, FLAT_DATA_SELECTOR, 0, 0xffffffff, wide ? SegAccess.data32 : SegAccess.data16);
  }
  w.u32('gdtrLimit', 0);
  w.u32('idtrLimit', 0);
  w.u64('cr0', mode === 'long64' ? 0x80000011 : 0x11);
  if (mode === 'long64') {
    w.u64('cr3', pageTables);
    w.u64('cr4', 0x20);
    // SCE is left to the image; LME and LMA are set, as paging is on.
    w.u64('efer', 0x500);
  }
}

/** Pages that {@link identityPageTables} fills. */
export const IDENTITY_TABLE_PAGES = 6;

/**
 * Page tables that map the first 4 GiB of linear addresses to the same physical ones, writable and for everybody, in pages of 2 MiB.
 * @param base physical address they will be at, a multiple of 4096
 * @returns 24 KiB: PML4, PDPT, four page directories
 */
export function identityPageTables(base: number): Uint8Array {
  const bytes = new Uint8Array(IDENTITY_TABLE_PAGES * 4096);
  const data = new DataView(bytes.buffer);
  const PRESENT_WRITABLE_USER = 7n;
  const LARGE = 0x80n;
  const at = BigInt(base);
  data.setBigUint64(0, (at + 0x1000n) | PRESENT_WRITABLE_USER, true);
  for (let directory = 0; directory < 4; directory++) {
    data.setBigUint64(0x1000 + directory * 8, (at + 0x2000n + BigInt(directory) * 0x1000n) | PRESENT_WRITABLE_USER, true);
  }
  for (let page = 0; page < 2048; page++) {
    data.setBigUint64(0x2000 + page * 8, (BigInt(page) << 21n) | PRESENT_WRITABLE_USER | LARGE, true);
  }
  return bytes;
}
