/**
 * Translates the members of a region for what is known on the edges that lead to them (x86: which operation set the flags).
 *
 * A member that is reached by direct edges only, all with the same known state, is translated for that state. An entry can be reached from outside, too, where
 * nothing is known; when knowing the state of its edges makes better code of it, it gets a second copy for those edges, and the first one is only passed on the way in.
 *
 * A fault in a member is restored from the table in its header, which was made when nothing was known: a member for which that table would be wrong
 * (an instruction leaves the flags in another form when it knows more of them) stays as it was.
 */
import { Op, TbIr, opCode, opLength, type RegionSource } from '@wasm-tcg/ir';
import { NO_DELTA, TB_HEADER, type MachineMemory } from '@wasm-tcg/runtime';
import type { RegionPlan, RegionPlanMember } from './region-select.ts';
import type { TbTranslator } from './tb-translator.ts';

const AT = TB_HEADER.offset;
/** Rounds in which knowledge travels along edges; loops of pass-through blocks longer than this stay unknown. */
const ROUNDS = 3;
const UNKNOWN = -1;
/** Ops that a call of a helper costs as much as. */
const CALL_COST = 10;

interface Way {
  readonly from: number;
  readonly slot: 0 | 1;
}

/**
 * @param entries positions of the members at which the region may be entered
 * @param pool IR objects to use, made when missing
 * @returns members and sources in the order of `plan`; second copies of entries come last
 */
export function translateRegion(
  machine: MachineMemory, translator: TbTranslator, { members: plan, entries }: RegionPlan, pool: TbIr[],
): { members: readonly RegionPlanMember[]; sources: readonly RegionSource[] } {
  const ir = (i: number): TbIr => (pool[i] ??= new TbIr(machine.layout));
  const indirect = new Set(plan.flatMap((member) => member.indirect));
  const entryState = plan.map(() => UNKNOWN);
  const exits = plan.map((member, m) => translator.translateAgain(member.header, ir(m)).exitState);
  const waysIn = directWays(machine, plan, ir(0).wide);

  /** Members that cannot be translated for a state, or gain nothing from it. */
  const unfit = new Set<number>();
  const known = (m: number): number => {
    if (unfit.has(m) || indirect.has(m) || waysIn[m]!.length === 0) return UNKNOWN;
    const states = waysIn[m]!.map(({ from, slot }) => exits[from]![slot]);
    return states.every((s) => s === states[0]) ? Math.max(states[0]!, UNKNOWN) : UNKNOWN;
  };
  for (let round = 0; round < ROUNDS; round++) {
    let changed = false;
    for (let m = 0; m < plan.length; m++) {
      const state = known(m);
      if (state === entryState[m]) continue;
      entryState[m] = state;
      exits[m] = translate(m, state);
      changed = true;
    }
    if (!changed) break;
  }
  settle();

  // What an entry's copy for the way in leads to has to be right for it, too; giving one up may cost others what they know.
  const outer = new Map<number, TbIr>();
  for (let again = true; again; ) {
    again = false;
    for (const e of entries) {
      if (entryState[e] === UNKNOWN) continue;
      const first = outer.get(e) ?? ir(plan.length + outer.size);
      outer.set(e, first);
      const { exitState } = translator.translateAgain(plan[e]!.header, first);
      if (costOf(first) > costOf(ir(e)) && fits(e, exitState)) continue;
      unfit.add(e);
      settle();
      again = true;
    }
  }

  const isEntry = new Set(entries);
  const members = [...plan];
  const sources = plan.map((member, m): RegionSource => ({
    tb: ir(m), header: member.header, pageDelta: member.pageDelta, indirect: member.indirect, entry: isEntry.has(m),
  }));
  for (const e of entries) {
    const first = outer.get(e);
    if (first === undefined || entryState[e] === UNKNOWN) continue;
    const inner = sources[e]!;
    sources[e] = { ...inner, tb: first, entry: 'only' };
    sources.push({ ...inner, entry: false });
    members.push(plan[e]!);
  }
  return { members, sources };

  /** Whether what a member leads to was translated for the states at these exits of it, or for nothing known. */
  function fits(m: number, exitState: readonly [number, number]): boolean {
    return waysIn.every((ways, to) => entryState[to] === UNKNOWN || ways.every(({ from, slot }) => from !== m || exitState[slot] === entryState[to]));
  }

  /** Translate a member for a state, or for nothing known when its faults could not be restored then. @returns states at its exits */
  function translate(m: number, state: number): readonly [number, number] {
    const { header } = plan[m]!;
    if (state !== UNKNOWN) {
      const { exitState } = translator.translateAgain(header, ir(m), state);
      if (translator.adoptRestoreTable(header, ir(m), state)) return exitState;
      unfit.add(m);
      entryState[m] = UNKNOWN;
    }
    return translator.translateAgain(header, ir(m)).exitState;
  }

  /** States must be right, not only likely: whoever was translated for what no longer holds is translated for nothing known, until all agree. */
  function settle(): void {
    for (let again = true; again; ) {
      again = false;
      for (let m = 0; m < plan.length; m++) {
        if (entryState[m] === UNKNOWN || known(m) === entryState[m]) continue;
        entryState[m] = UNKNOWN;
        exits[m] = translate(m, UNKNOWN);
        again = true;
      }
    }
  }
}

/** In ops. */
function costOf({ code, length, ops }: TbIr): number {
  let calls = 0;
  for (let at = 0; at < length; at += 1 + opLength(code[at]!)) if (opCode(code[at]!) === Op.call) calls++;
  return ops + calls * CALL_COST;
}

/** For each member, the link slots of members that lead to its start. Narrow code wraps at 4 GiB, as `mergeRegion` has it. */
function directWays(machine: MachineMemory, plan: readonly RegionPlanMember[], wide: boolean): Way[][] {
  const { u32, i32 } = machine.views();
  const offset = (pages: number, delta: number): number => (wide ? pages * 4096 + delta : (pages * 4096 + delta) >>> 0);
  const start = new Map<number, number>();
  plan.forEach(({ header, pageDelta }, m) => {
    const at = offset(pageDelta, u32[(header + AT.pageOffset) >>> 2]!);
    if (!start.has(at)) start.set(at, m);
  });
  const ways: Way[][] = plan.map(() => []);
  plan.forEach(({ header, pageDelta }, from) => {
    for (const slot of [0, 1] as const) {
      const delta = i32[(header + AT.jmpDelta + slot * 4) >>> 2]!;
      const to = delta === NO_DELTA ? undefined : start.get(offset(pageDelta, delta));
      if (to !== undefined) ways[to]!.push({ from, slot });
    }
  });
  return ways;
}
