/**
 * A Node process that boots a guest as the page does, for the comparison: `node node-boot.js KERNEL INITRD MEMORY MODEL APPEND`. It tells its parent when the
 * shell asks for the first command, and ends.
 */
import { readFile } from 'node:fs/promises';
import { createPc, CPU_MODEL_NAMES } from '@wasm-tcg/emulator';
import { PROMPT } from './prompt.ts';

const [kernel = '', initrd = '', memory = '', modelName = '', append = ''] = process.argv.slice(2);
const model = CPU_MODEL_NAMES.find((name) => name === modelName);
const pc = await createPc({
  memory: `${memory}M`,
  boot: { kernel: await readFile(kernel), initrd: await readFile(initrd), append },
  ...(model === undefined ? {} : { cpu: { model } }),
});
const decoder = new TextDecoder();
let said = '';
pc.serial[0].onData((bytes) => {
  said += decoder.decode(bytes, { stream: true });
  if (!PROMPT.test(said)) {
    said = said.slice(-PROMPT.source.length);
    return;
  }
  process.send?.('shell');
  process.exit(0);
});
await pc.start();
