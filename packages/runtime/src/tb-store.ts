/**
 * The TBs of a machine as data: headers in the arena, the physical hash that `tb_find` probes, lists per physical page, and
 * the code bitmap. What to translate, compile or retire is the executor's business.
 *
 * Invariants: a TB is in the hash and in the lists of its pages from `insert` to `retire`; the code bits of a RAM page are the union of the
 * bytes of the TBs in its list; `state` is 0 outside that time.
 */
import { RuntimeError } from './errors.ts';
import { tbHash } from './layout/hash.ts';
import { JUMP_CACHE_ENTRY } from './layout/jump-cache.ts';
import { PAGE_SIZE, PHYS_PAGES, PhysKind } from './layout/phys-map.ts';
import { NO_DELTA, NO_PAGE, TB_CPU, TB_HEADER, TbFlag, TbKind } from './layout/tb-header.ts';
import { codeWord, granuleBits, type MachineMemory } from './memory.ts';
import type { TbArena } from './tb-arena.ts';
import { unlinkIncoming, unlinkOutgoing } from './tb-links.ts';

/** What names a TB, and how long it is. */
export interface TbIdentity {
  readonly physPage: number;
  /** Physical page of the bytes past the first page, or NO_PAGE. */
  readonly physPage2: number;
  /** Offset of the first byte in its page. */
  readonly pageOffset: number;
  /** Bytes of guest code, 1 … 8192 − pageOffset. */
  readonly size: number;
  readonly flags: number;
  /** Code segment base, 32 bits: 64-bit code has none. */
  readonly csBase: number;
  /** Guest instructions, 1 … 512. */
  readonly insns: number;
  /** Translation flags ({@link TbFlag}), default 0. A `oneOff` TB is never inserted. */
  readonly cflags?: number;
  /** Words of TCI code that it gets room for behind its header, default 0. */
  readonly tciWords?: number;
}

export interface TbStoreHooks {
  /** A RAM page gets its first TB: call `tlb_protect_code` for it on every vCPU. */
  protect(physPage: number): void;
}

const AT = TB_HEADER.offset;
const MAX_INSNS = 512;
const STATE_KIND_BITS = 4;

/** Address of a TB's record for one vCPU ({@link TB_CPU}). */
export function tbCpuAddress(tb: number, vcpu: number): number {
  return tb + AT.perCpu + vcpu * TB_CPU.size;
}

/** Address of a TB's TCI code. */
export function tciCodeAddress(tb: number, vcpus: number): number {
  return tbCpuAddress(tb, vcpus);
}

export class TbStore {
  readonly #machine: MachineMemory;
  readonly #arena: TbArena;
  readonly #hooks: TbStoreHooks;
  /** Pages that TBs being retired lie on. */
  readonly #dirty: number[] = [];
  #incarnation = 0;
  #count = 0;

  constructor(machine: MachineMemory, arena: TbArena, hooks: TbStoreHooks) {
    this.#machine = machine;
    this.#arena = arena;
    this.#hooks = hooks;
  }

  /** TBs inserted and not retired. */
  get count(): number {
    return this.#count;
  }

  /**
   * Make a header with everything zero but its identity and state (kind tci). What its TCI code will be is whatever an earlier epoch left there.
   * @returns its address, 0 when the arena is full
   * @throws RuntimeError `bad-tb`
   */
  create(identity: TbIdentity): number {
    const { physPage, physPage2, pageOffset, size, insns, tciWords = 0 } = identity;
    const crosses = pageOffset + size > PAGE_SIZE;
    if (!(pageOffset >= 0 && pageOffset < PAGE_SIZE && size >= 1 && pageOffset + size <= 2 * PAGE_SIZE && crosses === (physPage2 !== NO_PAGE))) {
      throw new RuntimeError('bad-tb', `a TB of ${size} bytes at offset ${pageOffset}, second page ${physPage2}`, 'a TB has its second page exactly when it crosses into it');
    }
    if (!(insns >= 1 && insns <= MAX_INSNS)) throw new RuntimeError('bad-tb', `a TB of ${insns} instructions`, `end it after 1 … ${MAX_INSNS}`);
    const bytes = AT.perCpu + this.#machine.map.vcpus * TB_CPU.size;
    const tb = this.#arena.alloc(bytes + tciWords * 4, TB_HEADER.align);
    if (tb === 0) return 0;
    const { u32 } = this.#machine.views();
    u32.fill(0, tb >>> 2, (tb + bytes) >>> 2);
    u32[(tb + AT.physPage) >>> 2] = physPage;
    u32[(tb + AT.physPage2) >>> 2] = physPage2;
    u32[(tb + AT.pageOffset) >>> 2] = pageOffset;
    u32[(tb + AT.size) >>> 2] = size;
    u32[(tb + AT.insns) >>> 2] = insns;
    u32[(tb + AT.tciWords) >>> 2] = tciWords;
    u32[(tb + AT.flags) >>> 2] = identity.flags;
    u32[(tb + AT.csBase) >>> 2] = identity.csBase;
    u32[(tb + AT.cflags) >>> 2] = identity.cflags ?? 0;
    u32[(tb + AT.jmpDelta) >>> 2] = NO_DELTA;
    u32[(tb + AT.jmpDelta + 4) >>> 2] = NO_DELTA;
    this.setKind(tb, TbKind.tci);
    return tb;
  }

