/** The compiler's threads go behind the main one. In a process of its own: tests run in workers, and priorities stay. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MODULE = new URL('../dist/node.js', import.meta.url).href;
const PROGRAM = `
  import { readdirSync } from 'node:fs';
  import { getPriority } from 'node:os';
  import { lowerCompilerPriority } from ${JSON.stringify(MODULE)};
  const before = getPriority(process.pid);
  const lowered = lowerCompilerPriority();
  const others = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number).filter((id) => id !== process.pid) : [];
  console.log(JSON.stringify({ lowered, mainKept: getPriority(process.pid) === before, others: others.map((id) => getPriority(id)) }));
`;

it('puts all other threads behind, and the main one not', () => {
  const result = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM], { encoding: 'utf8' })) as { lowered: number; mainKept: boolean; others: number[] };
  expect(result.mainKept).toBe(true);
  expect(result.lowered).toBe(result.others.length);
  expect(result.others.every((nice) => nice >= 10)).toBe(true);
  if (process.platform === 'linux') expect(result.lowered).toBeGreaterThanOrEqual(4);
});

it('does nothing in a worker', () => {
  const source = `import { parentPort } from 'node:worker_threads'; import { lowerCompilerPriority } from ${JSON.stringify(MODULE)}; parentPort.postMessage(lowerCompilerPriority());`;
  const program = `
    import { Worker } from 'node:worker_threads';
    new Worker(new URL(${JSON.stringify(`data:text/javascript,${encodeURIComponent(source)}`)})).once('message', (lowered) => { console.log(lowered); process.exit(0); });
  `;
  expect(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).trim()).toBe('0');
});
