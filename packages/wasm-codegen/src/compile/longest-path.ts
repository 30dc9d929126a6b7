/**
 * The most instructions that can run from a block to the next budget test, for every block of a region. Every cycle has a
 * test, so the graph without the edges into tests has none, and the answer is a longest path in it.
 */
import { CodegenError } from '../errors.ts';
import { grown, type FlowGraph } from '../structure/graph.ts';

export class LongestPaths {
  private length = new Int32Array(64);
  private paid!: (block: number) => number;

  /**
   * @param weight instructions that a block's entry pays for
   * @param tests whether a block tests the budget before it pays
   * @throws CodegenError `bad-graph` when a cycle has no test
   */
  run(graph: FlowGraph, weight: (block: number) => number, tests: (block: number) => boolean): void {
    const blocks = graph.nodeCount;
    this.paid = weight;
    if (this.length.length < blocks) this.length = grown(this.length, blocks);
    const { length } = this;
    for (let block = 0; block < blocks; block++) length[block] = weight(block);
    // Blocks are mostly in the order of control flow, so walking them backwards settles nearly all in the first round.
    for (let round = 0, changed = true; changed; round++) {
      if (round > blocks) throw new CodegenError('bad-graph', 'a cycle of the region has no entry at which it may be left', 'set mayLeave for one member of every cycle');
      changed = false;
      for (let block = blocks - 1; block >= 0; block--) {
        let rest = 0;
        for (let i = graph.successorCount(block) - 1; i >= 0; i--) {
          const target = graph.successor(block, i);
          if (!tests(target)) rest = Math.max(rest, length[target]);
        }
        if (weight(block) + rest === length[block]) continue;
        length[block] = weight(block) + rest;
        changed = true;
      }
    }
  }

  /** Instructions that are still to be paid for once a block has been entered. */
  behind(block: number): number {
    return this.length[block] - this.paid(block);
  }

  /** Instructions from the beginning of a block on. */
  from(block: number): number {
    return this.length[block];
  }
}
