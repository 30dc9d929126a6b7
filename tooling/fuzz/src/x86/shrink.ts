/** Makes a failing x86 program small: fewer start states, then fewer items, then a lower limit. */
import { minimise } from '../minimise.ts';
import { assemble } from './items.ts';
import type { X86Program } from './program.ts';

export function shrinkX86(program: X86Program, fails: (candidate: X86Program) => boolean, stop: () => boolean): X86Program {
  const valid = (candidate: X86Program): boolean => candidate.items.length > 0 && candidate.starts.length > 0 && assemble(candidate.items, candidate.address) !== undefined;
  const check = (candidate: X86Program): boolean => valid(candidate) && fails(candidate);
  let best = program;
  best = { ...best, starts: minimise(best.starts, (starts) => check({ ...best, starts }), { stop }) };
  best = { ...best, items: minimise(best.items, (items) => check({ ...best, items }), { stop }) };
  for (let limit = best.limit >> 1; limit > 0 && !stop() && check({ ...best, limit }); limit >>= 1) best = { ...best, limit };
  return best;
}
