/**
 * Links between TBs: slot s of TB a to TB b. Invariant: `a.jmpTarget[s] == b` exactly when `a | s` is in b's list of incoming
 * links, which is chained through `jmpNext[s]` of its members. tb_exec makes links in Wasm by the same rule.
 */
import { TB_HEADER } from './layout/tb-header.ts';
import type { MachineMemory } from './memory.ts';

const { jmpTarget, jmpGeneration, jmpBase, jmpNext, incoming } = TB_HEADER.offset;
const SLOT = 1;

/**
 * Link slot `slot` of `from` to `to`, undoing an earlier link of the slot.
 * @param generation mapping generation under which a link to another page has been verified
 * @param pageBase page base of `from` then
 */
export function linkTb(machine: MachineMemory, from: number, slot: 0 | 1, to: number, generation: number, pageBase: bigint): void {
  unlinkOutgoing(machine, from, slot);
  const { u32, data } = machine.views();
  const step = slot * 4;
  u32[(from + jmpTarget + step) >>> 2] = to;
  u32[(from + jmpGeneration + step) >>> 2] = generation;
  data.setBigUint64(from + jmpBase + slot * 8, pageBase, true);
  u32[(from + jmpNext + step) >>> 2] = u32[(to + incoming) >>> 2];
  u32[(to + incoming) >>> 2] = from | slot;
}

/** Undo the link of one slot, if it is linked. */
export function unlinkOutgoing(machine: MachineMemory, from: number, slot: 0 | 1): void {
  const { u32 } = machine.views();
  const target = u32[(from + jmpTarget + slot * 4) >>> 2];
  if (target === 0) return;
  u32[(from + jmpTarget + slot * 4) >>> 2] = 0;
  const wanted = (from | slot) >>> 0;
  // Where the pointer to the present member is: first the head, then jmpNext of each member.
  let at = (target + incoming) >>> 2;
  while (u32[at] !== 0) {
    const member = u32[at];
    const next = ((member & ~SLOT) + jmpNext + (member & SLOT) * 4) >>> 2;
    if (member === wanted) {
      u32[at] = u32[next];
      u32[next] = 0;
      return;
    }
    at = next;
  }
}

/** Undo all links to a TB: whoever took them looks the target up again. */
export function unlinkIncoming(machine: MachineMemory, tb: number): void {
  const { u32 } = machine.views();
  let member = u32[(tb + incoming) >>> 2];
  u32[(tb + incoming) >>> 2] = 0;
  while (member !== 0) {
    const header = member & ~SLOT;
    const step = (member & SLOT) * 4;
    const next = (header + jmpNext + step) >>> 2;
    member = u32[next];
    u32[next] = 0;
    u32[(header + jmpTarget + step) >>> 2] = 0;
  }
}

/** Links to a TB as `header | slot`, newest first. */
export function incomingLinks(machine: MachineMemory, tb: number): number[] {
  const { u32 } = machine.views();
  const links: number[] = [];
  for (let member = u32[(tb + incoming) >>> 2]; member !== 0; ) {
    links.push(member);
    member = u32[((member & ~SLOT) + jmpNext + (member & SLOT) * 4) >>> 2];
  }
  return links;
}
