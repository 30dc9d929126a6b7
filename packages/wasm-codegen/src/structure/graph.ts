/** A control-flow graph in flat arrays: nodes 0 … nodeCount−1, entry 0, successors in order. Reused from graph to graph. */
import { CodegenError } from '../errors.ts';

/** The graph as the structurer reads it. */
export interface FlowGraph {
  readonly nodeCount: number;
  successorCount(node: number): number;
  successor(node: number, i: number): number;
}

/**
 * A graph built node by node: `begin`, then for each node in order its edges and `endNode`.
 *
 * The number of successors says what a node's code leaves on the stack: 0 nothing (it leaves the function), 1 nothing,
 * 2 an i32 condition (successor 0 when it is not 0), more an i32 index (the last successor for any index beyond).
 */
export class ControlGraph implements FlowGraph {
  private first = new Int32Array(65);
  private targets = new Int32Array(256);
  private edges = 0;
  nodeCount = 0;

  begin(): this {
    this.edges = 0;
    this.nodeCount = 0;
    this.first[0] = 0;
    return this;
  }

  /** Adds an edge of the node that is being described. */
  edge(target: number): this {
    if (this.edges === this.targets.length) this.targets = grown(this.targets, this.edges + 1);
    this.targets[this.edges++] = target;
    return this;
  }

  /** Completes the node; returns its number. */
  endNode(): number {
    const node = this.nodeCount++;
    if (node + 1 >= this.first.length) this.first = grown(this.first, node + 2);
    this.first[node + 1] = this.edges;
    return node;
  }

  successorCount(node: number): number {
    return this.first[node + 1] - this.first[node];
  }

  successor(node: number, i: number): number {
    return this.targets[this.first[node] + i];
  }
}

/** Successors of a graph, copied into arrays that can be changed: node splitting adds nodes and redirects edges. */
export class MutableGraph {
  nodeCount = 0;
  /** Edges of node n are targets[first[n] … first[n] + count[n]). */
  first = new Int32Array(64);
  count = new Int32Array(64);
  targets = new Int32Array(256);
  private edges = 0;

  copy(graph: FlowGraph): void {
    this.nodeCount = 0;
    this.edges = 0;
    for (let node = 0; node < graph.nodeCount; node++) {
      this.addNode();
      const n = graph.successorCount(node);
      for (let i = 0; i < n; i++) {
        const target = graph.successor(node, i);
        if (!(target >= 0 && target < graph.nodeCount)) {
          throw new CodegenError('bad-graph', `node ${node} has an edge to ${target} of ${graph.nodeCount} nodes`, 'end every node that is a target');
        }
        this.addEdge(target);
      }
    }
    if (graph.nodeCount === 0) throw new CodegenError('bad-graph', 'a graph has no nodes', 'node 0 is the entry');
  }

  /** A node without edges; `addEdge` adds to the newest node only. */
  addNode(): number {
    const node = this.nodeCount++;
    if (node === this.first.length) {
      this.first = grown(this.first, node + 1);
      this.count = grown(this.count, node + 1);
    }
    this.first[node] = this.edges;
    this.count[node] = 0;
    return node;
  }

  addEdge(target: number): void {
    if (this.edges === this.targets.length) this.targets = grown(this.targets, this.edges + 1);
    this.targets[this.edges++] = target;
    this.count[this.nodeCount - 1]++;
  }
}

/** A longer copy, at least `length` and at least twice as long. */
export function grown(array: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}
