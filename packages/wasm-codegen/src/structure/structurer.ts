/**
 * Turns an arbitrary control-flow graph into Wasm's nested blocks, loops and branches (Ramsey, "Beyond Relooper: recursive
 * translation of unstructured control flow to structured control flow", ICFP 2022).
 *
 * Code follows the dominator tree. A node with several forward predecessors (a merge node) is placed after a block that
 * its immediate dominator opens, and reached by branching out of it; a loop header opens a loop; every other node is placed
 * where its only predecessor goes to it. The recursion of the paper is a stack of pending actions here, so deep graphs do
 * not overflow the engine's stack. Loops with several entries are dispatched first (irreducible.ts), and only those.
 */
import type { FuncBody } from '../encoder/func-body.ts';
import type { Label } from '../encoder/labels.ts';
import { Op } from '../encoder/opcodes.ts';
import { ValType } from '../encoder/types.ts';
import { Dominators } from './dominators.ts';
import { grown, MutableGraph, type FlowGraph } from './graph.ts';
import { DispatchInserter, NodeKind } from './irreducible.ts';

/** Writes the code of nodes; of one that is copied, more than once. */
export interface NodeWriter {
  /**
   * Writes a node's code. What it leaves on the stack is decided by the number of the node's successors: nothing for none
   * (the code leaves the function, or branches to a label around the whole structure) or one; an i32 condition for two
   * (not 0: successor 0); an i32 index for more (the last successor for any beyond).
   */
  node(node: number): void;
  /** Of a node with two successors: more than 0 when it nearly always goes to successor 0, less than 0 for successor 1. Absent: not known. */
  bias?(node: number): number;
}

/** Pending actions, in triples (action, node, node that follows). */
const Action = { tree: 0, end: 1, else: 2 } as const;

/** What comes after the code when nothing does. */
const NOTHING = -1;

export class Structurer {
  private readonly graph = new MutableGraph();
  private readonly dominators = new Dominators();
  private readonly inserter = new DispatchInserter();
  private entry = 0;
  /** Nodes 0 … original−1 are the caller's. */
  private original = 0;
  private irreducible = false;
  private blockLabel = new Int32Array(64);
  private loopLabel = new Int32Array(64);
  /** Children in the dominator tree that get a block, latest in reverse postorder first: list heads and links. */
  private firstChild = new Int32Array(64);
  private nextSibling = new Int32Array(64);
  private pending = new Int32Array(192);
  private pendingCount = 0;
  private tableLabels = new Int32Array(64);

  /**
   * Analyses a graph, which is copied. Results stay until the next call.
   * @param size of nodes whose code may be written more than once, in any unit; none given: no node's may
   */
  analyse(graph: FlowGraph, entry = 0, size?: (node: number) => number): void {
    this.graph.copy(graph);
    this.original = this.graph.nodeCount;
    this.entry = entry;
    this.irreducible = !this.dominators.run(this.graph, this.entry);
    if (!this.irreducible) return;
    this.entry = this.inserter.run(this.graph, this.entry, this.dominators.rpo, size);
    this.dominators.run(this.graph, this.entry);
  }

  /** Whether the last graph needed a dispatch node. */
  get dispatched(): boolean {
    return this.irreducible;
  }

  isReachable(node: number): boolean {
    return this.dominators.rpo[node] >= 0;
  }

  /** Position of a reachable node in the order in which code is written along forward edges. */
  position(node: number): number {
    return this.dominators.rpo[node];
  }

  /** Whether the node is a loop header, or an entry of a loop with several: every cycle passes at least one such node. */
  cutsCycle(node: number): boolean {
    return (this.irreducible ? this.inserter.cut[node] : this.dominators.isHeader[node]) !== 0;
  }

  /**
   * Writes the analysed graph. Control never reaches what is written after it, but validation thinks it may: the caller
   * goes on with `unreachable` or with code that ends the function.
   */
  emit(f: FuncBody, writer: NodeWriter): void {
    this.placeChildren();
    const selector = this.irreducible ? f.local(ValType.i32) : 0;
    this.pendingCount = 0;
    this.push(Action.tree, this.entry, NOTHING);
    while (this.pendingCount > 0) {
      const at = --this.pendingCount * 3;
      const action = this.pending[at];
      if (action === Action.tree) this.tree(f, writer, this.pending[at + 1], this.pending[at + 2], selector);
      else if (action === Action.end) f.end();
      else f.else_();
    }
    if (this.irreducible) f.release(selector);
  }

  /** Builds the lists of children that are placed after a block of their dominator. */
  private placeChildren(): void {
    const { dominators, graph } = this;
    const nodes = graph.nodeCount;
    if (this.firstChild.length < nodes) {
      for (const name of ['firstChild', 'nextSibling', 'blockLabel', 'loopLabel'] as const) this[name] = grown(this[name], nodes);
    }
    this.firstChild.fill(NOTHING, 0, nodes);
    for (let i = 1; i < dominators.reachable; i++) {
      const node = dominators.order[i];
      if (!this.hasBlock(node)) continue;
      const parent = dominators.idom[node];
      this.nextSibling[node] = this.firstChild[parent];
      this.firstChild[parent] = node;
    }
  }

