/**
 * The one WebAssembly.Memory of a machine:
 *
 *     static data of helper modules | vCPU areas | physMap (4 MiB) | code bitmap | heads of TB lists (4 MiB) | TB hash buckets | TB arena | guest RAM
 *
 * Its size is fixed at creation, so no address and no view ever moves. All addresses are unsigned byte offsets.
 */
import { RuntimeError } from './errors.ts';
import type { EnvLayout } from './layout/env.ts';
import { MACHINE_INFO, MACHINE_INFO_ADDRESS } from './layout/machine-info.ts';
import { CODE_GRANULE_BITS, PAGE_BITS, PAGE_SIZE, PHYS_PAGES } from './layout/phys-map.ts';
import { NO_PAGE } from './layout/tb-header.ts';
import { TLB_ENTRY, TlbFlag } from './layout/tlb-entry.ts';
import { WASM_CONTEXT } from './layout/wasm-context.ts';

const WASM_PAGE = 65536;
const GIB = 2 ** 30;
/** Guest RAM and everything else share 4 GiB of addresses. */
const MAX_BYTES = 4 * GIB;
export const MAX_RAM_BYTES: number = 3 * GIB;
export const MAX_VCPUS = 64;

export interface MachineMemoryOptions {
  readonly layout: EnvLayout;
  /** Guest RAM and ROM backing in bytes, a multiple of 4096, up to 3 GiB. */
  readonly ramBytes: number;
  /** Default 1. */
  readonly vcpus?: number;
  /** TB headers, TCI code, restore tables, Wasm bytes. Default 32 MiB. */
  readonly arenaBytes?: number;
  /** log2 of the buckets of the physical TB hash: 8 … 20. Default 15. */
  readonly hashBits?: number;
  /** Static data windows of the helper modules in bytes. Default 128 KiB, as this repository builds its own. */
  readonly staticBytes?: number;
  /** A SharedArrayBuffer beneath, for one worker per vCPU. Default false. */
  readonly shared?: boolean;
}

/** Byte addresses and sizes in the linear memory. */
export interface MemoryMap {
  readonly vcpuBase: number;
  readonly vcpuSize: number;
  readonly vcpus: number;
  readonly physMap: number;
  readonly codeBitmap: number;
  readonly codeHeads: number;
  readonly hashBuckets: number;
  readonly hashMask: number;
  readonly arena: number;
  readonly arenaEnd: number;
  readonly ramBase: number;
  readonly ramSize: number;
  /** Size of the memory. */
  readonly end: number;
}

/** Typed arrays over the whole memory. Take them from {@link MachineMemory.views} at each use instead of keeping them. */
export interface MemoryViews {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly data: DataView;
}

export interface MachineMemory {
  readonly memory: WebAssembly.Memory;
  readonly layout: EnvLayout;
  readonly map: MemoryMap;
  readonly shared: boolean;
  /** Current views: made anew should somebody have detached the buffer (`memory.grow(0)` does). */
  views(): MemoryViews;
  /** Address of the area of vCPU n. */
  env(vcpu: number): number;
}

const alignUp = (n: number, to: number): number => Math.ceil(n / to) * to;

function check(condition: boolean, message: string, hint: string): void {
  if (!condition) throw new RuntimeError('bad-machine-size', message, hint);
}

const isCount = (n: number, min: number, max: number): boolean => Number.isInteger(n) && n >= min && n <= max;

