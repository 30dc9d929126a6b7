/**
 * Looking at code that may not have been translated yet, without leaving anything behind: TBs made for it are in no hash, and what they took of the arena is
 * given back. So whoever looks changes neither what runs next nor any counter.
 */
import { Access, NO_PAGE, PAGE_SIZE, TB_HEADER } from '@wasm-tcg/runtime';
import { MachineError } from '../errors.ts';
import type { MachineParts } from '../machine/parts.ts';

const AT = TB_HEADER.offset;
/** Bytes of arena that one look may take: 64 TBs of 64 instructions take less than half of it. */
const ROOM = 1 << 20;

/**
 * Call `look`, then give the arena back what it allocated.
 * @throws MachineError `not-running` when the arena is nearly full, and cannot be emptied since generated code is on the stack
 */
export function leavingNoTrace<T>(p: MachineParts, look: () => T): T {
  const { arena, exec, machine } = p;
  const { map } = machine;
  if (arena.free < Math.min(ROOM, (map.arenaEnd - map.arena) / 4)) {
    if (exec.running) throw new MachineError('not-running', 'no room to translate from inside a handler', 'look when the run has returned');
    exec.flush();
  }
  const end = map.arena + arena.used;
  try {
    return look();
  } finally {
    arena.trim(end);
  }
}

/**
 * Header of the TB at a linear address in the present mode: the one there is, or one made for this look.
 * @returns undefined when nothing can be fetched there
 */
export function findTb(p: MachineParts, linear: bigint): number | undefined {
  const { context, store, machine } = p;
  const physPage = physPageOf(p, linear);
  if (physPage === undefined) return undefined;
  const header = store.lookup(physPage, Number(linear & 0xfffn), context.flags, context.csBase);
  if (header !== 0) {
    const second = machine.views().u32[(header + AT.physPage2) >>> 2]!;
    if (second === NO_PAGE || second === physPageOf(p, (linear + BigInt(PAGE_SIZE)) & context.pcMask)) return header;
  }
  return translate(p, linear);
}

/** As {@link findTb}. @throws MachineError `unmapped` */
export function requireTb(p: MachineParts, linear: bigint): number {
  const header = findTb(p, linear);
  if (header !== undefined) return header;
  throw new MachineError('unmapped', `no code can be fetched at 0x${linear.toString(16)}`, 'inspect an address that is mapped now, in the mode the CPU is in');
}

function translate(p: MachineParts, linear: bigint): number | undefined {
  const { context, translator } = p;
  const { pc, pageBase } = context;
  try {
    context.pc = (linear - BigInt(context.csBase)) & context.pcMask;
    context.pageBase = linear & ~0xfffn;
    const made = translator.make(0, false);
    if (made.kind === 'full') throw new Error('a look takes more of the arena than was kept for it');
    return made.kind === 'tb' ? made.header : undefined;
  } finally {
    context.pc = pc;
    context.pageBase = pageBase;
  }
}

function physPageOf(p: MachineParts, linear: bigint): number | undefined {
  const { core, context } = p;
  const lo = Number(BigInt.asIntN(32, linear));
  const hi = Number(BigInt.asIntN(32, linear >> 32n));
  if (core.guest_translate_host(context.env, lo, hi, Access.fetch, context.fetchMmu) === 0) return undefined;
  return Math.floor(context.translated / PAGE_SIZE);
}