  /** Merge nodes are reached by branches, and so are all targets of a branch table. */
  private hasBlock(node: number): boolean {
    return this.dominators.forwardIn[node] > 1 || this.graph.count[this.dominators.idom[node]] > 2;
  }

  /** Opens what the node's subtree needs, writes the node, and leaves the rest pending. */
  private tree(f: FuncBody, writer: NodeWriter, node: number, follow: number, selector: number): void {
    if (this.dominators.isHeader[node] !== 0) {
      this.loopLabel[node] = f.loop();
      this.push(Action.end, 0, 0);
    }
    let next = follow;
    for (let child = this.firstChild[node]; child !== NOTHING; child = this.nextSibling[child]) {
      this.push(Action.tree, child, next);
      this.push(Action.end, 0, 0);
      this.blockLabel[child] = f.block();
      next = child;
    }
    if (node < this.original) writer.node(node);
    else if (this.inserter.kind[node] === NodeKind.copy) writer.node(this.inserter.value[node]);
    else if (this.inserter.kind[node] === NodeKind.dispatch) f.get(selector);
    else f.i32Const(this.inserter.value[node]).set(selector);
    this.leave(f, node, next, writer);
  }

  /** Writes what follows a node's code: nothing, a branch, a condition or a table. */
  private leave(f: FuncBody, node: number, follow: number, writer: NodeWriter): void {
    const { first, count, targets } = this.graph;
    const edge = first[node];
    switch (count[node]) {
      case 0:
        return;
      case 1:
        this.go(f, node, targets[edge], follow);
        return;
      case 2:
        this.choose(f, node, targets[edge], targets[edge + 1], follow, this.biasOf(writer, node));
        return;
      default:
        this.table(f, node, edge, count[node]);
    }
  }

  private biasOf(writer: NodeWriter, node: number): number {
    if (writer.bias === undefined) return 0;
    if (node < this.original) return writer.bias(node);
    return this.inserter.kind[node] === NodeKind.copy ? writer.bias(this.inserter.value[node]) : 0;
  }

  private choose(f: FuncBody, node: number, then: number, otherwise: number, follow: number, bias: number): void {
    if (then === otherwise) {
      f.drop();
      this.go(f, node, then, follow);
    } else if (this.isJump(node, then) && !(this.fallsInto(node, then, follow) && this.isJump(node, otherwise))) {
      if (bias !== 0) f.hint(bias > 0);
      f.brIf(this.label(node, then));
      this.go(f, node, otherwise, follow);
    } else if (this.isJump(node, otherwise)) {
      f.op(Op.i32_eqz);
      if (bias !== 0) f.hint(bias < 0);
      f.brIf(this.label(node, otherwise));
      this.go(f, node, then, follow);
    } else {
      if (bias !== 0) f.hint(bias > 0);
      f.if_();
      this.push(Action.end, 0, 0);
      this.push(Action.tree, otherwise, follow);
      this.push(Action.else, 0, 0);
      this.push(Action.tree, then, follow);
    }
  }

  private table(f: FuncBody, node: number, edge: number, count: number): void {
    if (this.tableLabels.length < count) this.tableLabels = grown(this.tableLabels, count);
    for (let i = 0; i < count; i++) this.tableLabels[i] = this.label(node, this.graph.targets[edge + i]);
    f.brTable(this.tableLabels as ArrayLike<number> as ArrayLike<Label>, this.tableLabels[count - 1] as Label, count - 1);
  }

  /** Goes to a node unconditionally: falls into it, branches, or places it here. */
  private go(f: FuncBody, from: number, to: number, follow: number): void {
    if (!this.isJump(from, to)) this.push(Action.tree, to, follow);
    else if (!this.fallsInto(from, to, follow)) f.br(this.label(from, to));
  }

  private isBackward(from: number, to: number): boolean {
    return this.dominators.rpo[to] <= this.dominators.rpo[from];
  }

  /** Whether the target is reached by a branch and not placed where it is gone to. */
  private isJump(from: number, to: number): boolean {
    return this.isBackward(from, to) || this.hasBlock(to);
  }

  private fallsInto(from: number, to: number, follow: number): boolean {
    return to === follow && !this.isBackward(from, to);
  }

  private label(from: number, to: number): Label {
    return (this.isBackward(from, to) ? this.loopLabel : this.blockLabel)[to] as Label;
  }

  private push(action: number, node: number, follow: number): void {
    const at = this.pendingCount++ * 3;
    if (at === this.pending.length) this.pending = grown(this.pending, at + 3);
    this.pending[at] = action;
    this.pending[at + 1] = node;
    this.pending[at + 2] = follow;
  }
}
