/** Virtual-8086 mode with a monitor (SDM vol. 3, "8086 emulation"). Its programs are 16-bit code: bytes, with what they mean behind. */
import type { KernelTest, TestKernel } from '../assembly/kernel.ts';
import { FRAME } from '../assembly/interrupts.ts';
import type { Macros } from '../assembly/macros.ts';
import { IO_BITMAP, LEAVE_VECTOR, Place, TSS_LIMIT, Var } from '../assembly/map.ts';

const f = FRAME[32];
/** The program is at 0800:0000, its stack at 0900:0100, DS = 0x0a00. */
const CS = 0x800;
const SS = 0x900;
const SP = 0x100;
const DS = 0xa00;
const VM = 0x2_0000;
const IF = 0x200;
const IOPL0 = VM | 2;
const IOPL3 = VM | 0x3002;
const CR0_TS = 8;

export const v86: TestKernel = {
  name: 'v86',
  about: 'virtual-8086 mode: segments, what is sensitive to IOPL, I/O bitmap, interrupts to ring 0 and back through a monitor',
  bits: 32,
  build: (m) => ({
    cleanup: `
      ${m.hook(13, 0)}
      ${m.hook(LEAVE_VECTOR, 0)}
      clts
      mov edi, ${Place.tss + IO_BITMAP}
      mov ecx, ${(TSS_LIMIT + 1 - IO_BITMAP) >> 2}
      mov eax, -1
      rep stosd`,
    tests: tests(m),
    library: `
      enter_v86: pop edx ; the way back is the exception; ecx: flags, eax: ES = FS, ebx: GS
      push ebx
      push eax
      push ${DS}
      push eax
      push ${SS}
      push ${SP}
      push ecx
      push ${CS}
      push 0
      iret
      frame_hook: ${[['ip', 0], ['cs', 1], ['flags', 2], ['stack', 3], ['ss', 4], ['es', 5], ['ds', 6], ['fs', 7]].map(([name, i]) => `mov eax, [ebp + ${f[name as keyof typeof f]}]\nmov dword ptr [${Var.note + 4 * Number(i)}], eax`).join('\n')}
      mov eax, [ebp + ${f.gs}]
      mov dword ptr [${Var.ax}], eax
      mov eax, fs
      shl eax, 16
      mov ax, gs
      mov dword ptr [${Var.scratch}], eax
      mov esp, dword ptr [${Var.resumeStack}]
      mov eax, offset after_frame
      jmp eax
      monitor: inc dword ptr [${Var.note}] ; what #GP is for
      mov esi, [ebp + ${f.cs}]
      shl esi, 4
      add esi, [ebp + ${f.ip}]
      mov al, byte ptr [esi]
      mov edi, [ebp + ${f.ss}]
      shl edi, 4
      add edi, [ebp + ${f.stack}]
      cmp al, 0xcd
      je redirect
      cmp al, 0xcf
      je return16
      cmp al, 0xe6
      je output
      cmp al, 0xf4
      je stop16
      ${m.fail('the monitor met something else')}
      redirect: movzx ebx, byte ptr [esi + 1] ; INT: as the 8086 does
      add dword ptr [ebp + ${f.ip}], 2
      sub dword ptr [ebp + ${f.stack}], 6
      mov eax, [ebp + ${f.flags}]
      mov word ptr [edi - 2], ax
      mov eax, [ebp + ${f.cs}]
      mov word ptr [edi - 4], ax
      mov eax, [ebp + ${f.ip}]
      mov word ptr [edi - 6], ax
      movzx eax, word ptr [ebx*4]
      mov [ebp + ${f.ip}], eax
      movzx eax, word ptr [ebx*4 + 2]
      mov [ebp + ${f.cs}], eax
      ret
      return16: add dword ptr [ebp + ${f.stack}], 6
      movzx eax, word ptr [edi]
      mov [ebp + ${f.ip}], eax
      movzx eax, word ptr [edi + 2]
      mov [ebp + ${f.cs}], eax
      ret
      output: add dword ptr [ebp + ${f.ip}], 2
      mov eax, [ebp + ${f.eax}]
      movzx eax, al
      mov dword ptr [${Var.note + 4}], eax
      ret
      stop16: mov eax, [ebp + ${f.eax}]
      mov dword ptr [${Var.ax}], eax
      mov esp, dword ptr [${Var.resumeStack}]
      mov eax, dword ptr [${Var.resume}]
      mov dword ptr [${Var.resume}], 0
      jmp eax`,
  }),
};

