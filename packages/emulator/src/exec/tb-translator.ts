/**
 * Guest bytes → TB: translate, optimise, encode for the interpreter, make the header. And again to IR alone when a TB is
 * compiled: the IR is not kept, since the code bitmap vouches that the bytes are still those the TB was made from.
 */
import { Op, TbIr, TbOverflowError } from '@wasm-tcg/ir';
import {
  Access, INDIRECT_TARGET, INDIRECT_TARGETS, liveRange, NO_PAGE, PAGE_SIZE, PHYS_PAGES, PhysKind, SINCE_SHIFT, TbKind, TB_CPU, TB_HEADER, tbCpuAddress, TbFlag, tciCodeAddress, type CoreExports, type MachineMemory, type Ram,
  type TbArena, type TbStore,
} from '@wasm-tcg/runtime';
import { TciEncoder, TciError, type TciFormats } from '@wasm-tcg/tci-interp';
import type { CodeVersions } from './code-versions.ts';
import type { ContextView } from './context-view.ts';
import { DeviceInsns } from './device-insns.ts';
import type { TbOptimiser } from './optimiser.ts';
import type { Guest, TranslateRequest, Translation } from './guest.ts';
import type { PatchedBytes } from './patched-bytes.ts';
import type { ExecutionConfig } from './thresholds.ts';

const AT = TB_HEADER.offset;
/** Never reached: such a TB stays in the interpreter. */
const NEVER = 0xffffffff;

/** Outcome of making a TB. `full`: the arena has no room, flush and try again. */
export type MadeTb =
  | { readonly kind: 'tb'; readonly header: number }
  | { readonly kind: 'full' }
  | { readonly kind: 'fetch-fault' }
  | { readonly kind: 'limit-fault' };

export interface TranslatorParts {
  readonly guest: Guest;
  readonly machine: MachineMemory;
  readonly ram: Ram;
  readonly arena: TbArena;
  readonly store: TbStore;
  readonly formats: TciFormats;
  readonly core: CoreExports;
  readonly context: ContextView;
  readonly config: ExecutionConfig;
  readonly optimiser: TbOptimiser;
  readonly patched: PatchedBytes;
  readonly versions: CodeVersions;
  /** A TB that had been retired is in the hash again. */
  readonly onRevived: (header: number) => void;
  /** Instructions retired. */
  readonly now: () => number;
  /** A breakpoint at this linear pc: TBs start there and never run on across it. */
  readonly isBreakpoint: (linear: bigint) => boolean;
  readonly hasBreakpoints: () => boolean;
  /** Was there a TB at this physical address that has been invalidated? */
  readonly wasDropped: (physical: number) => boolean;
}

export class TbTranslator {
  readonly #p: TranslatorParts;
  readonly #tb: TbIr;
  readonly #encoder: TciEncoder;
  readonly #oneByte = new Uint8Array(PAGE_SIZE);
  /** The page of memory that code was last taken from. */
  #page: Uint8Array = this.#oneByte;
  /** Instructions that have met devices. */
  readonly deviceInsns: DeviceInsns = new DeviceInsns();
  /** TBs whose interpreter code was optimised though `optimiseCold` is off. */
  readonly #optimised = new Set<number>();
  /** Counters. */
  translatedTbs = 0;
  translatedInsns = 0;
  retranslatedTbs = 0;
  oneOffTbs = 0;
  translateMs = 0;

  constructor(parts: TranslatorParts) {
    this.#p = parts;
    this.#tb = new TbIr(parts.guest.layout);
    this.#encoder = new TciEncoder(parts.formats);
  }

  /** All TBs are gone. */
  clear(): void {
    this.deviceInsns.clear();
    this.#optimised.clear();
  }

  /** The IR of the TB last made, before it was optimised when `config.optimise` is off; valid until the next one. */
  get lastIr(): TbIr {
    return this.#tb;
  }

