/** What a host reads off the op stream of a TB: restore table, instruction counts, link targets. */
import { Op, opCode, opLength, type TbIr } from '@wasm-tcg/ir';

/** pc offset and data of an instruction. */
export interface RestoreEntry {
  readonly delta: number;
  readonly data: number;
}

export function restoreTable(tb: TbIr): readonly RestoreEntry[] {
  const entries: RestoreEntry[] = [];
  for (let at = 0; at < tb.length; at += 1 + opLength(tb.code[at])) {
    if (opCode(tb.code[at]) === Op.insn_start) entries.push({ delta: tb.code[at + 1], data: tb.code[at + 2] });
  }
  return entries;
}

/** Guest instructions that have begun, in stream order, when the op at `at` runs: those that an exit there does not give back. */
export function instructionsBefore(tb: TbIr, at: number): number {
  let count = 0;
  for (let p = 0; p < at; p += 1 + opLength(tb.code[p])) if (opCode(tb.code[p]) === Op.insn_start) count++;
  return count;
}

/** The goto_tb ops of a TB. */
export function gotoTargets(tb: TbIr): readonly { readonly slot: number; readonly delta: number }[] {
  const targets = [];
  for (let at = 0; at < tb.length; at += 1 + opLength(tb.code[at])) {
    if (opCode(tb.code[at]) === Op.goto_tb) targets.push({ slot: tb.code[at + 1], delta: tb.code[at + 2] });
  }
  return targets;
}