/** Run bytes in virtual-8086 mode; goes on behind with the exception that ended them. */
function run(m: Macros, bytes: readonly number[], flags: number, segments: { readonly es?: number; readonly gs?: number } = {}): string {
  const [program, after] = [m.label('program'), m.label('after')];
  return `
    mov esi, offset ${program}
    mov edi, ${CS * 16}
    mov ecx, ${bytes.length + 1}
    rep movsb
    ${m.expect(after)}
    mov ecx, ${flags}
    mov eax, ${segments.es ?? 0}
    mov ebx, ${segments.gs ?? 0}
    call enter_v86
    ${program}: db ${[...bytes, 0xf4].join(', ')} ; HLT at the end
    ${after}: mov dword ptr [${Var.resume}], 0`;
}

/** Ends with this exception at this offset. */
function ends(m: Macros, bytes: readonly number[], flags: number, spec: { readonly vector: number; readonly code?: number; readonly ip: number }, why: string): string {
  return `
    ${run(m, bytes, flags)}
    ${m.happened({ vector: spec.vector, code: spec.code ?? 0, cs: CS }, why)}
    ${m.equal(`dword ptr [${Var.ip}]`, spec.ip, `${why}: saved instruction pointer`)}`;
}

/** Runs up to the HLT behind it. */
const passes = (m: Macros, bytes: readonly number[], flags: number, why: string): string => ends(m, bytes, flags, { vector: 13, ip: bytes.length }, why);

function tests(m: Macros): readonly KernelTest[] {
  const rows = (list: readonly (readonly [string, readonly number[], number?])[], flags: number, vector = 13): string =>
    list.map(([why, bytes, ip = 0]) => ends(m, bytes, flags, { vector, ip }, why)).join('\n');
  return [
    { name: 'segments', text: segments(m) },
    { name: 'iopl-0', text: rows([['CLI', [0xfa]], ['STI', [0xfb]], ['PUSHF', [0x9c]], ['POPF', [0x9d]], ['INT', [0xcd, 0x80]], ['IRET', [0xcf]], ['PUSHFD', [0x66, 0x9c]]], IOPL0) },
    { name: 'iopl-3', text: iopl3(m) },
    {
      name: 'privileged',
      text: rows([
        ['HLT', [0xf4]], ['MOV to CR0', [0x0f, 0x22, 0xc0]], ['MOV from CR0', [0x0f, 0x20, 0xc0]], ['CLTS', [0x0f, 0x06]], ['LMSW', [0x0f, 0x01, 0xf0]], ['LGDT', [0x0f, 0x01, 0x17]],
        ['MOV to DR7', [0x0f, 0x23, 0xf8]], ['WRMSR', [0x0f, 0x30]], ['INVLPG', [0x0f, 0x01, 0x3f]], ['WBINVD', [0x0f, 0x09]],
      ], IOPL3),
    },
    { name: 'protected-only', text: rows([['SLDT', [0x0f, 0x00, 0xc0]], ['STR', [0x0f, 0x00, 0xc8]], ['LLDT', [0x0f, 0x00, 0xd0]], ['LTR', [0x0f, 0x00, 0xd8]], ['VERR', [0x0f, 0x00, 0xe0]], ['LAR', [0x0f, 0x02, 0xc0]], ['LSL', [0x0f, 0x03, 0xc0]], ['ARPL', [0x63, 0xc0]]], IOPL3, 6) },
    { name: 'io-bitmap', text: ioBitmap(m) },
    { name: 'exceptions', text: exceptions(m) },
    { name: 'interrupt-to-ring-0', text: toRing0(m) },
    { name: 'monitor', text: monitored(m) },
    { name: 'limit', text: rows([['word at FFFF', [0xa1, 0xff, 0xff]], ['doubleword at FFFD', [0x66, 0xa1, 0xfd, 0xff]]], IOPL3) },
    { name: 'no-device', text: `mov eax, cr0\nor eax, ${CR0_TS}\nmov cr0, eax\n${ends(m, [0xd9, 0xe8], IOPL0, { vector: 7, ip: 0 }, 'FLD1 with TS')}` },
  ];
}

