/**
 * Makes a graph reducible: small loops that have several entries get copies of what lies between their other entries and their header, large ones
 * a dispatch node.
 *
 * Copies: one entry of a strongly connected component is kept as its header. Edges from outside to the others lead to copies of them, and of all they reach inside
 * without passing the header; from there control gets to the header or out. So the loop itself stays as it is, and a way into its middle costs code only.
 *
 * Dispatch: a strongly connected component with entries e1 … ek (k > 1) gets a node D with edges to all of them; every edge to an
 * entry, from outside or inside, is led through a node that stores the entry's number in a selector and goes on to D.
 * Edges from outside and from inside get nodes of their own, else those would be entries again. D is then the component's
 * only header; what is irreducible inside of the component without D is treated alike. An entry keeps D as its only
 * predecessor, so no node becomes one twice: at most 3 nodes are added per node, and all else keeps its shape. An iteration pays a branch table.
 */
import { cyclicComponents } from './components.ts';
import { grown, type MutableGraph } from './graph.ts';

/** What a node is. */
export const NodeKind = {
  /** Of the caller's graph. */
  original: 0,
  /** Added: stores its `value` in the selector. */
  select: 1,
  /** Added: goes where the selector says. */
  dispatch: 2,
  /** Added: the same code as that of node `value`. */
  copy: 3,
} as const;

/** Largest copy of the rest of a loop, in the unit of sizes (words of IR: about 50 instructions). Longer iterations can pay for a dispatch. */
const MAX_LOOP_COPY = 1000;
/** All copies of a graph together are at most this share of it: code that is entered in many places would else be there many times. */
const MAX_COPY_SHARE = 1 / 2;

const UNREACHABLE = -2;
/** Headers that have been dealt with: part of no further component. */
const SETTLED = -1;

export class DispatchInserter {
  /** {@link NodeKind} by node. */
  kind = new Int32Array(64);
  /** For select nodes: the number they store; for copies: the node they are a copy of. */
  value = new Int32Array(64);
  /** 1: the node is a loop header or an entry of a dispatched loop. Every cycle passes such a node. */
  cut = new Int32Array(64);
  /** Nodes that are still to be looked at together have the same non-negative number. */
  private scope = new Int32Array(64);
  private size: ((node: number) => number) | undefined;
  private copyRoom = 0;

  /**
   * Changes the graph; returns its entry, which is a new node when the old one was among several entries of a loop.
   * `rpo` is negative for the nodes that cannot be reached. Without `size`, nothing is copied.
   */
  run(graph: MutableGraph, entry: number, rpo: Int32Array, size?: (node: number) => number): number {
    const nodes = graph.nodeCount;
    this.reserve(nodes);
    this.kind.fill(NodeKind.original, 0, nodes);
    this.cut.fill(0);
    this.size = size;
    this.copyRoom = 0;
    if (size !== undefined) for (let node = 0; node < nodes; node++) if (rpo[node] >= 0) this.copyRoom += size(node) * MAX_COPY_SHARE;
    for (let node = 0; node < nodes; node++) this.scope[node] = rpo[node] < 0 ? UNREACHABLE : 0;
    let start = entry;
    for (let scope = 0, scopes = 1; scope < scopes; scope++) {
      for (const members of cyclicComponents(graph, this.scope, scope)) {
        const inside = scopes++;
        for (const node of members) this.scope[node] = inside;
        const entries = this.entriesOf(graph, inside, start);
        if (entries.length > 1 && this.copyBetween(graph, entries, inside, start, scopes)) {
          scopes++;
          entries.length = 1;
        }
        for (const node of entries) this.cut[node] = 1;
        if (entries.length === 1) this.scope[entries[0]] = SETTLED;
        else start = this.dispatch(graph, entries, inside, start);
      }
    }
    return start;
  }

  /** Nodes of a scope that are reached from outside of it, ascending. */
  private entriesOf(graph: MutableGraph, inside: number, start: number): number[] {
    const { first, count, targets, nodeCount } = graph;
    const { scope } = this;
    const found = new Set<number>();
    if (scope[start] === inside) found.add(start);
    for (let node = 0; node < nodeCount; node++) {
      if (scope[node] === inside || scope[node] === UNREACHABLE) continue;
      for (let e = first[node], end = e + count[node]; e < end; e++) if (scope[targets[e]] === inside) found.add(targets[e]);
    }
    return [...found].sort((a, b) => a - b);
  }

