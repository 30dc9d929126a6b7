/** What Linux says of a process: peak resident memory, processor time. */
import { readFileSync } from 'node:fs';

/** Ticks of /proc/PID/stat per second: USER_HZ, the same on all Linux systems. */
const TICKS = 100;

/** Peak resident memory in bytes from the text of /proc/PID/status. */
export function peakBytes(status: string): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match === null ? undefined : Number(match[1]) * 1024;
}

/** Processor seconds of a process and of its children that have ended, from the text of /proc/PID/stat (proc(5): utime, stime, cutime, cstime). */
export function cpuSeconds(stat: string): number | undefined {
  // The second field is a name in parentheses that may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 15).map(Number);
  return fields.length === 4 && fields.every(Number.isFinite) ? fields.reduce((a, b) => a + b, 0) / TICKS : undefined;
}

function read(pid: number | undefined, file: 'status' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // No Linux, or the process has ended: the figure stays empty.
    return '';
  }
}

export const peakBytesOf = (pid: number | undefined): number | undefined => peakBytes(read(pid, 'status'));
export const cpuSecondsOf = (pid: number | undefined): number | undefined => cpuSeconds(read(pid, 'stat'));
