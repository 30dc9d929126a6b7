/** What rows say when a page does not do what was waited for: with what else went wrong there, for that is often the reason. */
import { Wrong } from '../rows.ts';
import { describeTarget, type Target } from '../tab.ts';

export function notSeen(what: string, patience: number, problems: readonly string[]): string {
  return [`not within ${patience / 1000} s: ${what}`, ...problems].join('\n');
}

/** Drivers tell every attempt; the last lines say what was in the way. */
const LAST_LINES = 4;
// oxlint-disable-next-line no-control-regex -- colours of a driver's log
const COLOURS = /\u001b\[[0-9;]*m/g;

export function cannotClick(target: Target, error: unknown, problems: readonly string[]): Wrong {
  const lines = (error instanceof Error ? error.message : String(error)).replaceAll(COLOURS, '').split('\n').filter((line) => line.trim() !== '');
  const told = lines.length > LAST_LINES + 1 ? [lines[0], ...lines.slice(-LAST_LINES)] : lines;
  return new Wrong([`cannot click ${describeTarget(target)}`, ...told, ...problems].join('\n'), { cause: error });
}
