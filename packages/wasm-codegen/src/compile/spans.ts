/**
 * Spans: guest accesses through one base value that lie within a few bytes of each other and run one after the other: pushes of a prologue,
 * fields of a structure, variables in a frame. The first access of a span looks its page up for the bytes of all, and keeps the host address of
 * the lowest; the others need no more than a test whether it did.
 *
 * What holds: where a later access runs, the first has run before, with the same base value and, in between, nothing that may change what an
 * address means. Such things end their TB or leave the region; only device memory may do so within one, and a TB that may reach devices has one
 * instruction: accesses of those are in no span. That the TLB may lose the page in between does not matter: the page is still mapped there. If a
 * span meets any difficulty (not in the TLB, two pages, device memory, code), each of its accesses takes the slow path, which is exact, and finds
 * out that there is none for that access, if so.
 */
import { MO_SIZE, Op, OP_DEFS, opCode, opLength, memOpAlignBits, type HelperTable, type TbIr, type Temp } from '@wasm-tcg/ir';
import { grown } from '../structure/graph.ts';
import type { BlockScan } from './blocks.ts';

/**
 * Most bytes of a span, from its first to its last. A span of n bytes at any place lies on two pages in n cases of 4096, and its accesses then cost
 * several times what they would alone; frames and structures of hot code are rarely longer.
 */
const MAX_SPAN = 256;

/** Spans that may still grow at any point of a block, by their bases. The oldest makes place. */
const MAX_OPEN = 8;

const OUTS = Uint8Array.from(OP_DEFS, (def) => def.out.length);
const INS = Uint8Array.from(OP_DEFS, (def) => def.in.length);
const MEMOP_AT = Uint8Array.from(OP_DEFS, (def) => def.out.length + def.in.length + Math.max(0, def.attrs.indexOf('memop')));
const NO_SPAN = -1;
/** The base of constant addresses. */
const ABSOLUTE = 0;

/** What the lowering of an access is told of its span. */
export interface Span {
  /** It is the first access, which looks the page up. */
  readonly first: boolean;
  /** One of the accesses stores: the page is looked up for that. */
  readonly write: boolean;
  readonly bytes: number;
  /** Of the access from the lowest byte of the span. */
  readonly offset: number;
  /** The Wasm local that holds the host address of the lowest byte, or 0 when the accesses take the slow path. */
  readonly local: number;
}

export class SpanScan {
  readonly #helpers: HelperTable;
  /** Span of the access at a position of the stream, and its offset from the base value. */
  #spanAt = new Int32Array(1024);
  #offsetAt = new Int32Array(1024);
  // By span: first access, its extent, accesses, whether one stores; what it is relative to and under which MMU index.
  #spans = 0;
  #firstAt = new Int32Array(64);
  #min = new Int32Array(64);
  #max = new Int32Array(64);
  #count = new Int32Array(64);
  #write = new Int32Array(64);
  #base = new Int32Array(64);
  #mmu = new Int32Array(64);
  readonly #open: number[] = [];
  // By temp: which base value it is relative to, good when its stamp is the present one.
  #stamp = new Int32Array(256);
  #baseOf = new Int32Array(256);
  #offsetOf = new Int32Array(256);
  #now = 0;
  #bases = ABSOLUTE;
  #predecessors = new Int32Array(64);
  readonly #span: { -readonly [K in keyof Span]: Span[K] } = { first: false, write: false, bytes: 0, offset: 0, local: 0 };

  constructor(helpers: HelperTable) {
    this.#helpers = helpers;
  }

