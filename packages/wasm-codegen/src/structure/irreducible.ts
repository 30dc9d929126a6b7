/**
 * Makes a graph reducible by giving each loop that has several entries one dispatch node.
 *
 * A strongly connected component with entries e1 … ek (k > 1) gets a node D with edges to all of them; every edge to an
 * entry, from outside or inside, is led through a node that stores the entry's number in a selector and goes on to D.
 * Edges from outside and from inside get nodes of their own, else those would be entries again. D is then the component's
 * only header; what is irreducible inside of the component without D is treated alike. An entry keeps D as its only
 * predecessor, so no node becomes one twice: at most 3 nodes are added per node, and all else keeps its shape.
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
} as const;

const UNREACHABLE = -2;
/** Headers that have been dealt with: part of no further component. */
const SETTLED = -1;

export class DispatchInserter {
  /** {@link NodeKind} by node. */
  kind = new Int32Array(64);
  /** For select nodes: the number they store. */
  value = new Int32Array(64);
  /** 1: the node is a loop header or an entry of a dispatched loop. Every cycle passes such a node. */
  cut = new Int32Array(64);
  /** Nodes that are still to be looked at together have the same non-negative number. */
  private scope = new Int32Array(64);

  /**
   * Changes the graph; returns its entry, which is a new node when the old one was among several entries of a loop.
   * `rpo` is negative for the nodes that cannot be reached.
   */
  run(graph: MutableGraph, entry: number, rpo: Int32Array): number {
    const nodes = graph.nodeCount;
    const most = nodes * 4;
    if (this.kind.length < most) {
      for (const name of ['kind', 'value', 'cut', 'scope'] as const) this[name] = grown(this[name], most);
    }
    this.kind.fill(NodeKind.original, 0, nodes);
    this.cut.fill(0, 0, most);
    for (let node = 0; node < nodes; node++) this.scope[node] = rpo[node] < 0 ? UNREACHABLE : 0;
    let start = entry;
    for (let scope = 0, scopes = 1; scope < scopes; scope++) {
      for (const members of cyclicComponents(graph, this.scope, scope)) {
        const inside = scopes++;
        for (const node of members) this.scope[node] = inside;
        const entries = this.entriesOf(graph, inside, start);
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

  private add(graph: MutableGraph, kind: number, value: number, scope: number): number {
    const node = graph.addNode();
    this.kind[node] = kind;
    this.value[node] = value;
    this.scope[node] = scope;
    return node;
  }
}
