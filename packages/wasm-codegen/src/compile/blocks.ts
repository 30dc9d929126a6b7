/**
 * Basic blocks of a TB or region, its control-flow graph, and where each local temp lives: one scan over the op stream.
 *
 * A block starts at the beginning, at a label, after a brcond and after a terminator; labels that stand together start one
 * block. Invariant: blocks are numbered in stream order, and a block that does not end in a terminator goes on to the next.
 */
import { Op, OP_DEFS, opCode, opLength, TempKind, type TbIr } from '@wasm-tcg/ir';
import { CodegenError } from '../errors.ts';
import { ControlGraph, grown } from '../structure/graph.ts';

/** How a block ends. */
export const BlockEnd = { fall: 0, br: 1, brcond: 2, exit: 3 } as const;

/** Value operands (outputs and inputs) by op code; a call's are counted from its length. */
const VALUES = Uint8Array.from(OP_DEFS, (def) => def.out.length + def.in.length);
const TERMINATOR = Uint8Array.from(OP_DEFS, (def) => (def.effects.some((effect) => effect === 'terminator') ? 1 : 0));

const NONE = -1;

export class BlockScan {
  readonly graph = new ControlGraph();
  blocks = 0;
  /** Position of a block's first op, and after its last one, by block. */
  start = new Int32Array(16);
  end = new Int32Array(16);
  /** {@link BlockEnd} by block, and the label of a br or brcond. */
  endKind = new Int32Array(16);
  private endLabel = new Int32Array(16);
  /** insn_start ops before the block, in stream order, and the position of the last of them (−1: none). */
  insnsBefore = new Int32Array(16);
  lastInsn = new Int32Array(16);
  /** Whether a label (not only a fall through) leads to the block. */
  labelled = new Int32Array(16);
  /** Block of each label. */
  labelBlock = new Int32Array(16);
  /** 1: control can get to the block. Passes may leave loops that nothing enters, and those read what nothing writes. */
  reachable = new Int32Array(16);
  private pending = new Int32Array(16);
  /** Position of the last op that names a temp, by temp. */
  lastUse = new Int32Array(256);
  /** For local temps: the only block that names it, or CROSSING. */
  home = new Int32Array(256);

  /** Scans a TB. @throws CodegenError `bad-ir` when a branch goes to a label that is not placed */
  scan(tb: TbIr): void {
    this.reserve(tb);
    this.home.fill(NONE, 0, tb.temps);
    this.labelBlock.fill(NONE, 0, tb.labels);
    this.blocks = 0;
    this.findBlocks(tb);
    this.buildGraph();
    this.findReachable();
  }

  private reserve(tb: TbIr): void {
    if (this.lastUse.length < tb.temps) {
      this.lastUse = grown(this.lastUse, tb.temps);
      this.home = grown(this.home, tb.temps);
    }
    if (this.labelBlock.length < tb.labels) this.labelBlock = grown(this.labelBlock, tb.labels);
  }

  private findBlocks(tb: TbIr): void {
    const { code, length } = tb;
    let insns = 0;
    let lastInsn = NONE;
    let block = this.open(0, insns, lastInsn);
    let empty = true;
    for (let at = 0; at < length; ) {
      const head = code[at];
      const op = opCode(head);
      const next = at + 1 + opLength(head);
      if (op === Op.label) {
        if (!empty) {
          this.close(block, at, BlockEnd.fall, NONE);
          block = this.open(at, insns, lastInsn);
          empty = true;
        }
        this.labelBlock[code[at + 1]] = block;
        this.labelled[block] = 1;
        at = next;
        continue;
      }
      empty = false;
      if (op === Op.insn_start) {
        insns++;
        lastInsn = at;
      }
      this.noteTemps(tb, block, at, op, next);
      if (op === Op.brcond || TERMINATOR[op] !== 0) {
        if (op === Op.brcond) this.close(block, next, BlockEnd.brcond, code[at + 4]);
        else if (op === Op.br) this.close(block, next, BlockEnd.br, code[at + 1]);
        else this.close(block, next, BlockEnd.exit, NONE);
        block = this.open(next, insns, lastInsn);
        empty = true;
      }
      at = next;
    }
    // The block behind the last terminator does not exist, unless a label stands there: then control runs off the end.
    if (empty && this.labelled[block] === 0 && block > 0) this.blocks--;
    else throw new CodegenError('bad-ir', 'control runs off the end of the TB', 'end it with goto_tb, goto_ptr, exit_tb or br');
  }

  private noteTemps(tb: TbIr, block: number, at: number, op: number, next: number): void {
    const { code, tempKind } = tb;
    const { home, lastUse } = this;
    const end = op === Op.call ? next - 1 : at + 1 + VALUES[op];
    for (let i = at + 1; i < end; i++) {
      const t = code[i];
      if (tempKind[t] !== TempKind.local) continue;
      if (home[t] === NONE) home[t] = block;
      else if (home[t] !== block) home[t] = CROSSING;
      lastUse[t] = at;
    }
  }

  private open(at: number, insns: number, lastInsn: number): number {
    const block = this.blocks++;
    if (block === this.start.length) {
      for (const name of ['start', 'end', 'endKind', 'endLabel', 'insnsBefore', 'lastInsn', 'labelled', 'reachable', 'pending'] as const) this[name] = grown(this[name], block + 1);
    }
    this.start[block] = at;
    this.insnsBefore[block] = insns;
    this.lastInsn[block] = lastInsn;
    this.labelled[block] = 0;
    return block;
  }

  private close(block: number, at: number, kind: number, label: number): void {
    this.end[block] = at;
    this.endKind[block] = kind;
    this.endLabel[block] = label;
  }

  private buildGraph(): void {
    const { graph, endKind, blocks } = this;
    graph.begin();
    for (let block = 0; block < blocks; block++) {
      switch (endKind[block]) {
        case BlockEnd.fall: graph.edge(block + 1); break;
        case BlockEnd.br: graph.edge(this.target(block)); break;
        case BlockEnd.brcond: graph.edge(this.target(block)).edge(block + 1); break;
      }
      graph.endNode();
    }
  }

  private findReachable(): void {
    const { graph, reachable, pending, blocks } = this;
    reachable.fill(0, 0, blocks);
    reachable[0] = 1;
    pending[0] = 0;
    for (let count = 1; count > 0; ) {
      const block = pending[--count];
      for (let i = graph.successorCount(block) - 1; i >= 0; i--) {
        const target = graph.successor(block, i);
        if (reachable[target] !== 0) continue;
        reachable[target] = 1;
        pending[count++] = target;
      }
    }
  }

  /** The block a br or brcond goes to. */
  target(block: number): number {
    const label = this.endLabel[block];
    const target = this.labelBlock[label];
    if (!(target >= 0)) throw new CodegenError('bad-ir', `label L${label} is placed nowhere`, 'place every label that a branch names');
    return target;
  }
}

/** `home` of a temp that several blocks name. */
export const CROSSING = -2;