function segments(m: Macros): string {
  const byteAt = (address: number): string => `movzx edx, byte ptr [${address}]`;
  return `
    mov byte ptr [${DS * 16 + 0x20}], 0
    mov byte ptr [${0xb00 * 16 + 0x30}], 0
    mov byte ptr [${0xb10 * 16 + 0x40}], 0
    ${run(m, [
      0xc6, 0x06, 0x20, 0x00, 0x51, // MOV BYTE [0x20], 0x51
      0x26, 0xc6, 0x06, 0x30, 0x00, 0x52, // MOV BYTE ES:[0x30], 0x52
      0xb8, 0x10, 0x0b, 0x8e, 0xd8, // MOV AX, 0x0b10; MOV DS, AX
      0xc6, 0x06, 0x40, 0x00, 0x53, // MOV BYTE [0x40], 0x53
      0x8c, 0xc8, // MOV AX, CS
      0x50, 0x5b, // PUSH AX; POP BX
      0x8c, 0xd0, // MOV AX, SS
    ], IOPL0, { es: 0xb00, gs: 0x1234 })}
    ${m.happened({ vector: 13, cs: CS }, 'HLT')}
    ${m.bitsEqual(`dword ptr [${Var.flags}]`, VM, VM, 'VM in the saved flags')}
    ${m.bitsEqual(`dword ptr [${Var.ax}]`, 0xffff, SS, 'SS')}
    ${m.equal(`dword ptr [${Var.oldStack}]`, SP, 'SP')}
    ${byteAt(DS * 16 + 0x20)}
    ${m.equal('edx', 0x51, 'through DS')}
    ${byteAt(0xb00 * 16 + 0x30)}
    ${m.equal('edx', 0x52, 'through ES')}
    ${byteAt(0xb10 * 16 + 0x40)}
    ${m.equal('edx', 0x53, 'through a DS that the program has loaded')}`;
}

function iopl3(m: Macros): string {
  return `
    ${passes(m, [0xfb, 0xfa], IOPL3, 'STI, CLI')}
    ${m.bitsEqual(`dword ptr [${Var.flags}]`, IF, 0, 'IF after CLI')}
    ${passes(m, [0x68, 0x02, 0x02, 0x9d], IOPL3, 'POPF')}
    ${m.bitsEqual(`dword ptr [${Var.flags}]`, 0x2_3200, 0x2_3200, 'POPF changes IF, not IOPL and VM')}
    ${passes(m, [0x9c, 0x58], IOPL3 | IF, 'PUSHF')}
    ${m.bitsEqual(`dword ptr [${Var.ax}]`, 0xf202, 0x3202, 'image of flags')}
    ${passes(m, [0x68, 0x02, 0x00, 0x68, CS & 255, CS >> 8, 0x68, 0x0a, 0x00, 0xcf], IOPL3, 'IRET')}
    ${m.bitsEqual(`dword ptr [${Var.flags}]`, 0x2_3200, 0x2_3000, 'IRET does not change IOPL and VM')}`;
}

