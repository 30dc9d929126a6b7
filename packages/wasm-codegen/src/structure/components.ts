/**
 * Strongly connected components that contain a cycle (Tarjan, "Depth-first search and linear graph algorithms", 1972, with
 * an explicit stack). Only asked about irreducible graphs, which are rare, so it allocates what it needs.
 */
import type { MutableGraph } from './graph.ts';

const UNSEEN = -1;

/** The cyclic components of the subgraph of the nodes n with `scope[n] === id`. */
export function cyclicComponents(graph: MutableGraph, scope: Int32Array, id: number): number[][] {
  const { first, count, targets, nodeCount } = graph;
  const index = new Int32Array(nodeCount).fill(UNSEEN);
  const low = new Int32Array(nodeCount);
  const open = new Uint8Array(nodeCount);
  const nextEdge = new Int32Array(nodeCount);
  const path: number[] = [];
  const pending: number[] = [];
  const found: number[][] = [];
  let counter = 0;

  const enter = (node: number): void => {
    index[node] = low[node] = counter++;
    open[node] = 1;
    path.push(node);
    pending.push(node);
  };

  /** All successors of the node are done: it closes a component, and its parent learns how far back it reaches. */
  const leave = (node: number): void => {
    path.pop();
    if (path.length > 0) low[path[path.length - 1]] = Math.min(low[path[path.length - 1]], low[node]);
    if (low[node] !== index[node]) return;
    const members = pending.splice(pending.lastIndexOf(node));
    for (const member of members) open[member] = 0;
    if (members.length > 1 || hasSelfLoop(node)) found.push(members);
  };

  const hasSelfLoop = (node: number): boolean => {
    for (let e = first[node], end = e + count[node]; e < end; e++) if (targets[e] === node) return true;
    return false;
  };

  for (let root = 0; root < nodeCount; root++) {
    if (scope[root] !== id || index[root] !== UNSEEN) continue;
    enter(root);
    while (path.length > 0) {
      const node = path[path.length - 1];
      if (nextEdge[node] === count[node]) {
        leave(node);
        continue;
      }
      const target = targets[first[node] + nextEdge[node]++];
      if (scope[target] !== id) continue;
      if (index[target] === UNSEEN) enter(target);
      else if (open[target] === 1) low[node] = Math.min(low[node], index[target]);
    }
  }
  return found;
}