/** Lays out a machine without creating it: what would be where, and how large it would be. */
export function planMemory(options: MachineMemoryOptions): MemoryMap {
  const { layout, ramBytes, vcpus = 1, arenaBytes = 32 * 2 ** 20, hashBits = 15, staticBytes = 131072 } = options;
  check(
    isCount(ramBytes, PAGE_SIZE, MAX_RAM_BYTES) && ramBytes % PAGE_SIZE === 0,
    `guest RAM of ${ramBytes} bytes`,
    `choose a multiple of ${PAGE_SIZE} from ${PAGE_SIZE} to ${MAX_RAM_BYTES}`,
  );
  check(isCount(vcpus, 1, MAX_VCPUS), `${vcpus} vCPUs`, `choose 1 … ${MAX_VCPUS}`);
  check(isCount(arenaBytes, WASM_PAGE, GIB), `a TB arena of ${arenaBytes} bytes`, `choose ${WASM_PAGE} … ${GIB}`);
  check(isCount(hashBits, 8, 20), `2^${hashBits} hash buckets`, 'choose hashBits from 8 to 20');
  check(isCount(staticBytes, 1024, 16 * 2 ** 20), `static data of ${staticBytes} bytes`, 'choose 1024 … 16 MiB');
  check(layout.mmu.pageBits === PAGE_BITS, `pages of 2^${layout.mmu.pageBits} bytes`, 'this softmmu has 4 KiB pages: set pageBits to 12');
  check(isCount(layout.mmu.indices, 1, 16), `${layout.mmu.indices} MMU indices`, 'choose 1 … 16');
  check(isCount(layout.mmu.tlbBits, 8, 12), `TLBs of 2^${layout.mmu.tlbBits} entries`, 'choose tlbBits from 8 to 12');

  const vcpuBase = alignUp(staticBytes, WASM_PAGE);
  const physMap = vcpuBase + vcpus * layout.envSize;
  const codeBitmap = physMap + PHYS_PAGES * 4;
  const bitmapBytes = alignUp((ramBytes / PAGE_SIZE) * 8, PAGE_SIZE);
  const codeHeads = codeBitmap + bitmapBytes;
  const hashBuckets = codeHeads + PHYS_PAGES * 4;
  const arena = hashBuckets + (4 << hashBits);
  const ramBase = alignUp(arena + arenaBytes, WASM_PAGE);
  const end = alignUp(ramBase + ramBytes, WASM_PAGE);
  check(end <= MAX_BYTES, `a machine of ${end} bytes in all`, 'all of it has to fit 4 GiB: less RAM or a smaller TB arena');
  return {
    ...{ vcpuBase, vcpuSize: layout.envSize, vcpus, physMap, codeBitmap, codeHeads, hashBuckets, hashMask: (1 << hashBits) - 1 },
    ...{ arena, arenaEnd: ramBase, ramBase, ramSize: ramBytes, end },
  };
}

/** @throws RuntimeError `bad-machine-size` for sizes that make no machine, `out-of-memory` when the host refuses it */
export function createMachineMemory(options: MachineMemoryOptions): MachineMemory {
  const map = planMemory(options);
  const { layout, shared = false } = options;
  const pages = map.end / WASM_PAGE;
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    const hint = 'give the guest less RAM, or close other machines of this process';
    throw new RuntimeError('out-of-memory', `the host provides no memory of ${map.end} bytes`, hint, { cause });
  }
  const machine = new LinearMemory(memory, layout, map, shared);
  writeMachineInfo(machine);
  for (let vcpu = 0; vcpu < map.vcpus; vcpu++) initVcpu(machine, machine.env(vcpu));
  return machine;
}

class LinearMemory implements MachineMemory {
  readonly memory: WebAssembly.Memory;
  readonly layout: EnvLayout;
  readonly map: MemoryMap;
  readonly shared: boolean;
  #views: MemoryViews;

  constructor(memory: WebAssembly.Memory, layout: EnvLayout, map: MemoryMap, shared: boolean) {
    this.memory = memory;
    this.layout = layout;
    this.map = map;
    this.shared = shared;
    this.#views = makeViews(memory.buffer);
  }

