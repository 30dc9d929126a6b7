/**
 * Structured control flow against a walk over the graph: random graphs, random decisions, same sequence of nodes. A few
 * shapes as text, so that what is written for the common ones is seen.
 */
import { describe, expect, test } from 'vitest';
import { CodegenError, ControlGraph, ModuleBuilder, Structurer, type FlowGraph } from '../src/index.ts';
import { finishValid, Random, wat } from './wasm-tools.ts';

const graphOf = (edges: readonly (readonly number[])[]): ControlGraph => {
  const graph = new ControlGraph().begin();
  for (const targets of edges) {
    for (const target of targets) graph.edge(target);
    graph.endNode();
  }
  return graph;
};

/**
 * A module whose function calls `visit(node)` at each node and uses its result as decision; it returns 1 when a node
 * without successors is reached or the visitor says stop.
 */
function harness(graph: FlowGraph, structurer: Structurer, size?: (node: number) => number): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  const visit = module.importFunc('e', 'visit', 'i>i');
  const func = module.func('>i');
  module.exportFunc('run', func);
  const f = module.body(func);
  structurer.analyse(graph, 0, size);
  structurer.emit(f, {
    node(node) {
      f.i32Const(node).call(visit);
      const count = graph.successorCount(node);
      if (count === 0) f.drop().i32Const(1).return_();
      else if (count === 1) f.drop();
    },
    // Hints change nothing.
    bias: (node) => (node % 3) - 1,
  });
  f.unreachable().finish();
  return finishValid(module);
}

const STOP = 'stop';

/** Runs the module with decisions from a seed until it ends or `limit` nodes were visited. */
function runModule(bytes: Uint8Array<ArrayBuffer>, seed: number, limit: number): number[] {
  const random = new Random(seed);
  const trace: number[] = [];
  const visit = (node: number): number => {
    trace.push(node);
    if (trace.length === limit) throw new Error(STOP);
    return random.below(7);
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { e: { visit } });
  try {
    expect((exports['run'] as () => number)()).toBe(1);
  } catch (error) {
    if ((error as Error).message !== STOP) throw error;
  }
  return trace;
}

/** The same walk on the graph itself. */
function walk(graph: FlowGraph, seed: number, limit: number): number[] {
  const random = new Random(seed);
  const trace: number[] = [];
  for (let node = 0; ; ) {
    trace.push(node);
    if (trace.length === limit) return trace;
    const decision = random.below(7);
    const count = graph.successorCount(node);
    if (count === 0) return trace;
    if (count === 1) node = graph.successor(node, 0);
    else if (count === 2) node = graph.successor(node, decision !== 0 ? 0 : 1);
    else node = graph.successor(node, Math.min(decision, count - 1));
  }
}

/** A cycle that avoids all nodes for which `cutsCycle` holds; found by removing nodes without successors. */
function uncutCycle(graph: FlowGraph, structurer: Structurer): boolean {
  const rest = new Set<number>();
  for (let node = 0; node < graph.nodeCount; node++) if (structurer.isReachable(node) && !structurer.cutsCycle(node)) rest.add(node);
  for (let removed = true; removed; ) {
    removed = false;
    for (const node of rest) {
      let stays = false;
      for (let i = 0; i < graph.successorCount(node); i++) stays ||= rest.has(graph.successor(node, i));
      if (!stays) removed = rest.delete(node) || removed;
    }
  }
  return rest.size > 0;
}

/** Random edges anywhere: mostly irreducible when large. */
function wildGraph(random: Random, nodes: number): ControlGraph {
  const edges: number[][] = [];
  for (let node = 0; node < nodes; node++) {
    const count = [0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 5][random.below(11)];
    edges.push(Array.from({ length: count }, () => random.below(nodes)));
  }
  return graphOf(edges);
}

/** Random forward edges, and back edges only to nodes on the chain of dominators: reducible. */
function tameGraph(random: Random, nodes: number): ControlGraph {
  // Node n's dominators in a graph whose forward edges form a tree plus joins at the tree parent's next child are hard to
  // keep; so back edges go from n to an ancestor in a tree whose every node has one forward predecessor.
  const parent = [0];
  const edges: number[][] = [[]];
  for (let node = 1; node < nodes; node++) {
    const up = Math.max(0, node - 1 - random.below(4));
    parent.push(up);
    edges[up].push(node);
    edges.push([]);
  }
  for (let node = 0; node < nodes; node++) {
    if (random.below(3) > 0) continue;
    let ancestor = node;
    for (let steps = random.below(5); steps > 0; steps--) ancestor = parent[ancestor];
    edges[node].push(ancestor);
  }
  return graphOf(edges);
}