  /**
   * Leads edges from outside to all entries but one to copies, whose scope is `copies`. The one that is kept comes first in `entries` then.
   * @returns false, and nothing is done, when that is too much code
   */
  private copyBetween(graph: MutableGraph, entries: number[], inside: number, start: number, copies: number): boolean {
    const { scope, size } = this;
    if (size === undefined || entries.includes(start)) return false;
    const header = this.headerOf(graph, entries, inside, start);
    const { first, count, targets } = graph;
    const wanted: number[] = entries.filter((node) => node !== header);
    const met = new Set(wanted);
    let room = Math.min(MAX_LOOP_COPY, this.copyRoom);
    for (let i = 0; i < wanted.length; i++) {
      const node = wanted[i];
      room -= this.sizeOf(node);
      if (room < 0) return false;
      for (let e = first[node], end = e + count[node]; e < end; e++) {
        const target = targets[e];
        if (scope[target] !== inside || target === header || met.has(target)) continue;
        met.add(target);
        wanted.push(target);
      }
    }
    const existing = graph.nodeCount;
    const copyOf = new Map<number, number>();
    wanted.forEach((node, i) => copyOf.set(node, existing + i));
    for (const node of wanted) {
      const isSelect = this.kind[node] === NodeKind.select;
      const source = this.kind[node] === NodeKind.original ? node : this.value[node];
      this.add(graph, isSelect ? NodeKind.select : NodeKind.copy, source, copies);
      for (let i = 0; i < graph.count[node]; i++) {
        const target = graph.targets[graph.first[node] + i];
        graph.addEdge(copyOf.get(target) ?? target);
      }
      this.copyRoom -= this.sizeOf(node);
    }
    for (let node = 0; node < existing; node++) {
      if (scope[node] === inside) continue;
      for (let i = 0; i < graph.count[node]; i++) {
        const e = graph.first[node] + i;
        graph.targets[e] = copyOf.get(graph.targets[e]) ?? graph.targets[e];
      }
    }
    entries[0] = header;
    return true;
  }

  /** The entry that is the loop's header: one that is not only reached from the start of all, where there is one. */
  private headerOf(graph: MutableGraph, entries: readonly number[], inside: number, start: number): number {
    const { first, count, targets, nodeCount } = graph;
    for (let node = 0; node < nodeCount; node++) {
      if (node === start || this.scope[node] === inside || this.scope[node] === UNREACHABLE) continue;
      for (let e = first[node], end = e + count[node]; e < end; e++) if (entries.includes(targets[e])) return targets[e];
    }
    return entries[0];
  }

  /** Of a node or what it is a copy of. */
  private sizeOf(node: number): number {
    if (this.kind[node] === NodeKind.original) return this.size!(node);
    return this.kind[node] === NodeKind.copy ? this.size!(this.value[node]) : 0;
  }

  /** Leads all edges to the entries through a new dispatch node; returns the graph's entry. */
  private dispatch(graph: MutableGraph, entries: readonly number[], inside: number, start: number): number {
    const existing = graph.nodeCount;
    const dispatch = this.add(graph, NodeKind.dispatch, 0, SETTLED);
    // Two successors are taken as (selector not 0, selector 0), more as a table.
    for (const node of entries.length === 2 ? [entries[1], entries[0]] : entries) graph.addEdge(node);
    const outer = new Map<number, number>();
    const inner = new Map<number, number>();
    entries.forEach((node, value) => {
      outer.set(node, this.add(graph, NodeKind.select, value, SETTLED));
      graph.addEdge(dispatch);
      inner.set(node, this.add(graph, NodeKind.select, value, inside));
      graph.addEdge(dispatch);
    });
    const { first, count, targets } = graph;
    for (let node = 0; node < existing; node++) {
      const selectors = this.scope[node] === inside ? inner : outer;
      for (let e = first[node], end = e + count[node]; e < end; e++) targets[e] = selectors.get(targets[e]) ?? targets[e];
    }
    return outer.get(start) ?? start;
  }

  private reserve(nodes: number): void {
    if (this.kind.length >= nodes) return;
    for (const name of ['kind', 'value', 'cut', 'scope'] as const) this[name] = grown(this[name], nodes);
  }

  private add(graph: MutableGraph, kind: number, value: number, scope: number): number {
    const node = graph.addNode();
    this.reserve(node + 1);
    this.kind[node] = kind;
    this.value[node] = value;
    this.scope[node] = scope;
    return node;
  }
}