  views(): MemoryViews {
    // A detached view is empty. Asking `memory.buffer` each time is a call into the engine: 2 % of a boot.
    if (this.#views.u8.length === 0) this.#views = makeViews(this.memory.buffer);
    return this.#views;
  }

  env(vcpu: number): number {
    check(isCount(vcpu, 0, this.map.vcpus - 1), `vCPU ${vcpu}`, `this machine has ${this.map.vcpus}, counted from 0`);
    return this.map.vcpuBase + vcpu * this.map.vcpuSize;
  }
}

function makeViews(buffer: ArrayBuffer): MemoryViews {
  return { u8: new Uint8Array(buffer), i32: new Int32Array(buffer), u32: new Uint32Array(buffer), data: new DataView(buffer) };
}

function writeMachineInfo(machine: MachineMemory): void {
  const { map, layout } = machine;
  const { u32 } = machine.views();
  const slot = (index: number): number => layout.frameOffset + layout.globals[index].slot * 8;
  const values = {
    ...{ vcpuBase: map.vcpuBase, vcpuSize: map.vcpuSize, vcpus: map.vcpus, physMap: map.physMap, codeBitmap: map.codeBitmap, codeHeads: map.codeHeads },
    ...{ hashBuckets: map.hashBuckets, hashMask: map.hashMask, arena: map.arena, arenaEnd: map.arenaEnd },
    ...{ ramBase: map.ramBase, ramSize: map.ramSize },
    ...{ pcOffset: slot(layout.pc), pageBaseOffset: slot(layout.pageBase), csBaseOffset: layout.csBaseOffset },
    ...{ flagsOffset: layout.flagsOffset, pcMaskOffset: layout.pcMaskOffset, fetchMmuOffset: layout.fetchMmuOffset },
    ...{ tlbOffset: layout.mmu.tlbOffset, tlbBits: layout.mmu.tlbBits, mmuIndices: layout.mmu.indices },
    ...{ tlbUsedOffset: layout.tlbUsedOffset, tlbGlobalOffset: layout.tlbGlobalOffset, fetchedOffset: layout.fetchedOffset },
    ...{ jumpCacheOffset: layout.jumpCacheOffset, jumpCacheBits: layout.jumpCacheBits },
  } satisfies Record<keyof typeof MACHINE_INFO.offset, number>;
  for (const [field, offset] of Object.entries(MACHINE_INFO.offset)) {
    u32[(MACHINE_INFO_ADDRESS + offset) >>> 2] = values[field as keyof typeof values];
  }
}

/** A vCPU area starts as zeros, but zero is no empty TLB. */
function initVcpu(machine: MachineMemory, env: number): void {
  const { mmu } = machine.layout;
  const { u32 } = machine.views();
  const context = WASM_CONTEXT.offset;
  u32[(env + context.env) >>> 2] = env;
  u32[(env + context.mappingGeneration) >>> 2] = 1;
  u32[(env + context.lastGeneration) >>> 2] = 1;
  u32.fill(1, (env + context.generations) >>> 2, ((env + context.generations) >>> 2) + mmu.indices);
  u32.fill(0xffffffff, (env + context.largePageBase) >>> 2, (env + context.largePageMask + 8) >>> 2);
  const end = (env + mmu.tlbOffset + (mmu.indices << (mmu.tlbBits + mmu.entry.sizeBits))) >>> 2;
  for (let entry = (env + mmu.tlbOffset) >>> 2; entry < end; entry += TLB_ENTRY.size >>> 2) {
    for (const tag of [mmu.entry.readTag, mmu.entry.writeTag, mmu.entry.fetchTag]) {
      u32[entry + (tag >>> 2)] = (0xfffff000 | TlbFlag.invalid) >>> 0;
      u32[entry + (tag >>> 2) + 1] = 0xffffffff;
    }
    u32[entry + (TLB_ENTRY.offset.physPage >>> 2)] = NO_PAGE;
  }
}

/** Address of the word of the code bitmap for a RAM page at host address `host`; the upper 32 bits are 4 bytes on. */
export function codeWord(map: MemoryMap, host: number): number {
  return map.codeBitmap + ((host - map.ramBase) >>> PAGE_BITS) * 8;
}

/**
 * Bits of the code bitmap for the bytes `from … to−1` of a page, as two 32-bit halves.
 * @param half 0: bytes 0 … 2047, 1: bytes 2048 … 4095
 */
export function granuleBits(from: number, to: number, half: 0 | 1): number {
  const first = Math.max((from >>> CODE_GRANULE_BITS) - half * 32, 0);
  const last = Math.min(((to - 1) >>> CODE_GRANULE_BITS) - half * 32, 31);
  if (first > 31 || last < first) return 0;
  return ((0xffffffff << first) & (0xffffffff >>> (31 - last))) >>> 0;
}