/** With IOPL 3, too. */
function ioBitmap(m: Macros): string {
  return `
    and byte ptr [${Place.tss + IO_BITMAP + 0x10}], 0xfe
    ${passes(m, [0xe4, 0x80, 0xe6, 0x80], IOPL0, 'allowed, with IOPL 0')}
    ${ends(m, [0xe4, 0x81], IOPL3, { vector: 13, ip: 0 }, 'denied, with IOPL 3')}
    ${ends(m, [0xe5, 0x80], IOPL3, { vector: 13, ip: 0 }, 'word of which a byte is denied')}`;
}

function exceptions(m: Macros): string {
  return `
    ${ends(m, [0x31, 0xc9, 0xf7, 0xf1], IOPL0, { vector: 0, ip: 2 }, 'DIV by 0')}
    ${ends(m, [0x0f, 0x0b], IOPL0, { vector: 6, ip: 0 }, 'UD2')}
    ${ends(m, [0xcc], IOPL0, { vector: 3, ip: 1 }, 'INT3 whatever IOPL')}
    ${ends(m, [0xb0, 0x7f, 0xfe, 0xc0, 0xce], IOPL0, { vector: 4, ip: 5 }, 'INTO whatever IOPL')}
    ${ends(m, [0x68, 0x02, 0x01, 0x9d, 0x90, 0x90], IOPL3, { vector: 1, ip: 5 }, 'single step')}`;
}

/** The stack of ring 0 has the segments above the usual frame, and they are null in ring 0. */
function toRing0(m: Macros): string {
  return `
    ${m.hook(LEAVE_VECTOR, 'frame_hook')}
    ${run(m, [0xcd, LEAVE_VECTOR], IOPL3, { es: 0xb00, gs: 0x1234 })}
    after_frame:
    ${['ip', 'cs', 'flags', 'esp', 'ss', 'es', 'ds', 'fs'].map((name, i) => m.bitsEqual(`dword ptr [${Var.note + 4 * i}]`, name === 'flags' ? VM | 0x3000 : 0xffff_ffff, [2, CS, VM | 0x3000, SP, SS, 0xb00, DS, 0xb00][i]!, `pushed ${name}`)).join('\n')}
    ${m.equal(`dword ptr [${Var.ax}]`, 0x1234, 'pushed gs')}
    ${m.equal(`dword ptr [${Var.scratch}]`, 0, 'FS and GS in ring 0')}
    ${m.hook(LEAVE_VECTOR, 0)}
    ${ends(m, [0xcd, 0x30], IOPL3, { vector: 13, code: 0x30 * 8 + 2, ip: 0 }, 'gate of level 0')}`;
}

/** INT 0x21 goes to a handler of the 8086 program, OUT to a device of the monitor. */
function monitored(m: Macros): string {
  const handler = [
    0x40, // INC AX
    0xe6, 0x99, // OUT 0x99, AL
    0xcf, // IRET
  ];
  const entry = 0x40;
  return `
    ${handler.map((byte, i) => `mov byte ptr [${CS * 16 + entry + i}], ${byte}`).join('\n')}
    mov dword ptr [${0x21 * 4}], ${(CS << 16) | entry}
    mov dword ptr [${Var.note}], 0
    ${m.hook(13, 'monitor')}
    ${run(m, [
      0xb8, 0x00, 0x00, // MOV AX, 0
      0xb9, 0x14, 0x00, // MOV CX, 20
      0xcd, 0x21, // INT 0x21
      0xe2, 0xfc, // LOOP
    ], IOPL0)}
    ${m.hook(13, 0)}
    ${m.bitsEqual(`dword ptr [${Var.ax}]`, 0xffff, 20, 'calls of the handler')}
    ${m.equal(`dword ptr [${Var.note + 4}]`, 20, 'the last output')}
    ${m.equal(`dword ptr [${Var.note}]`, 61, 'visits of the monitor')}`;
}
