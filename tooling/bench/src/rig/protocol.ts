/** What the agent in the guest is asked and answers (programs/agent.c), and what the kernel says while it boots. */
import type { SerialLine } from './serial-line.ts';

/** The prompt of the guest's shell. */
export const PROMPT = /wasm-tcg:~# /;
/** The agent serves. */
export const READY = /@ready\r?\n/;
/** A kernel that will say nothing more. */
export const PANIC = /Kernel panic - not syncing[^\r\n]*/;

/** What is typed at the prompt. Kernel messages would break into the marks. */
export const startCommand = (folder: string): string => `dmesg -n 1; cd ${folder}; ln -s /bin/busybox busybox; exec ./programs agent\n`;

export const beginMark = (id: string): RegExp => new RegExp(`@begin ${id}\\r?\\n`);
/** Groups: what the program printed is before it; status, microseconds. */
export const endMark = (id: string): RegExp => new RegExp(`@end ${id} (\\d+) (\\d+)\\r?\\n`);

/** The checksum a program printed, or undefined. */
export function checksumOf(output: string): string | undefined {
  return /^checksum (\S+)\s*$/m.exec(output)?.[1];
}

/** Spans of the boot in which the kernel rewrites its own code: the line before, and the first one behind. */
const PATCHING = [
  { from: /ftrace: allocating [^\n]*\n/, to: /\n/ },
  { from: /x86\/fpu: [^\n]*\n(?!.*x86\/fpu: )/, to: /\n/ },
] as const;

/** Seconds in which the kernel patched itself (ftrace's call sites, alternative instructions); undefined when the log does not show it. */
export function patchSeconds(line: SerialLine): number | undefined {
  let sum = 0;
  for (const { from, to } of PATCHING) {
    const before = line.find(from, 0);
    const behind = before === undefined ? undefined : line.find(to, before.end);
    if (before === undefined || behind === undefined) return undefined;
    sum += (behind.time - before.time) / 1000;
  }
  return sum;
}
