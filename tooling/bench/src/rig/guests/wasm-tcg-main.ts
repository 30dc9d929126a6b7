/**
 * The emulator of this repository as a process of the rig: KERNEL INITRD APPEND MIB EXECUTION ENTRY, EXECUTION as JSON. The serial port is standard input and output;
 * asked over the channel to the parent, it says how many instructions have run.
 */
import { readFileSync } from 'node:fs';
import { createPc, type ExecutionOptions, type KernelBoot } from '@wasm-tcg/emulator';
import { lowerCompilerPriority } from '@wasm-tcg/emulator/node';

const [kernel, initrd, append, memory, execution, entry] = process.argv.slice(2);
// As the command line does.
lowerCompilerPriority();
const pc = await createPc({
  memory: `${memory}M`,
  boot: { kernel: readFileSync(kernel), initrd: readFileSync(initrd), append, entry: entry as NonNullable<KernelBoot['entry']> },
  reboot: false,
  execution: JSON.parse(execution) as ExecutionOptions,
});
pc.serial[0].onData((bytes) => void process.stdout.write(bytes));
process.stdin.on('data', (bytes: Buffer) => pc.serial[0].write(bytes));
// Nobody is left to run for.
process.on('disconnect', () => process.exit());
process.on('message', () => process.send?.({ instructions: pc.instructions }));
const { kind } = await pc.start();
process.stderr.write(`the machine ended with ${kind}\n`);
process.exit(kind === 'poweroff' ? 0 : 1);