  /** Give a TB a new state word, so that code bound to the old one no longer enters it. @returns the word */
  setKind(tb: number, kind: TbKind): number {
    this.#incarnation = (this.#incarnation + 1) & (0xffffffff >>> STATE_KIND_BITS);
    if (this.#incarnation === 0) this.#incarnation = 1;
    const state = ((this.#incarnation << STATE_KIND_BITS) | kind) >>> 0;
    this.#machine.views().u32[(tb + AT.state) >>> 2] = state;
    return state;
  }

  /** Physical address of a TB's first byte. */
  physicalOf(tb: number): number {
    const { u32 } = this.#machine.views();
    return u32[(tb + AT.physPage) >>> 2]! * PAGE_SIZE + u32[(tb + AT.pageOffset) >>> 2]!;
  }

  /** What a TB's function is, by its state word; 0 when the TB has been retired (its address may be used anew). */
  kindOf(tb: number): number {
    return this.#machine.views().u32[(tb + AT.state) >>> 2]! & ((1 << STATE_KIND_BITS) - 1);
  }

  /** Make a TB findable, and its bytes known as code. @throws RuntimeError `bad-tb` when it is for one use, or not in RAM or ROM */
  insert(tb: number): void {
    const { u32 } = this.#machine.views();
    if (u32[(tb + AT.cflags) >>> 2]! & TbFlag.oneOff) throw new RuntimeError('bad-tb', 'a one-off TB is for one use', 'run it without inserting it');
    const page = u32[(tb + AT.physPage) >>> 2];
    const page2 = u32[(tb + AT.physPage2) >>> 2];
    this.#checkMemory(page);
    if (page2 !== NO_PAGE) this.#checkMemory(page2);
    const bucket = this.#bucket(tb);
    u32[(tb + AT.hashNext) >>> 2] = u32[bucket];
    u32[bucket] = tb;
    this.#addTo(page, tb);
    if (page2 !== NO_PAGE) this.#addTo(page2, tb | 1);
    this.#count++;
  }

  #checkMemory(page: number): void {
    if (this.#entry(page) & (PhysKind.ram | PhysKind.rom)) return;
    throw new RuntimeError('bad-tb', `code on physical page ${page}, which is neither RAM nor ROM`, 'run it as a TB for one use');
  }

  /** Puts a link into the list of a page. */
  #addTo(page: number, link: number): void {
    const { u32 } = this.#machine.views();
    const head = this.#head(page);
    u32[nextOf(link)] = u32[head];
    u32[head] = link;
    this.#addCodeBits(link, page);
  }

  /**
   * Take a TB out of everything: hash, page lists, code bits, links in both directions; its state becomes 0, so that who still names it
   * (a jump cache, code bound directly, the executor on the stack) sees that it is gone. Its memory stays until {@link reset}.
   */
  retire(tb: number): void {
    this.#takeOut(tb);
    this.#sweepDirty();
  }

  /** The same for several: the lists of their pages are gone through once. */
  retireAll(tbs: readonly number[]): void {
    for (const tb of tbs) this.#takeOut(tb);
    this.#sweepDirty();
  }

  #takeOut(tb: number): void {
    const { u32 } = this.#machine.views();
    u32[(tb + AT.state) >>> 2] = 0;
    unlinkIncoming(this.#machine, tb);
    unlinkOutgoing(this.#machine, tb, 0);
    unlinkOutgoing(this.#machine, tb, 1);
    if (!this.#unhash(tb)) return;
    this.#noteDirty(u32[(tb + AT.physPage) >>> 2]);
    const second = u32[(tb + AT.physPage2) >>> 2];
    if (second !== NO_PAGE) this.#noteDirty(second);
    this.#count--;
  }

  #noteDirty(page: number): void {
    if (!this.#dirty.includes(page)) this.#dirty.push(page);
  }

  #sweepDirty(): void {
    for (const page of this.#dirty) this.#sweep(page);
    this.#dirty.length = 0;
  }

  /** Is this (0: none) a TB for one use of more than one instruction? Stores into its bytes are not noticed. */
  isCut(tb: number): boolean {
    const { u32 } = this.#machine.views();
    return tb !== 0 && u32[(tb + AT.cflags) >>> 2] !== 0 && u32[(tb + AT.insns) >>> 2] > 1;
  }

  /** The TB of that identity, whatever its second page; 0 when there is none. */
  lookup(physPage: number, pageOffset: number, flags: number, csBase: number): number {
    const { u32 } = this.#machine.views();
    let tb = u32[this.#bucketOf(physPage, pageOffset, flags, csBase)];
    while (tb !== 0) {
      const word = (field: number): number => u32[(tb + field) >>> 2];
      if (word(AT.physPage) === physPage && word(AT.pageOffset) === pageOffset && word(AT.flags) === flags >>> 0 && word(AT.csBase) === csBase >>> 0) return tb;
      tb = word(AT.hashNext);
    }
    return 0;
  }

  /**
   * TBs that were made from a byte in `from … to−1` of a physical page. Bytes that a TB reads when it runs do not count.
   * @param out gets them appended, each once
   */
  collectHits(physPage: number, from: number, to: number, out: number[]): void {
    const { u32 } = this.#machine.views();
    for (let link = u32[this.#head(physPage)]; link !== 0; link = u32[nextOf(link)]) {
      const tb = (link & ~1) >>> 0;
      const start = bytesFrom(u32, link);
      const end = bytesTo(u32, link);
      if (start >= to || from >= end || (!(link & 1) && this.#isLive(tb, Math.max(from, start), Math.min(to, end)))) continue;
      if (!out.includes(tb)) out.push(tb);
    }
  }

  /** Is each of these bytes of its first page one that a TB reads when it runs? */
  #isLive(tb: number, from: number, to: number): boolean {
    const { u32 } = this.#machine.views();
    const list = u32[(tb + AT.liveRanges) >>> 2] >>> 2;
    let at = from;
    for (let i = 1; list !== 0 && i <= u32[list]; i++) {
      const range = u32[list + i];
      if ((range & 0xffff) <= at && at < range >>> 16) at = range >>> 16;
    }
    return at >= to;
  }

  /** All TBs of the machine, in no order. */
  *all(): Generator<number> {
    const { u32 } = this.#machine.views();
    const { hashBuckets, hashMask } = this.#machine.map;
    for (let i = 0; i <= hashMask; i++) {
      for (let tb = u32[(hashBuckets >>> 2) + i]; tb !== 0; tb = u32[(tb + AT.hashNext) >>> 2]) yield tb;
    }
  }

  /** Drop all TBs at once and start the arena anew. Not while generated code is on the stack. */
  reset(): void {
    const { u32 } = this.#machine.views();
    const { hashBuckets, hashMask } = this.#machine.map;
    for (const tb of this.all()) {
      for (const page of this.#pagesOf(tb)) {
        this.#setCodeBits(page, 0, 0);
        u32[this.#head(page)] = 0;
      }
    }
    u32.fill(0, hashBuckets >>> 2, (hashBuckets >>> 2) + hashMask + 1);
    this.#clearJumpCaches();
    this.#count = 0;
    this.#arena.reset();
  }

  #clearJumpCaches(): void {
    const { u32 } = this.#machine.views();
    const { layout, map } = this.#machine;
    for (let vcpu = 0; vcpu < map.vcpus; vcpu++) {
      const first = (this.#machine.env(vcpu) + layout.jumpCacheOffset) >>> 2;
      u32.fill(0, first, first + ((JUMP_CACHE_ENTRY.size >>> 2) << layout.jumpCacheBits));
    }
  }

  #entry(physPage: number): number {
    return physPage < PHYS_PAGES ? this.#machine.views().u32[(this.#machine.map.physMap >>> 2) + physPage] : 0;
  }

  #pagesOf(tb: number): number[] {
    const { u32 } = this.#machine.views();
    const second = u32[(tb + AT.physPage2) >>> 2];
    return second === NO_PAGE ? [u32[(tb + AT.physPage) >>> 2]] : [u32[(tb + AT.physPage) >>> 2], second];
  }

  /** Index of the word with the first TB of a page. */
  #head(page: number): number {
    return (this.#machine.map.codeHeads >>> 2) + page;
  }

  #bucketOf(physPage: number, pageOffset: number, flags: number, csBase: number): number {
    const { hashBuckets, hashMask } = this.#machine.map;
    return (hashBuckets >>> 2) + (tbHash(physPage, pageOffset, flags, csBase) & hashMask);
  }

  #bucket(tb: number): number {
    const { u32 } = this.#machine.views();
    const at = tb >>> 2;
    return this.#bucketOf(u32[at + (AT.physPage >>> 2)], u32[at + (AT.pageOffset >>> 2)], u32[at + (AT.flags >>> 2)], u32[at + (AT.csBase >>> 2)]);
  }

  /** @returns whether the TB was in the hash */
  #unhash(tb: number): boolean {
    const { u32 } = this.#machine.views();
    for (let at = this.#bucket(tb); u32[at] !== 0; at = (u32[at] + AT.hashNext) >>> 2) {
      if (u32[at] !== tb) continue;
      u32[at] = u32[(tb + AT.hashNext) >>> 2];
      return true;
    }
    return false;
  }

  /** Take the TBs that are gone out of a page's list, and make its code bits those of the others. */
  #sweep(page: number): void {
    const { u32 } = this.#machine.views();
    let low = 0;
    let high = 0;
    let at = this.#head(page);
    while (u32[at] !== 0) {
      const link = u32[at];
      if (u32[((link & ~1) + AT.state) >>> 2] === 0) {
        u32[at] = u32[nextOf(link)];
        continue;
      }
      const from = bytesFrom(u32, link);
      const to = bytesTo(u32, link);
      low |= granuleBits(from, to, 0);
      high |= granuleBits(from, to, 1);
      at = nextOf(link);
    }
    this.#setCodeBits(page, low, high);
  }

  /** ROM has no code bits: nothing stores to it. */
  #codeWord(page: number): number | undefined {
    const entry = this.#entry(page);
    return entry & PhysKind.ram ? codeWord(this.#machine.map, (entry & -PAGE_SIZE) >>> 0) >>> 2 : undefined;
  }

  #addCodeBits(link: number, page: number): void {
    const word = this.#codeWord(page);
    if (word === undefined) return;
    const { u32 } = this.#machine.views();
    const from = bytesFrom(u32, link);
    const to = bytesTo(u32, link);
    const first = (u32[word] | u32[word + 1]) === 0;
    u32[word] |= granuleBits(from, to, 0);
    u32[word + 1] |= granuleBits(from, to, 1);
    if (first) this.#hooks.protect(page);
  }

  #setCodeBits(page: number, low: number, high: number): void {
    const word = this.#codeWord(page);
    if (word === undefined) return;
    const { u32 } = this.#machine.views();
    u32[word] = low;
    u32[word + 1] = high;
  }
}

// ---- links of page lists: `header | which` -------------------------------------------------------------------------------

/** Index of the word that names the next one. */
function nextOf(link: number): number {
  return ((link & ~1) + AT.pageNext + (link & 1) * 4) >>> 2;
}

/** The bytes of a TB on its first or second page, as offsets in that page. */
function bytesFrom(u32: Uint32Array, link: number): number {
  return link & 1 ? 0 : u32[(link + AT.pageOffset) >>> 2];
}

/** End of them. */
function bytesTo(u32: Uint32Array, link: number): number {
  const tb = link & ~1;
  const end = u32[(tb + AT.pageOffset) >>> 2] + u32[(tb + AT.size) >>> 2];
  return link & 1 ? end - PAGE_SIZE : Math.min(end, PAGE_SIZE);
}