  /** @param alone whether the data word of an `insn_start` belongs to a TB of one instruction */
  scan(tb: TbIr, blocks: BlockScan, alone: (data: number) => boolean): void {
    this.#reserve(tb, blocks);
    this.#spanAt.fill(NO_SPAN, 0, tb.length);
    this.#spans = 0;
    let lone = false;
    for (let block = 0; block < blocks.blocks; block++) {
      if (block === 0 || !this.#continues(blocks, block)) this.#forget();
      for (let at = blocks.start[block], end = blocks.end[block]; at < end; at += 1 + opLength(tb.code[at])) {
        if (opCode(tb.code[at]) === Op.insn_start) lone = alone(tb.code[at + 2]);
        this.#op(tb, at, lone);
      }
    }
  }

  /** The span of the access at a position; `local` gives the Wasm local that belongs to a span's number. Good until the next call. */
  of(at: number, local: (span: number) => number): Span | undefined {
    const s = this.#spanAt[at];
    if (s === NO_SPAN || this.#count[s] < 2) return undefined;
    const span = this.#span;
    span.first = this.#firstAt[s] === at;
    span.write = this.#write[s] !== 0;
    span.bytes = this.#max[s] - this.#min[s];
    span.offset = this.#offsetAt[at] - this.#min[s];
    span.local = local(s);
    return span;
  }

  #reserve(tb: TbIr, blocks: BlockScan): void {
    if (this.#spanAt.length < tb.length) {
      this.#spanAt = grown(this.#spanAt, tb.length);
      this.#offsetAt = grown(this.#offsetAt, tb.length);
    }
    if (this.#stamp.length < tb.temps) {
      this.#stamp = grown(this.#stamp, tb.temps);
      this.#baseOf = grown(this.#baseOf, tb.temps);
      this.#offsetOf = grown(this.#offsetOf, tb.temps);
    }
    const { graph } = blocks;
    const nodes = graph.nodeCount;
    if (this.#predecessors.length < nodes) this.#predecessors = grown(this.#predecessors, nodes);
    this.#predecessors.fill(0, 0, nodes);
    for (let node = 0; node < nodes; node++) for (let i = graph.successorCount(node) - 1; i >= 0; i--) this.#predecessors[graph.successor(node, i)]++;
  }

  /** Whether a block is what runs behind the one before it, always and only. An access behind a branch would often be checked for nothing. */
  #continues({ graph }: BlockScan, block: number): boolean {
    return this.#predecessors[block] === 1 && graph.successorCount(block - 1) === 1 && graph.successor(block - 1, 0) === block;
  }

  #forget(): void {
    this.#now++;
    this.#open.length = 0;
  }

