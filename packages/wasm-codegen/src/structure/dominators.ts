/**
 * Reverse postorder, dominator tree, loop headers and merge nodes of a graph.
 *
 * Dominators: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001): on a reducible graph in reverse
 * postorder the first round is already the answer. Invariant after `run`: arrays are indexed by node; unreachable nodes
 * have `rpo` −1 and appear nowhere.
 */
import { grown, type MutableGraph } from './graph.ts';

export class Dominators {
  /** Position of a node in reverse postorder, −1 when unreachable. */
  rpo = new Int32Array(64);
  /** Nodes in reverse postorder. */
  order = new Int32Array(64);
  reachable = 0;
  /** Immediate dominator; the entry's is itself. */
  idom = new Int32Array(64);
  /** 1: a back edge leads to the node. */
  isHeader = new Int32Array(64);
  /** Number of forward edges to the node. */
  forwardIn = new Int32Array(64);
  private stack = new Int32Array(64);
  private nextEdge = new Int32Array(64);

  /** Analyses the graph from `entry`. Returns whether it is reducible: all retreating edges lead to a dominator. */
  run(graph: MutableGraph, entry: number): boolean {
    this.reserve(graph.nodeCount);
    this.numberNodes(graph, entry);
    this.findDominators(graph, entry);
    return this.classifyEdges(graph);
  }

  /** Whether `a` dominates `b` (both reachable). */
  dominates(a: number, b: number): boolean {
    const { rpo, idom } = this;
    let node = b;
    while (rpo[node] > rpo[a]) node = idom[node];
    return node === a;
  }

  private reserve(nodes: number): void {
    if (this.rpo.length >= nodes) return;
    for (const name of ['rpo', 'order', 'idom', 'isHeader', 'forwardIn', 'stack', 'nextEdge'] as const) this[name] = grown(this[name], nodes);
  }

  /** Depth-first from the entry; the stack holds each node once, so it is never longer than the graph. */
  private numberNodes(graph: MutableGraph, entry: number): void {
    const { rpo, order, stack, nextEdge } = this;
    const { first, count, targets, nodeCount } = graph;
    const SEEN = -2;
    rpo.fill(-1, 0, nodeCount);
    let depth = 0;
    let finished = nodeCount;
    stack[0] = entry;
    rpo[entry] = SEEN;
    // Last successor first: in reverse postorder the first successor then comes first where both are possible.
    nextEdge[entry] = count[entry];
    while (depth >= 0) {
      const node = stack[depth];
      if (nextEdge[node] === 0) {
        order[--finished] = node;
        depth--;
        continue;
      }
      const target = targets[first[node] + --nextEdge[node]];
      if (rpo[target] !== -1) continue;
      rpo[target] = SEEN;
      nextEdge[target] = count[target];
      stack[++depth] = target;
    }
    this.reachable = nodeCount - finished;
    order.copyWithin(0, finished, nodeCount);
    for (let i = 0; i < this.reachable; i++) rpo[order[i]] = i;
  }

  private findDominators(graph: MutableGraph, entry: number): void {
    const { rpo, order, idom, reachable } = this;
    const { first, count, targets } = graph;
    idom.fill(-1, 0, graph.nodeCount);
    idom[entry] = entry;
    // Edges are walked from their sources, which saves lists of predecessors: a pass meets every edge once, and a forward
    // edge's source is final when it is met in the last pass.
    for (let changed = true; changed; ) {
      changed = false;
      for (let i = 0; i < reachable; i++) {
        const node = order[i];
        for (let e = first[node], end = e + count[node]; e < end; e++) {
          const target = targets[e];
          if (target === entry) continue;
          if (idom[target] === -1) {
            idom[target] = node;
            changed ||= rpo[target] <= i;
            continue;
          }
          let a = node;
          let b = idom[target];
          while (a !== b) {
            while (rpo[a] > rpo[b]) a = idom[a];
            while (rpo[b] > rpo[a]) b = idom[b];
          }
          if (a !== idom[target]) {
            idom[target] = a;
            changed = true;
          }
        }
      }
    }
  }

  private classifyEdges(graph: MutableGraph): boolean {
    const { rpo, order, isHeader, forwardIn, reachable } = this;
    const { first, count, targets } = graph;
    isHeader.fill(0, 0, graph.nodeCount);
    forwardIn.fill(0, 0, graph.nodeCount);
    let reducible = true;
    for (let i = 0; i < reachable; i++) {
      const node = order[i];
      for (let e = first[node], end = e + count[node]; e < end; e++) {
        const target = targets[e];
        if (rpo[target] > i) {
          forwardIn[target]++;
        } else {
          isHeader[target] = 1;
          if (!this.dominates(target, node)) reducible = false;
        }
      }
    }
    return reducible;
  }
}