  /**
   * Make the TB that the frame names (page base must be that of its pc) and enter it into the hash.
   * @param oneOff instructions of a TB for one use, 0 for an ordinary TB
   * @param keep false: do not enter it, and count nothing
   */
  make(oneOff = 0, keep = true): MadeTb {
    const { context, machine, store, config, guest } = this.#p;
    const started = performance.now();
    const physPage = this.#physPageOf(context.pageBaseLow, context.pageBaseHigh);
    if (physPage < 0) return { kind: 'fetch-fault' };
    const cacheable = this.#isMemory(physPage);
    const single = oneOff > 0 || !cacheable;
    const { pageOffset } = context;
    const device = this.deviceInsns.has(physPage, pageOffset);
    const revived = single || !keep ? 0 : this.#revive(physPage, pageOffset);
    if (revived !== 0) return { kind: 'tb', header: revived };
    const request: MutableRequest = {
      page: this.#pageBytes(physPage),
      secondPage: () => this.#secondPageBytes(),
      pageOffset,
      flags: context.flags,
      csBase: context.csBase,
      maxInsns: device || !cacheable ? 1 : oneOff > 0 ? oneOff : config.tbInsns,
      fetchLimit: guest.fetchLimit(),
      live: this.#liveBytes(physPage),
    };
    const { optimise, optimiseCold } = config;
    const warm = !single && optimise && this.#p.versions.isWarm(physPage, pageOffset);
    const translation = this.#translate(request, physPage, optimiseCold || warm);
    if (translation.fault !== 'none') return { kind: translation.fault === 'page' ? 'fetch-fault' : 'limit-fault' };
    const physPage2 = translation.crossesPage ? this.#secondPage() : NO_PAGE;
    const oneUse = single || (physPage2 !== NO_PAGE && !this.#isMemory(physPage2));
    const header = store.create({
      physPage, physPage2, pageOffset: request.pageOffset, size: translation.size, flags: request.flags, csBase: request.csBase,
      insns: translation.insns, tciWords: this.#words, cflags: (oneUse ? TbFlag.oneOff : 0) | (translation.insns === 1 && (device || oneUse) ? TbFlag.device : 0),
    });
    if (header === 0 || !this.#fill(header, translation.liveRanges)) return { kind: 'full' };
    const { u32 } = machine.views();
    const breakpoint = this.#p.hasBreakpoints() && !oneUse && this.#p.isBreakpoint(context.linearPc);
    u32[(tbCpuAddress(header, 0) + TB_CPU.offset.threshold) >>> 2] = oneUse ? NEVER : breakpoint ? 0 : config.moduleThreshold;
    u32[(tbCpuAddress(header, 0) + TB_CPU.offset.since) >>> 2] = Math.floor(this.#p.now() / 2 ** SINCE_SHIFT);
    if (!keep) return { kind: 'tb', header };
    if (!oneUse) store.insert(header);
    if (warm) this.#optimised.add(header);
    this.translatedTbs++;
    this.translatedInsns += translation.insns;
    if (oneUse) this.oneOffTbs++;
    else if (this.#p.wasDropped(store.physicalOf(header))) this.retranslatedTbs++;
    this.translateMs += performance.now() - started;
    return { kind: 'tb', header };
  }

  /** The TB that was made here before and has its bytes back, if what else decides how it is translated is as it was. */
  #revive(physPage: number, pageOffset: number): number {
    const { context, store, versions, patched, guest } = this.#p;
    if (this.#p.hasBreakpoints() || this.deviceInsns.anyOn(physPage) || guest.fetchLimit() !== Infinity) return 0;
    const header = versions.take(physPage, pageOffset, context.flags, context.csBase, patched.marked);
    if (header === 0) return 0;
    store.setKind(header, TbKind.tci);
    store.insert(header);
    this.#p.onRevived(header);
    return header;
  }

  /** Made to stop at: its threshold is 0, so that tb_exec leaves in front of it. */
  isStopper(header: number): boolean {
    return this.#p.machine.views().u32[(tbCpuAddress(header, 0) + TB_CPU.offset.threshold) >>> 2] === 0;
  }

  /**
   * IR of a TB that exists, as it was translated.
   * @param into reset and filled
   * @param entryState see TranslateRequest: what is known where it is entered, undefined for nothing
   */
  translateAgain(header: number, into: TbIr, entryState?: number): Translation {
    const request = this.requestOf(header);
    return this.#p.guest.translate(into, entryState === undefined ? request : { ...request, entryState });
  }

  /**
   * Have the instructions of `ir`, which {@link translateAgain} has made of a TB for an entry state, say what the TB's restore table says: that
   * is what a fault in them is restored from, and the optimiser has to keep in the frame what the table takes from there.
   * @returns false: the table would be wrong for it
   */
  adoptRestoreTable(header: number, ir: TbIr, entryState: number): boolean {
    const { i32, u32 } = this.#p.machine.views();
    let at = u32[(header + AT.restore) >>> 2]! >>> 2;
    for (let p = 0; p < ir.length; p += 1 + (ir.code[p]! >>> 16)) {
      if ((ir.code[p]! & 0xff) !== Op.insn_start) continue;
      const data = i32[at + 1]!;
      if (!this.#p.guest.restoresAlike(data, ir.code[p + 2]!, entryState)) return false;
      ir.code[p + 2] = data;
      at += 2;
    }
    return true;
  }

  /** IR of a TB that exists, as back ends get it. */
  irOf(header: number, into: TbIr, optimiser: TbOptimiser = this.#p.optimiser): TbIr {
    this.translateAgain(header, into);
    optimiser.run(into);
    return into;
  }

  /**
   * TCI code of a TB that exists, made again.
   * @param into scratch
   * @param optimiser run this first; without it the code is what the TB has
   * @returns words, good until the next TB is made, and for each instruction the position of its first one
   */
  encodeAgain(header: number, into: TbIr, optimiser?: TbOptimiser): { readonly words: Int32Array; readonly insnStarts: readonly number[] } {
    this.translateAgain(header, into);
    if (optimiser !== undefined || this.#p.config.optimiseCold || this.#optimised.has(header)) (optimiser ?? this.#p.optimiser).run(into);
    const { slots, top } = this.#p.optimiser.slots(into);
    const insnStarts: number[] = [];
    const count = this.#encoder.encode(into, slots, top, insnStarts);
    return { words: this.#encoder.words.subarray(0, count), insnStarts };
  }

  /**
   * The instruction at `index` of a TB was about to access a device, and the TB is not made for it.
   * @returns true when it has done so repeatedly: the TB is to be dropped, and is cut at it when it is made again
   */
  noteDevice(header: number, index: number): boolean {
    const { u32, i32 } = this.#p.machine.views();
    const delta = i32[(u32[(header + AT.restore) >>> 2]! >>> 2) + index * 2]!;
    return this.deviceInsns.note(u32[(header + AT.physPage) >>> 2]!, delta);
  }

  /** The request that a TB was made from. */
  requestOf(header: number): TranslateRequest {
    const { u32 } = this.#p.machine.views();
    const word = (field: number): number => u32[(header + field) >>> 2]!;
    const physPage2 = word(AT.physPage2);
    return {
      page: this.#pageBytes(word(AT.physPage)),
      secondPage: () => (physPage2 === NO_PAGE ? undefined : this.#pageBytes(physPage2)),
      pageOffset: word(AT.pageOffset),
      flags: word(AT.flags),
      csBase: word(AT.csBase),
      maxInsns: word(AT.insns),
      fetchLimit: Infinity,
      live: this.#liveBytes(word(AT.physPage)),
    };
  }

  /** Translate and optimise into the translator's own IR, with fewer instructions until everything fits. */
  #translate(request: MutableRequest, physPage: number, optimise: boolean): Translation {
    const { guest, optimiser } = this.#p;
    for (;;) {
      let insns = request.maxInsns;
      try {
        const translation = guest.translate(this.#tb, request);
        if (translation.fault !== 'none') return translation;
        insns = translation.insns;
        const before = this.#cutAfterStart(physPage);
        if (before > 0) {
          request.maxInsns = before;
          continue;
        }
        if (optimise) optimiser.run(this.#tb);
        const { slots, top } = optimiser.slots(this.#tb);
        this.#words = this.#encoder.encode(this.#tb, slots, top);
        return translation;
      } catch (error) {
        const tooLarge = error instanceof TbOverflowError || (error instanceof TciError && error.code === 'frame-full');
        if (!tooLarge || insns <= 1) throw error;
        request.maxInsns = Math.max(1, Math.min(insns, request.maxInsns) >> 1);
      }
    }
  }
  #words = 0;

  /** Index of the first instruction after the TB's first one that has a breakpoint or meets devices, 0 = none. */
  #cutAfterStart(physPage: number): number {
    const breakpoints = this.#p.hasBreakpoints();
    if (!breakpoints && !this.deviceInsns.anyOn(physPage)) return 0;
    const { context } = this.#p;
    let index = 0;
    let found = 0;
    this.#eachInsn((delta) => {
      if (index++ === 0 || found !== 0) return;
      const stop = breakpoints && this.#p.isBreakpoint((context.pageBase + BigInt(delta)) & context.pcMask);
      if (stop || this.deviceInsns.has(physPage, delta)) found = index - 1;
    });
    return found;
  }

  #eachInsn(visit: (delta: number, data: number) => void): void {
    const { code, length } = this.#tb;
    for (let p = 0; p < length; p += 1 + (code[p]! >>> 16)) {
      if ((code[p]! & 0xff) === Op.insn_start) visit(code[p + 1]!, code[p + 2]!);
    }
  }

  /** TCI code, restore table, live ranges, link deltas. False when the arena is full. */
  #fill(header: number, liveRanges: readonly number[]): boolean {
    const { arena, machine } = this.#p;
    const restore = arena.alloc(this.#tb.insns * 8, 8);
    if (restore === 0) return false;
    const { u32, i32 } = machine.views();
    const { words } = this.#encoder;
    // Faster than `set`, which needs a subarray, for the few words of most TBs.
    const tci = tciCodeAddress(header, machine.map.vcpus) >>> 2;
    for (let i = 0; i < this.#words; i++) i32[tci + i] = words[i]!;
    u32[(header + AT.restore) >>> 2] = restore;
    if (liveRanges.length > 0) {
      const list = arena.alloc((1 + liveRanges.length / 2) * 4, 4);
      if (list === 0) return false;
      u32[list >>> 2] = liveRanges.length / 2;
      for (let i = 0; i < liveRanges.length; i += 2) u32[(list >>> 2) + 1 + i / 2] = liveRange(liveRanges[i]!, liveRanges[i + 1]!);
      u32[(header + AT.liveRanges) >>> 2] = list;
    }
    const { code, length } = this.#tb;
    let at = restore >>> 2;
    let indirect = false;
    for (let p = 0; p < length; p += 1 + (code[p]! >>> 16)) {
      const op = code[p]! & 0xff;
      if (op === Op.insn_start) {
        i32[at++] = code[p + 1]!;
        i32[at++] = code[p + 2]!;
      } else if (op === Op.goto_tb) i32[(header + AT.jmpDelta + code[p + 1]! * 4) >>> 2] = code[p + 2]!;
      else if (op === Op.goto_ptr) indirect = true;
    }
    if (!indirect || u32[(header + AT.cflags) >>> 2]! & TbFlag.oneOff) return true;
    const bytes = INDIRECT_TARGETS * INDIRECT_TARGET.size;
    const table = arena.alloc(bytes, 4);
    if (table === 0) return false;
    u32.fill(0, table >>> 2, (table + bytes) >>> 2);
    u32[(header + AT.indirect) >>> 2] = table;
    return true;
  }

  /** Physical page number of the page behind the present one. */
  #secondPage(): number {
    const { context } = this.#p;
    const linear = (context.pageBase + BigInt(PAGE_SIZE)) & context.pcMask;
    return this.#physPageOf(Number(BigInt.asIntN(32, linear)), Number(BigInt.asIntN(32, linear >> 32n)));
  }

  /** Physical page number of a linear page (low and high 32 bits of its address) for fetching, −1 when fetching faults. Raises no fault. */
  #physPageOf(lo: number, hi: number): number {
    const { core, context } = this.#p;
    if (core.guest_translate_host(context.env, lo, hi, Access.fetch, context.fetchMmu) === 0) return -1;
    return Math.floor(context.translated / PAGE_SIZE);
  }

  #entry(physPage: number): number {
    const { machine } = this.#p;
    return physPage < PHYS_PAGES ? machine.views().u32[(machine.map.physMap >>> 2) + physPage]! : 0;
  }

  /** Nobody stores into ROM, and devices are read once. */
  #liveBytes(physPage: number): TranslateRequest['live'] {
    const marked = this.#p.patched.on(physPage);
    const entry = this.#entry(physPage);
    return marked === undefined || !(entry & PhysKind.ram) ? undefined : { marked, host: (entry & -PAGE_SIZE) >>> 0 };
  }

  #isMemory(physPage: number): boolean {
    return (this.#entry(physPage) & (PhysKind.ram | PhysKind.rom)) !== 0;
  }

  #pageBytes(physPage: number): Uint8Array {
    const entry = this.#entry(physPage);
    if (entry & (PhysKind.ram | PhysKind.rom)) {
      const host = (entry & -PAGE_SIZE) >>> 0;
      const { u8 } = this.#p.machine.views();
      if (this.#page.byteOffset !== host || this.#page.buffer !== u8.buffer) this.#page = u8.subarray(host, host + PAGE_SIZE);
      return this.#page;
    }
    this.#p.ram.read(physPage * PAGE_SIZE, this.#oneByte);
    return this.#oneByte;
  }

  #secondPageBytes(): Uint8Array | undefined {
    const page = this.#secondPage();
    // A device page is read whole, which a copy of its own keeps apart from the first page's.
    return page < 0 ? undefined : this.#isMemory(page) ? this.#pageBytes(page) : this.#pageBytes(page).slice();
  }
}

type MutableRequest = { -readonly [K in keyof TranslateRequest]: TranslateRequest[K] };
