/**
 * `npm start [-- --guest NAME] [options of wasm-tcg]`: prepares a guest, then runs the emulator's command line with it.
 * The glue stands here because the command line, a package, may not know of tooling.
 */
import { join } from 'node:path';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { guestArguments, startPlan, TINY } from './lib/start-arguments.mjs';
import { setup } from './setup.mjs';

const say = (text) => process.stderr.write(`start: ${text}\n`);

/** @returns {Promise<string[] | number>} arguments for the command line, or an exit code */
async function prepare(args) {
  const plan = startPlan(args);
  if (plan.guest === undefined || plan.guest === TINY) return plan.rest;
  const images = await import('../tooling/guest-images/dist/index.js');
  if (!images.isGuestName(plan.guest)) {
    say(`no guest ${plan.guest}; there are ${[...images.GUEST_NAMES, TINY].join(', ')}`);
    return 2;
  }
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    const image = await images.ensureGuest(plan.guest, { signal: controller.signal, onProgress: say, debs: plan.debs });
    for (const note of image.notes) say(`note: ${note}`);
    return guestArguments(plan, image);
  } catch (error) {
    if (controller.signal.aborted) return 130;
    if (!(error instanceof images.GuestImageError)) throw error;
    say(`${plan.guest} cannot be had: ${error.message}\n${error.hint}`);
    say('booting the built-in guest instead');
    return plan.rest;
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}

if (!(await setup())) {
  process.exitCode = 1;
} else {
  const args = await prepare(process.argv.slice(2));
  if (typeof args === 'number') {
    process.exitCode = args;
  } else {
    const cwd = process.env.INIT_CWD ?? process.cwd();
    const { code } = await run(process.execPath, [join(ROOT, 'packages/emulator/dist/cli/main.js'), ...args], { stdin: 'inherit', cwd, forwardSignals: true });
    process.exitCode = code;
  }
}
