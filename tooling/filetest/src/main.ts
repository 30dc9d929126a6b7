/**
 * `npm run filetest -- [--update] [paths…]`: check (or write anew) filetests; without paths all under tooling/filetest/cases.
 * `--ops`: print the op reference; with `--update` write docs/ops.md. Exit code 1 when something differs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { firstDifference } from './file.ts';
import { remakeFiletest } from './filetest.ts';
import { listFiletests, OPS_REFERENCE } from './files.ts';
import { opsReference } from './ops-reference.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const { values, positionals } = parseArgs({ options: { update: { type: 'boolean', default: false }, ops: { type: 'boolean', default: false } }, allowPositionals: true });

function check(file: string): boolean {
  const text = readFileSync(file, 'utf8');
  let made: string;
  try {
    made = remakeFiletest(file, text);
  } catch (e) {
    say(`${file}: ${e instanceof Error ? e.message : String(e)}`);
    return false;
  }
  const difference = firstDifference(text, made);
  if (!difference) return true;
  if (values.update) {
    writeFileSync(file, made);
    say(`${file}: updated`);
    return true;
  }
  say(`${file}:${difference.line}\n  expected: ${difference.expected}\n  now:      ${difference.actual}`);
  return false;
}

if (values.ops) {
  if (values.update) writeFileSync(OPS_REFERENCE, opsReference());
  else say(opsReference());
} else {
  const files = positionals.length > 0 ? positionals : listFiletests();
  const failed = files.filter((file) => !check(file)).length;
  say(`${files.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
