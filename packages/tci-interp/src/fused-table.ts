/**
 * Sequences of instructions that have a fused opcode: the idioms of translated guest code, one row each.
 *
 * What is worth a row was counted in blocks as they are interpreted, unoptimised, weighted by how often they ran (booting Linux, busybox's tools,
 * fork and exec, for 32 and 64 bits): a guest instruction is 3.2–3.4 TCI instructions, and 1.25–1.45 dispatches with this table.
 */

/**
 * Names in rows. `T` is the type of a word and `A` the same as part of a guest access: a row stands for narrow and wide code, where its
 * instructions exist. `W` is the size of a word, and `m` an MMU index: a row stands for user and kernel.
 */
const SHORT: Readonly<Record<string, string>> = {
  mov: 'mov.T', movi: 'movi.u32', add: 'add.T', addi: 'add.T.ri', sub: 'sub.T', subi: 'sub.T.ri', and: 'and.T', andi: 'and.T.ri', or: 'or.T', xor: 'xor.T',
  shli: 'shl.T.ri', shri: 'shr.T.ri', sari: 'sar.T.ri', cmov: 'movcond.T.ne', zext: 'extract.i64.0.32',
  ld: 'guest_ld.A.W.m', ld8: 'guest_ld.A.u8.m', ld32: 'guest_ld.i64.w.u32.m',
  st: 'guest_st.A.W.m', st32: 'guest_st.i64.w.u32.m', rld: 'guest_rmw_ld.A.W.m', rst: 'guest_rmw_st.A.W.m',
  zero: 'brcond.T.eq.ri', nonzero: 'brcond.T.ne.ri', tsteq: 'brcond.T.tsteq.ri', tstne: 'brcond.T.tstne.ri', less: 'brcond.T.ltu', notless: 'brcond.T.geu',
  zero32: 'brcond.i32.eq.ri', nonzero32: 'brcond.i32.ne.ri', less32: 'brcond.i32.ltu',
  next: 'goto_tb.0', jump: 'goto_tb.1', lookup: 'goto_ptr', flags: 'call.compute_flags',
};

/** Alternatives are written `a|b`. */
const ROWS: readonly string[] = [
  // The end of a block: cc_op, and on.
  'movi next|jump|lookup',
  'mov mov lookup',
  // A conditional branch that is not taken.
  'zero|nonzero|tsteq|tstne|less|notless|zero32|nonzero32|less32 movi next',
  'mov zero|nonzero|tsteq|tstne movi next',
  'mov zero next',
  'mov mov zero movi next',
  'andi mov tsteq|tstne|zero|nonzero movi next',
  'subi movi mov zero|nonzero movi next',
  'addi mov zero next',
  'trunc zero32|nonzero32 movi next',
  'mov trunc zero32|nonzero32 movi next',
  // Loads and stores with a displacement, and what goes before and after them.
  'addi ld|ld8|ld32|st|st32|rld',
  'addi ld mov|addi|movi|andi|ld',
  'addi ld addi ld',
  'addi ld addi ld addi',
  'addi ld addi st',
  'addi ld addi st addi',
  'addi ld sub mov mov',
  'addi ld mov zero movi',
  'addi ld32 addi',
  'addi st addi|movi',
  'addi st addi ld|st',
  'addi movi st',
  'mov addi ld|st',
  'mov addi ld addi',
  'movi ld|add',
  'movi add ld',
  'movi add ld addi',
  'movi st addi',
  'add ld',
  'ld mov|addi',
  'ld addi ld|st',
  'ld sub mov mov',
  'ld8 mov',
  'st addi|movi',
  'st addi ld|st',
  'st shli add mov',
  'rst mov mov',
  'rld addi rst',
  // Push, pop, call, return.
  'addi st mov',
  'addi st mov addi|mov|jump',
  'addi st mov movi jump',
  'addi st mov addi st',
  'addi st mov mov addi',
  'addi addi st mov jump',
  'addi addi st mov movi jump',
  'mov addi st mov',
  'mov addi st mov addi',
  'mov addi addi st mov',
  'st mov',
  'st mov addi',
  'st mov mov addi',
  'st mov addi st mov',
  'ld addi mov mov',
  'ld addi mov mov ld|movi',
  'mov ld addi mov mov',
  'mov mov ld addi mov',
  'addi mov mov ld',
  'addi mov mov ld addi',
  'addi mov mov lookup',
  // Arithmetic that sets flags, and moves of registers.
  'mov mov',
  'mov mov mov',
  'mov mov mov mov',
  'mov mov addi|add|movi',
  'mov movi|addi',
  'movi mov|movi|addi',
  'movi mov mov',
  'movi movi addi',
  'addi mov',
  'addi mov addi|mov',
  'addi movi mov mov',
  'addi movi mov mov addi|ld',
  'add add',
  'add mov addi',
  'add mov mov mov|zext',
  'add mov mov mov addi',
  'sub mov mov',
  'sub mov mov mov|trunc',
  'sub mov mov zero|nonzero',
  'sub sub mov mov mov',
  'subi movi mov',
  'subi movi mov mov|trunc',
  'subi movi mov mov addi',
  'mov subi movi mov',
  'andi|and|or|xor mov mov|zext',
  'andi shli',
  'mov andi mov',
  'mov andi mov mov',
  'shli add|or',
  'shli add mov',
  'shli add mov addi',
  'shli sari',
  'shri shri mov mov mov',
  'setcond.T.ltu sub sub mov mov',
  'cmov cmov',
  'movi cmov',
  // Halves of 64-bit registers.
  'zext addi|mov|zext',
  'or mov zext|mov',
  'shli or mov zext',
  'xor mov zext zext|trunc',
  // Flags of an operation that is not known.
  'extu extu extu flags',
  'extu extu extu flags extract.i32.0.1',
];

/** MMU indices that rows are expanded for, at most: user and kernel. */
const COMMON_MMUS = 2;

/**
 * Names of the instructions of each sequence, in the spelling of the opcode table. Some may not exist for a target; those sequences mean nothing. Narrow code
 * has next to no 64-bit instructions, and no sequences with them.
 * @param mmuIndices MMU indices of the target
 */
export function sequencesFor(mmuIndices: number): (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  for (const row of ROWS) {
    for (const wide of [false, true]) {
      for (let mmu = 0; mmu < Math.min(mmuIndices, COMMON_MMUS); mmu++) {
        for (const names of expand(row.split(' '), wide, mmu)) {
          const key = names.join(' ');
          if (wide || !key.includes('i64')) found.set(key, names);
        }
      }
    }
  }
  return [...found.values()];
}

function expand(parts: readonly string[], wide: boolean, mmu: number): string[][] {
  let names: string[][] = [[]];
  for (const part of parts) names = names.flatMap((head) => part.split('|').map((name) => [...head, spell(name, wide, mmu)]));
  return names;
}

function spell(name: string, wide: boolean, mmu: number): string {
  return (SHORT[name] ?? name).split('.').map((piece) => {
    switch (piece) {
      case 'T': return wide ? 'i64' : 'i32';
      case 'A': return wide ? 'i64.w' : 'i32';
      case 'W': return wide ? 'u64' : 'u32';
      case 'm': return `m${mmu}`;
      default: return piece;
    }
  }).join('.');
}
