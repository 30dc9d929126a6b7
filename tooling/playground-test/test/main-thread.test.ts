import { describe, expect, it } from 'vitest';
import { formatTask, longTasks } from '../src/measure/main-thread.ts';

const thread = (tid: number, name: string): object => ({ name: 'thread_name', ph: 'M', pid: 1, tid, ts: 0, args: { name } });
const event = (name: string, tid: number, ts: number, dur: number, tdur: number, data: object = {}): object => ({ name, ph: 'X', pid: 1, tid, ts, dur, tdur, args: { data } });

const trace = JSON.stringify({
  traceEvents: [
    thread(1, 'CrRendererMain'),
    thread(2, 'DedicatedWorker thread'),
    event('RunTask', 1, 0, 90_000, 10_000),
    event('RunTask', 1, 100_000, 80_000, 60_000),
    event('EventDispatch', 1, 100_100, 70_000, 55_000, { type: 'click' }),
    event('FunctionCall', 1, 100_200, 60_000, 50_000, { functionName: 'parse', url: 'http://h/assets/a.js', lineNumber: 7 }),
    event('FunctionCall', 1, 300_000, 60_000, 50_000, { functionName: 'elsewhere' }),
    event('RunTask', 2, 0, 900_000, 900_000),
  ],
});

describe('long tasks', () => {
  it('are those of the main thread, by processor time, with what took the longest', () => {
    const tasks = longTasks(trace, 50);
    expect(tasks).toEqual([{ cpu: 60, wall: 80, what: 'EventDispatch click 70 ms > FunctionCall parse a.js:7 60 ms' }]);
    expect(formatTask(tasks[0])).toBe('60 ms (80 ms by the clock): EventDispatch click 70 ms > FunctionCall parse a.js:7 60 ms');
    expect(longTasks(trace, 5).map(({ cpu }) => cpu)).toEqual([60, 10]);
  });
});
