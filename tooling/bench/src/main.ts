/** `npm run bench [-- options]`: whole guests beside other emulators; `npm run bench -- tiers`: kernels for each tier apart; `where`: what a CPU profile says. */
import { AssemblyError } from './asm/assemble.ts';
import { BenchError } from './errors.ts';
import { runWhereCommand } from './profile/command.ts';
import { runRigCommand } from './rig/command.ts';
import { RIG_USAGE } from './rig/options.ts';
import { runTiersCommand } from './tiers-command.ts';

const INTERRUPTED = 130;

async function main(args: readonly string[], controller: AbortController): Promise<number> {
  const [first, ...rest] = args;
  if (first === 'tiers') {
    runTiersCommand(rest);
    return 0;
  }
  if (first === 'where') {
    runWhereCommand(rest);
    return 0;
  }
  if (first !== undefined && !first.startsWith('-')) throw new BenchError('usage', `no benchmark ${first}`, RIG_USAGE);
  // Only here: kernels run without a pause in which a handler could be called, and end by the signal itself.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort());
  return (await runRigCommand(args, controller.signal)) ? 0 : 1;
}

const controller = new AbortController();
try {
  process.exitCode = await main(process.argv.slice(2), controller);
} catch (error) {
  if (controller.signal.aborted) {
    process.stderr.write('bench: interrupted\n');
    process.exitCode = INTERRUPTED;
  } else if (error instanceof BenchError || error instanceof AssemblyError) {
    process.stderr.write(`bench: ${error.message}\n${error.hint}\n`);
    process.exitCode = error instanceof BenchError && error.code === 'usage' ? 2 : 1;
  } else {
    throw error;
  }
}
