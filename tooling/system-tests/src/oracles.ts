/**
 * QEMU and Bochs as black boxes: a 64 KiB firmware image in, the bytes of the debug port out. Recording needs both (and NASM); tests need neither.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oracle } from './differences.ts';
import { SystemTestError } from './error.ts';

export interface OracleResult {
  /** Bytes of the debug port; Bochs' own messages stand around them. */
  readonly report: Uint8Array;
  /** The harness ended the run, a triple fault did, or the time limit. */
  readonly ended: 'exit' | 'shutdown' | 'hang';
}

const TIME_LIMIT_MS = 10_000;

/** A temporary folder that goes away with its user. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'system-tests-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Assemble NASM source text; included files come from `include`. @throws SystemTestError `assembler`, `tool-missing` */
export function assemble(source: string, include: string, folder: string, name: string): Promise<Uint8Array> {
  const input = join(folder, `${name}.asm`);
  const output = join(folder, `${name}.bin`);
  writeFileSync(input, source);
  return new Promise((resolve, reject) => {
    execFile('nasm', ['-Werror', '-w-number-overflow', '-f', 'bin', '-I', `${include}/`, '-o', output, input], (error, _stdout, stderr) => {
      if (error === null) resolve(new Uint8Array(readFileSync(output)));
      else if (error.code === 'ENOENT') reject(missing('nasm', 'nasm'));
      else reject(new SystemTestError('assembler', `${name}: ${stderr.replaceAll(input, name).trim()}`, 'lines count from the two the recorder puts first'));
    });
  });
}

/** @throws SystemTestError `tool-missing` */
export function runOracle(oracle: Oracle, rom: Uint8Array, folder: string): Promise<OracleResult> {
  const romFile = join(folder, `${oracle}.rom`);
  writeFileSync(romFile, rom);
  return oracle === 'qemu' ? runQemu(romFile, folder) : runBochs(romFile, folder);
}

async function runQemu(romFile: string, folder: string): Promise<OracleResult> {
  const report = join(folder, 'qemu.out');
  writeFileSync(report, '');
  const { code, timedOut } = await run('qemu-system-x86_64', 'qemu-system-x86', [
    '-accel', 'tcg', '-cpu', 'max', '-M', 'pc', '-m', '16', '-display', 'none', '-nodefaults', '-monitor', 'none', '-no-reboot', '-bios', romFile,
    '-debugcon', `file:${report}`, '-global', 'isa-debugcon.iobase=0xe9', '-device', 'isa-debug-exit,iobase=0xf4,iosize=4',
  ]);
  // isa-debug-exit leaves with an odd code, -no-reboot after a triple fault with 0.
  return { report: new Uint8Array(readFileSync(report)), ended: timedOut ? 'hang' : code === 0 ? 'shutdown' : 'exit' };
}

async function runBochs(romFile: string, folder: string): Promise<OracleResult> {
  const config = join(folder, 'bochsrc');
  const commands = join(folder, 'bochs.commands');
  // The packaged Bochs has its debugger built in, which waits for a command, and no display that does nothing but VNC without a client.
  writeFileSync(commands, 'c\n');
  writeFileSync(config, [
    'config_interface: textconfig', 'display_library: rfb, options="timeout=0"', 'sound: waveoutdrv=dummy', 'clock: sync=none',
    'cpu: model=corei7_skylake_x, count=1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=0', 'memory: guest=16, host=16',
    `romimage: file=${romFile}`, 'port_e9_hack: enabled=1', `log: ${join(folder, 'bochs.log')}`,
    'panic: action=fatal', 'error: action=ignore', 'info: action=ignore', 'debug: action=ignore', '',
  ].join('\n'));
  const { stdout, timedOut } = await run('bochs', 'bochs bochsbios', ['-q', '-f', config, '-rc', commands]);
  return { report: stdout, ended: timedOut ? 'hang' : Buffer.from(stdout).includes('Shutdown port') ? 'exit' : 'shutdown' };
}

interface Finished {
  readonly stdout: Uint8Array;
  readonly code: number;
  readonly timedOut: boolean;
}

function run(program: string, packages: string, args: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', timeout: TIME_LIMIT_MS, killSignal: 'SIGKILL', maxBuffer: 1 << 24 } as const;
    const child = execFile(program, args, options, (error, stdout) => {
      // Both leave with all kinds of exit codes: the report says what happened.
      if (error !== null && error.code === 'ENOENT') reject(missing(program, packages));
      else resolve({ stdout: new Uint8Array(stdout), code: typeof error?.code === 'number' ? error.code : 0, timedOut: error?.killed === true });
    });
    child.stdin?.end();
  });
}

const missing = (program: string, packages: string): SystemTestError =>
  new SystemTestError('tool-missing', `${program} is not installed`, `recording needs it (Debian: apt-get install ${packages}); running the recorded tests does not`);