  #op(tb: TbIr, at: number, lone: boolean): void {
    const { code } = tb;
    const op = opCode(code[at]);
    switch (op) {
      case Op.mov: this.#relative(tb, code[at + 1], code[at + 2], 0); break;
      case Op.add:
        if (tb.isConst(code[at + 3])) this.#relative(tb, code[at + 1], code[at + 2], constantOf(tb, code[at + 3]));
        else if (tb.isConst(code[at + 2])) this.#relative(tb, code[at + 1], code[at + 3], constantOf(tb, code[at + 2]));
        else this.#fresh(code[at + 1]);
        break;
      case Op.sub:
        if (tb.isConst(code[at + 3])) this.#relative(tb, code[at + 1], code[at + 2], -constantOf(tb, code[at + 3]));
        else this.#fresh(code[at + 1]);
        break;
      case Op.call: this.#call(tb, at); break;
      case Op.guest_ld:
      case Op.guest_st:
      case Op.guest_rmw_ld:
        if (lone) this.#open.length = 0;
        else this.#access(tb, at, op);
        for (let i = OUTS[op]; i > 0; i--) this.#fresh(code[at + i]);
        break;
      default:
        for (let i = OUTS[op]; i > 0; i--) this.#fresh(code[at + i]);
    }
  }

  #call({ code, target }: TbIr, at: number): void {
    const helper = this.#helpers[code[at + opLength(code[at])]];
    // Who writes the call refuses it.
    if (helper === undefined) return;
    const { ret, effects } = helper;
    if (ret !== null) this.#fresh(code[at + 1]);
    if (effects.writes !== 'none') for (let g = 0; g < target.globals.length; g++) this.#fresh(g);
    if (effects.io || effects.mayExit || effects.changesFlags || effects.changesMapping) this.#open.length = 0;
  }

  /** The temp has a value that nothing else is relative to. */
  #fresh(t: Temp): void {
    this.#stamp[t] = this.#now;
    this.#baseOf[t] = ++this.#bases;
    this.#offsetOf[t] = 0;
  }

  #know(tb: TbIr, t: Temp): void {
    if (tb.isConst(t)) {
      this.#baseOf[t] = ABSOLUTE;
      this.#offsetOf[t] = tb.constLo[t];
    } else if (this.#stamp[t] !== this.#now) {
      this.#fresh(t);
    }
  }

  /** d = a + by; NaN: by what is not known here. */
  #relative(tb: TbIr, d: Temp, a: Temp, by: number): void {
    this.#know(tb, a);
    const sum = this.#offsetOf[a] + by;
    // 64-bit constants are not relative to each other, nor is anything beyond 2 GiB; narrow addresses wrap, and so do their offsets.
    if (Number.isNaN(sum) || (tb.wide && (sum !== (sum | 0) || tb.isConst(a)))) {
      this.#fresh(d);
      return;
    }
    const base = this.#baseOf[a];
    this.#stamp[d] = this.#now;
    this.#baseOf[d] = base;
    this.#offsetOf[d] = sum;
  }

  #access(tb: TbIr, at: number, op: number): void {
    const { code } = tb;
    const address = code[at + 1 + OUTS[op]];
    const memop = code[at + 1 + MEMOP_AT[op]];
    if (memOpAlignBits(memop) !== 0 || (tb.wide && tb.isConst(address))) return;
    this.#know(tb, address);
    const offset = this.#offsetOf[address];
    const s = this.#spanFor(this.#baseOf[address], code[at + 1 + OUTS[op] + INS[op] + 1], offset, offset + (1 << (memop & MO_SIZE)), at);
    this.#spanAt[at] = s;
    this.#offsetAt[at] = offset;
    if (op !== Op.guest_ld) this.#write[s] = 1;
  }

  /** The open span that can hold the bytes, which grows as needed, or a new one. */
  #spanFor(base: number, mmu: number, from: number, to: number, at: number): number {
    const open = this.#open;
    for (let i = open.length - 1; i >= 0; i--) {
      const s = open[i];
      if (this.#base[s] !== base || this.#mmu[s] !== mmu) continue;
      const min = Math.min(this.#min[s], from);
      const max = Math.max(this.#max[s], to);
      if (max - min > MAX_SPAN) continue;
      this.#min[s] = min;
      this.#max[s] = max;
      this.#count[s]++;
      return s;
    }
    if (open.length === MAX_OPEN) open.shift();
    const s = this.#spans++;
    if (s === this.#firstAt.length) this.#growSpans();
    open.push(s);
    this.#firstAt[s] = at;
    this.#min[s] = from;
    this.#max[s] = to;
    this.#count[s] = 1;
    this.#write[s] = 0;
    this.#base[s] = base;
    this.#mmu[s] = mmu;
    return s;
  }

  #growSpans(): void {
    const n = this.#spans;
    this.#firstAt = grown(this.#firstAt, n);
    this.#min = grown(this.#min, n);
    this.#max = grown(this.#max, n);
    this.#count = grown(this.#count, n);
    this.#write = grown(this.#write, n);
    this.#base = grown(this.#base, n);
    this.#mmu = grown(this.#mmu, n);
  }
}

/** A constant as an offset; NaN when it does not fit 32 bits. */
function constantOf(tb: TbIr, t: Temp): number {
  const lo = tb.constLo[t]!;
  return tb.wide && tb.constHi[t] !== lo >> 31 ? Number.NaN : lo;
}
