/**
 * Writes assembly/generated/layout.ts: offsets and numbers that the AssemblyScript sources share with src. Runs before the
 * AssemblyScript compiler (scripts/build-assembly.mjs of the root) and needs nothing compiled.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../../../scripts/lib/load-typescript.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const source = (file) => importTypeScript(join(folder, 'src', `${file}.ts`));
const runtime = (file) => importTypeScript(join(folder, '..', 'runtime', 'src', `${file}.ts`));

const { assemblyConstants, assemblyFrame, assemblyNumbers } = await runtime('layout/assembly-constants');
const [context, header, exits, core] = await Promise.all(['layout/wasm-context', 'layout/tb-header', 'exit-code', 'core-helpers'].map(runtime));
const [frame, cpu, hflags, restore, x86Exits, features, cc, sse, fpu] = await Promise.all(
  ['state/frame', 'state/cpu-state', 'state/hflags', 'state/restore-data', 'exit-codes', 'cpuid/features', 'state/cc-op', 'state/sse-op', 'state/fpu'].map(source),
);

const text = [
  '// Made by packages/guest-x86/scripts/generate-assembly.mjs; do not edit. Offsets are in bytes from env unless said otherwise.\n',
  assemblyConstants(context.WASM_CONTEXT, { prefix: 'CTX' }),
  assemblyNumbers('FLUSH', context.TlbFlushCause),
  '// From the start of a TB header.\n' + assemblyConstants(header.TB_HEADER, { prefix: 'TB' }),
  assemblyFrame(frame.X86_FRAME, cpu.X86_LAYOUT, 'FR'),
  assemblyConstants(cpu.X86_STATE, { prefix: 'ST', base: cpu.X86_LAYOUT.stateOffset }),
  assemblyNumbers('HF', hflags.HFlag),
  assemblyNumbers('DEBUG', hflags.DebugTrap),
  assemblyNumbers('SEG', cpu.Seg),
  assemblyNumbers('MMU', cpu.MmuIndex, 'i32'),
  assemblyNumbers('REQUEST', cpu.InterruptRequest),
  assemblyNumbers('RESTORE', restore.RestoreData),
  assemblyNumbers('EXIT', exits.ExitCode),
  assemblyNumbers('EXIT', x86Exits.X86Exit),
  assemblyNumbers('ACCESS', core.Access, 'i32'),
  assemblyNumbers('PROT', core.Prot, 'i32'),
  assemblyNumbers('FEATURE', features.X86Feature),
  assemblyNumbers('FPI', fpu.FpuInsn),
  assemblyNumbers('FSW', fpu.FpuStatus),
  assemblyNumbers('FCW', { bits: fpu.FPU_CONTROL_BITS, fixed: fpu.FPU_CONTROL_FIXED, init: fpu.FPU_CONTROL_INIT }),
  assemblyNumbers('FP_SOURCE', fpu.FpuSource),
  assemblyNumbers('FP_OPERANDS', fpu.FpuOperands),
  assemblyNumbers('FP_IMAGE', fpu.FpuImage),
  assemblyNumbers('FX_IMAGE', fpu.FxImage),
  assemblyNumbers('CC', { ...cc.CcKind, override: cc.CC_OVERRIDE, opFlags: cc.CC_FLAGS }),
  assemblyNumbers('SSE', { ...sse.SseOp, ...sse.SseRounding, immShift: sse.SSE_IMM_SHIFT, double: sse.SSE_DOUBLE, lanesShift: sse.SSE_LANES_SHIFT }),
  assemblyNumbers('MXCSR', sse.Mxcsr),
].join('\n');

const target = join(folder, 'assembly', 'generated', 'layout.ts');
mkdirSync(dirname(target), { recursive: true });
writeFileSync(`${target}.${process.pid}`, text);
renameSync(`${target}.${process.pid}`, target);
