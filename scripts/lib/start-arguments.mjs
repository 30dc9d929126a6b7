/** What `npm start` makes of its arguments: which guest to prepare, and what the emulator's command line gets. */

/** The guest that needs no files. */
export const TINY = 'tiny';
const DEFAULT_GUEST = 'linux-cloud-amd64';

/** Options that say themselves what is to run, or that nothing is: no guest is prepared then. */
const NO_GUEST = ['kernel', 'loadvm', 'help', 'h', 'version'];

/** @typedef {{ guest: string | undefined, debs: string[], append: string | undefined, memory: boolean, rest: string[] }} StartPlan */

/**
 * @param {readonly string[]} args
 * @returns {StartPlan} `guest` is undefined when the arguments are the command line's business alone; `append` are words for
 *   behind the guest's own; `memory` says that the size of the RAM is given
 */
export function startPlan(args) {
  const plan = { guest: DEFAULT_GUEST, debs: [], append: undefined, memory: false, rest: [] };
  let direct = false;
  for (let at = 0; at < args.length; at++) {
    const [, name, inline] = /^--?([^=]+)(?:=(.*))?$/s.exec(args[at]) ?? [];
    const value = () => inline ?? args[++at] ?? '';
    if (name === 'guest') plan.guest = value();
    else if (name === 'deb') plan.debs.push(value());
    else if (name === 'append') plan.append = value();
    else {
      if (name === 'm') plan.memory = true;
      if (NO_GUEST.includes(name) || args[at] === 'help') direct = true;
      plan.rest.push(args[at]);
    }
  }
  if (!direct) return plan;
  const append = plan.append === undefined ? [] : ['-append', plan.append];
  return { ...plan, guest: undefined, append: undefined, rest: [...plan.rest, ...append] };
}

/**
 * The emulator's arguments for a prepared guest.
 *
 * @param {StartPlan} plan
 * @param {{ kernel: string, initrd: string, append: string, memory: string }} image
 */
export function guestArguments({ append, memory, rest }, image) {
  const words = append === undefined ? image.append : `${image.append} ${append}`;
  return ['-kernel', image.kernel, '-initrd', image.initrd, '-append', words, ...(memory ? [] : ['-m', image.memory]), ...rest];
}