describe('random graphs run as a walk over the graph does', () => {
  const structurer = new Structurer();
  const check = (graph: FlowGraph, seed: number, size?: (node: number) => number): void => {
    const bytes = harness(graph, structurer, size);
    expect(uncutCycle(graph, structurer)).toBe(false);
    for (let i = 0; i < 3; i++) expect(runModule(bytes, seed + i, 400)).toEqual(walk(graph, seed + i, 400));
  };
  test('small graphs of any shape', () => {
    const random = new Random(11);
    for (let i = 1; i <= 1500; i++) check(wildGraph(random, 2 + random.below(9)), i);
  });
  test('large graphs of any shape', () => {
    const random = new Random(12);
    for (let i = 1; i <= 60; i++) check(wildGraph(random, 20 + random.below(180)), i);
  });
  test('with copies of the rest of loops that are entered in their middle', () => {
    const random = new Random(14);
    // Sizes at which all, some and few loops are copied.
    for (let i = 1; i <= 600; i++) check(wildGraph(random, 2 + random.below(i % 10 === 0 ? 90 : 12)), i, (node) => [1, 60, 400][i % 3] + node);
  });
  test('reducible graphs need no dispatch', () => {
    const random = new Random(13);
    for (let i = 1; i <= 300; i++) {
      const graph = tameGraph(random, 2 + random.below(60));
      check(graph, i);
      expect(structurer.dispatched).toBe(false);
    }
  });
  test('all graphs of three nodes with at most two successors', () => {
    const choices: number[][] = [[]];
    for (let a = 0; a < 3; a++) {
      choices.push([a]);
      for (let b = 0; b < 3; b++) choices.push([a, b]);
    }
    for (const a of choices) for (const b of choices) for (const c of choices) check(graphOf([a, b, c]), 5);
  });
});

test('deep graphs do not overflow the stack', () => {
  const edges: number[][] = [];
  const depth = 3000;
  for (let node = 0; node < depth; node++) edges.push(node < depth - 2 ? [node + 1, node + 2] : node < depth - 1 ? [node + 1] : []);
  const graph = graphOf(edges);
  expect(runModule(harness(graph, new Structurer()), 1, 1e6)).toEqual(walk(graph, 1, 1e6));
});

describe('shapes', () => {
  /** Name, edges, text with nodes as numbers. */
  const shapes: [string, number[][], string][] = [
    ['straight line', [[1], [2], []], '0 1 2'],
    ['diamond', [[1, 2], [3], [3], []], 'block 0 if 1 else 2 end end 3'],
    ['if without else', [[1, 2], [2], []], 'block 0 i32.eqz br_if 0 1 end 2'],
    ['same target twice', [[1, 1], []], 'block 0 drop end 1'],
    ['while', [[1], [2, 3], [1], []], '0 loop 1 if 2 br 1 else 3 end end'],
    ['do while', [[0, 1], []], 'loop 0 br_if 0 1 end'],
    ['early exits', [[1, 3], [2, 3], [], []], 'block 0 i32.eqz br_if 0 1 i32.eqz br_if 0 2 end 3'],
    ['table', [[1, 2, 1, 0], [2], []], 'loop block block 0 br_table 0 1 0 2 end 1 end 2 end'],
  ];
  test.each(shapes)('%s', async (_name, edges, expected) => {
    const module = new ModuleBuilder();
    const f = module.body(module.func('>'));
    const structurer = new Structurer();
    structurer.analyse(graphOf(edges));
    structurer.emit(f, {
      node(node) {
        f.i32Const(1000 + node).drop();
        if (edges[node].length > 1) f.i32Const(2000);
        else if (edges[node].length === 0) f.return_();
      },
    });
    f.finish();
    const text = (await wat(finishValid(module))).slice(2).join(' ');
    expect(text.replace(/i32\.const 1(\d+) drop/g, (_, digits: string) => String(Number(digits))).replace(/ (i32\.const 2000|return)/g, '')).toBe(expected);
  });
});

test.each([
  ['no nodes', [] as number[][]],
  ['an edge beyond the last node', [[1]]],
  ['a negative edge', [[-1]]],
])('%s is refused', (_name, edges) => {
  expect(() => new Structurer().analyse(graphOf(edges))).toThrow(CodegenError);
});

test('selectors nest: two dispatched loops inside a dispatched loop', () => {
  const edges = [[1, 2], [3, 4], [5, 6], [4, 7], [3, 7], [6, 8], [5, 8], [2, 9], [1, 9], []];
  const graph = graphOf(edges);
  const structurer = new Structurer();
  const bytes = harness(graph, structurer);
  expect(structurer.dispatched).toBe(true);
  for (let seed = 1; seed < 40; seed++) expect(runModule(bytes, seed, 300)).toEqual(walk(graph, seed, 300));
});
