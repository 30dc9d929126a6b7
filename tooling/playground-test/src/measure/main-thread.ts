/**
 * How long tasks of the page's main thread take, from Chromium's trace.
 *
 * A task is judged by the processor time that the trace gives beside its wall time: on a shared machine a task of 5 ms can take 100 ms by the clock, and
 * that is not the page's doing. Wall time is reported, too.
 */

/** What has to be recorded: tasks, and what is inside of them. */
export const TRACE_CATEGORIES = ['disabled-by-default-devtools.timeline', 'devtools.timeline'] as const;

/** What a page may hold its main thread for, ms. */
export const LONGEST_TASK = 50;

export interface Task {
  /** Processor time, ms. */
  readonly cpu: number;
  /** ms. */
  readonly wall: number;
  /** What took the longest in it. */
  readonly what: string;
}

/** An event of the trace format, as far as it is read here; times in µs. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args?: {
    readonly name?: string;
    readonly data?: { readonly type?: string; readonly functionName?: string; readonly url?: string; readonly lineNumber?: number };
  };
}

/** Tasks of pages' main threads of at least `least` ms of processor time, longest first. */
export function longTasks(trace: string, least: number): readonly Task[] {
  const { traceEvents: events } = JSON.parse(trace) as { traceEvents: readonly TraceEvent[] };
  const key = ({ pid, tid }: TraceEvent): string => `${pid}.${tid}`;
  const main = new Set(events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(key));
  const complete = events.filter((event) => event.ph === 'X' && event.dur !== undefined && main.has(key(event)));
  const tasks = complete.filter(({ name, tdur = 0 }) => name === 'RunTask' && tdur / 1000 >= least);
  const found = tasks.map((task) => ({ cpu: (task.tdur ?? 0) / 1000, wall: (task.dur ?? 0) / 1000, what: whatIn(task, complete.filter((event) => key(event) === key(task))) }));
  return found.sort((a, b) => b.cpu - a.cpu);
}

/** The event that dispatched it and the function that took the longest. */
function whatIn(task: TraceEvent, events: readonly TraceEvent[]): string {
  const end = task.ts + (task.dur ?? 0);
  const inside = events.filter((event) => event.name !== 'RunTask' && event.ts >= task.ts && event.ts + (event.dur ?? 0) <= end);
  inside.sort((a, b) => (b.dur ?? 0) - (a.dur ?? 0));
  const parts = inside.slice(0, 4).map((event) => {
    const { type, functionName, url, lineNumber } = event.args?.data ?? {};
    const place = url === undefined || url === '' ? '' : ` ${url.split('/').at(-1)}:${lineNumber ?? 0}`;
    return `${[event.name, type, functionName].filter((word) => word !== undefined && word !== '').join(' ')}${place} ${((event.dur ?? 0) / 1000).toFixed(0)} ms`;
  });
  return parts.length === 0 ? 'nothing that the trace names' : parts.join(' > ');
}

export function formatTask({ cpu, wall, what }: Task): string {
  return `${cpu.toFixed(0)} ms (${wall.toFixed(0)} ms by the clock): ${what}`;
}
