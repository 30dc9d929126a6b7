/** Reads the kernel's log as `dmesg -r` prints it and tells what in it is wrong. */
import { ALLOWED_WARNINGS, type AllowedWarning } from './allowed-warnings.ts';

/** Syslog's severities, the low three bits of the number in angle brackets. */
const LEVELS = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const;
const WARNING = 4;

export interface LogLine {
  /** 0 (emergency) … 7 (debug). */
  readonly level: number;
  /** Without prefix and time. */
  readonly text: string;
}

/** What no log of a working machine says, whatever its level. */
const FATAL: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\bOops\b|\bBUG:|kernel BUG at|Kernel panic/, what: 'the kernel failed' },
  { pattern: /^WARNING:|Call Trace:|------------\[ cut here \]/, what: 'the kernel is surprised' },
  { pattern: /unchecked MSR access/, what: 'an MSR that the kernel expects is not there' },
  { pattern: /general protection fault|segfault at|\btraps:|invalid opcode/, what: 'a program or the kernel met an exception' },
  { pattern: /unstable|Unable to calibrate|TSC calibration failed|calibration failed/i, what: 'clocks disagree' },
  { pattern: /soft lockup|rcu.*(stall|detected)|hung_task|blocked for more than/, what: 'something stands still' },
  { pattern: /nobody cared|spurious.*interrupt|unexpected IRQ trap/i, what: 'interrupts go astray' },
  { pattern: /I\/O error|Buffer I\/O/, what: 'a disk failed' },
];

export interface LogVerdict {
  /** Empty when all is well. */
  readonly problems: readonly string[];
  /** Warnings that are on the list, with the reason why. */
  readonly allowed: readonly { readonly line: string; readonly reason: string }[];
}

const INFO = 6;

/**
 * What the kernel has said on the console, before, between and after all else there. Its levels are not to be seen:
 * only what is wrong at any level counts.
 */
export function judgeConsole(text: string): readonly string[] {
  const log = text.split(/\r?\n/).flatMap((line) => {
    const match = /\[\s*\d+\.\d{6}\] (.*)$/.exec(line);
    return match === null ? [] : [{ level: INFO, text: match[1] }];
  });
  return judgeDmesg(log, '').problems;
}

/** Lines of a message after its first carry no prefix and have its level. */
export function parseDmesg(lines: readonly string[]): readonly LogLine[] {
  const parsed: LogLine[] = [];
  for (const line of lines) {
    const match = /^<(\d+)>(?:\[\s*\d+\.\d+\] )?(.*)$/.exec(line);
    if (match !== null) parsed.push({ level: Number(match[1]) & 7, text: match[2] });
    else if (line.trim() !== '') parsed.push({ level: parsed.at(-1)?.level ?? WARNING, text: line });
  }
  return parsed;
}

/** @param guest whose list of allowed warnings applies */
export function judgeDmesg(log: readonly LogLine[], guest: string, list: readonly AllowedWarning[] = ALLOWED_WARNINGS): LogVerdict {
  const problems: string[] = [];
  const allowed: { line: string; reason: string }[] = [];
  for (const { level, text } of log) {
    const fatal = FATAL.find(({ pattern }) => pattern.test(text));
    const row = list.find(({ pattern, guests }) => pattern.test(text) && (guests === undefined || guests.includes(guest)));
    if (row !== undefined) {
      if (level <= WARNING) allowed.push({ line: text, reason: row.reason });
    } else if (fatal !== undefined) problems.push(`${fatal.what}: ${text}`);
    else if (level <= WARNING) problems.push(`${LEVELS[level]}: ${text}`);
  }
  return { problems, allowed };
}
