/** Every exception with its error code and what is saved of the instruction (SDM vol. 3, chapter 6 of "Interrupt and exception handling"), NMI and double fault. */
import type { TestKernel } from '../assembly/kernel.ts';
import { FRAME } from '../assembly/interrupts.ts';
import type { Macros } from '../assembly/macros.ts';
import { Place, Sel, Var } from '../assembly/map.ts';
import { farJump, FDIVP, INT1 } from '../assembly/system-insns.ts';

const CR0_MP = 2;
const CR0_EM = 4;
const CR0_TS = 8;
const CR0_NE = 0x20;
const CR0_PG = 0x8000_0000;
const APIC = 0xfee0_0000;

export const exceptions: TestKernel = {
  name: 'exceptions',
  about: 'each vector, double fault, NMI, unmasked floating-point errors',
  bits: 32,
  build: (m) => ({
    setup: `
      mov eax, cr0
      or eax, ${CR0_NE | CR0_MP}
      mov cr0, eax
      mov eax, cr4
      or eax, 0x600 ; OSFXSR, OSXMMEXCPT
      mov cr4, eax`,
    cleanup: `
      call make_idt
      mov eax, cr0
      and eax, ${~(CR0_EM | CR0_TS | CR0_PG)}
      or eax, ${CR0_NE | CR0_MP}
      mov cr0, eax
      fninit
      mov dword ptr [${Var.scratch}], 0x1f80
      ldmxcsr [${Var.scratch}]
      xor eax, eax
      mov dr7, eax`,
    tests: [
      { name: 'divide-error', text: divide(m) },
      { name: 'int1', text: m.faults({ vector: 1, at: 'after' }, INT1, 'INT1') },
      { name: 'debug', text: debug(m) },
      { name: 'breakpoint', text: m.faults({ vector: 3, at: 'after' }, 'int3', 'INT3') },
      { name: 'overflow', text: `${m.faults({ vector: 4, at: 'after' }, 'mov al, 0x7f\ninc al\ninto', 'INTO')}\n${m.works('xor eax, eax\ninto', 'INTO without overflow')}` },
      { name: 'bound', text: bound(m) },
      { name: 'invalid-opcode', text: invalid(m) },
      { name: 'no-device', text: noDevice(m) },
      { name: 'segments', text: segments(m) },
      { name: 'unknown-msr', text: m.faults({ vector: 13, at: 'no_msr' }, 'mov ecx, 0x12345678\nno_msr: rdmsr', 'RDMSR') },
      { name: 'limits', text: limits(m) },
      { name: 'null-selector', text: `xor edx, edx\nmov gs, edx\n${m.faults({ vector: 13 }, 'mov eax, gs:[0x1000]', 'access through it')}` },
      { name: 'idt-entry', text: idtEntry(m) },
      { name: 'double-fault', text: doubleFault(m) },
      { name: 'x87-error', text: x87(m) },
      { name: 'x87-error-at-x87', text: `${unmaskedX87}\n${m.works(`fld1\nfldz\n${FDIVP}`, 'the error waits')}\n${m.faults({ vector: 16 }, 'fld1', 'the next instruction')}` },
      { name: 'simd-error', text: simd(m) },
      { name: 'alignment', text: alignment(m) },
      { name: 'page-fault', text: paged(pageFault(m)) },
      { name: 'page-fault-of-change', text: paged(m.faults({ vector: 14, code: 2, cr2: 0x4000_0000 }, `inc dword ptr [${0x4000_0000}]`, 'read and write')) },
      { name: 'nmi', text: nmi(m) },
    ],
    library: `
      paging_on: mov edi, ${Place.tables}
      mov eax, 0x83
      large: mov [edi], eax
      add edi, 4
      add eax, 0x400000
      jnc large
      mov dword ptr [${Place.tables + 4 * (0x4000_0000 >>> 22)}], 0
      mov eax, cr4
      or eax, 0x10
      mov cr4, eax
      mov eax, ${Place.tables}
      mov cr3, eax
      mov eax, cr0
      or eax, ${CR0_PG}
      mov cr0, eax
      ret
      nmi_hook: inc dword ptr [${Var.note}]
      mov eax, [${Var.note}]
      cmp eax, 2
      je second_nmi
      ${sendNmi()} ; held back until IRET
      mov ecx, 200
      nmi_wait: dec ecx
      jnz nmi_wait
      mov eax, [${Var.note}]
      mov dword ptr [${Var.note + 4}], eax
      ret
      second_nmi: ret
      operands: dd 5, 10
      one: dd 0x3f800000, 0, 0, 0
      zeroes: dd 0, 0, 0, 0
      debug_hook: mov eax, dr6
      or dword ptr [${Var.note}], eax
      mov eax, [ebp + ${FRAME[32].ip}]
      mov dword ptr [${Var.note + 4}], eax
      inc dword ptr [${Var.note + 8}]
      or dword ptr [ebp + ${FRAME[32].flags}], 0x10000 ; RF: a breakpoint on the instruction does not come again
      and dword ptr [ebp + ${FRAME[32].flags}], ${0xffff_feff} ; TF
      xor eax, eax
      mov dr6, eax
      ret`,
  }),
};

function divide(m: Macros): string {
  return `
    xor ecx, ecx
    mov eax, 1
    xor edx, edx
    ${m.faults({ vector: 0, at: 'div_zero' }, 'xor ebx, ebx\ndiv_zero: div ebx', 'DIV by 0')}
    ${m.faults({ vector: 0, at: 'div_big' }, 'mov edx, 5\nmov ebx, 5\ndiv_big: div ebx', 'quotient too large')}
    ${m.faults({ vector: 0, at: 'idiv_min' }, 'mov eax, 0x80000000\ncdq\nmov ebx, -1\nidiv_min: idiv ebx', 'IDIV of the least number')}
    ${m.faults({ vector: 0, at: 'aam_zero' }, 'aam_zero: db 0xd4, 0', 'AAM 0')}`;
}

function debug(m: Macros): string {
  const reset = [0, 4, 8].map((at) => `mov dword ptr [${Var.note + at}], 0`).join('\n');
  return `
    ${m.hook(1, 'debug_hook')}
    ${reset}
    pushf
    or dword ptr [esp], 0x100
    popf
    nop
    stepped: nop
    ${m.equal(`dword ptr [${Var.note + 4}]`, 'stepped', 'single step: saved instruction pointer')}
    ${m.bitsEqual(`[${Var.note}]`, 0x4000, 0x4000, 'single step: DR6.BS')}
    ${m.equal(`dword ptr [${Var.note + 8}]`, 1, 'single step: once')}
    ${reset}
    mov eax, offset watched
    mov dr0, eax
    mov eax, 0x202 | 1
    mov dr7, eax
    nop
    watched: nop
    xor eax, eax
    mov dr7, eax
    ${m.equal(`dword ptr [${Var.note + 4}]`, 'watched', 'instruction breakpoint: saved instruction pointer')}
    ${m.bitsEqual(`[${Var.note}]`, 0xf, 1, 'instruction breakpoint: DR6.B0')}
    ${m.equal(`dword ptr [${Var.note + 8}]`, 1, 'instruction breakpoint: once')}
    ${reset}
    mov eax, ${Place.free}
    mov dr1, eax
    mov eax, 0x00d00008 ; DR1, writes of 4 bytes
    mov dr7, eax
    mov dword ptr [${Place.free}], 1
    written: mov eax, dword ptr [${Place.free}]
    xor eax, eax
    mov dr7, eax
    ${m.equal(`dword ptr [${Var.note + 4}]`, 'written', 'data breakpoint: saved instruction pointer')}
    ${m.bitsEqual(`[${Var.note}]`, 0xf, 2, 'data breakpoint: DR6.B1')}
    ${m.equal(`dword ptr [${Var.note + 8}]`, 1, 'data breakpoint: once')}
    ${m.hook(1, 0)}`;
}

function bound(m: Macros): string {
  return `
    ${m.faults({ vector: 5, at: 'below' }, 'mov edx, 4\nbelow: bound edx, [operands]', 'below')}
    ${m.faults({ vector: 5, at: 'above' }, 'mov edx, 11\nabove: bound edx, [operands]', 'above')}
    ${m.works('mov edx, 5\nbound edx, [operands]\nmov edx, 10\nbound edx, [operands]', 'within')}`;
}

function invalid(m: Macros): string {
  const rows: readonly (readonly [string, string])[] = [
    ['UD2', 'ud2'], ['LOCK on a register', 'db 0xf0, 0x01, 0xc0'], ['LOCK on a comparison', `db 0xf0, 0x39, 0x05\ndd ${Place.free}`], ['MOV to CS', 'db 0x8e, 0xc8'],
    ['LEA of a register', 'db 0x8d, 0xc0'], ['MOV from CR1', 'db 0x0f, 0x20, 0xc8'], ['LES of a register', 'db 0xc4, 0xc0, 0, 0'], ['0F FF', 'db 0x0f, 0xff, 0xc0'],
  ];
  return rows.map(([why, text]) => m.faults({ vector: 6 }, text, why)).join('\n');
}

function noDevice(m: Macros): string {
  const cr0 = (bits: number): string => `mov eax, cr0\nand eax, ${~(CR0_EM | CR0_TS | CR0_MP)}\nor eax, ${bits}\nmov cr0, eax`;
  return `
    ${cr0(CR0_TS)}
    ${m.faults({ vector: 7 }, 'fld1', 'x87 with TS')}
    ${m.faults({ vector: 7 }, 'addps xmm0, xmm1', 'SSE with TS')}
    ${m.works('fwait', 'FWAIT with TS, without MP')}
    ${cr0(CR0_TS | CR0_MP)}
    ${m.faults({ vector: 7 }, 'fwait', 'FWAIT with TS and MP')}
    ${m.works('clts\nfld1\nfstp st(0)', 'after CLTS')}
    ${cr0(CR0_EM)}
    ${m.faults({ vector: 7 }, 'fld1', 'x87 with EM')}
    ${m.faults({ vector: 6 }, 'addps xmm0, xmm1', 'SSE with EM')}
    ${m.works('fwait', 'FWAIT with EM')}`;
}

/** A descriptor in the first free slot. */
const slot = (m: Macros, low: number, high: number): string => m.store64(Place.gdt + Sel.free, (BigInt(high) << 32n) | BigInt(low));

function segments(m: Macros): string {
  const load = (register: string, selector: number, why: string, vector: number, code: number): string =>
    `mov edx, ${selector}\n${m.faults({ vector, code }, `mov ${register}, edx`, why)}`;
  return `
    ${load('ds', 0x400, 'beyond the limit of the GDT', 13, 0x400)}
    ${load('ds', 0x403, 'beyond the limit, with RPL', 13, 0x400)}
    ${load('ss', 0, 'null SS', 13, 0)}
    ${load('ss', Sel.data3, 'SS of ring 3', 13, Sel.data3 & ~3)}
    ${load('ss', Sel.code0, 'SS of code', 13, Sel.code0)}
    ${load('ds', Sel.tss, 'DS of a system segment', 13, Sel.tss)}
    ${load('ds', 0x84 | 3, 'DS from a missing LDT', 13, 0x84)}
    ${slot(m, 0xffff, 0x00cf1300)}
    ${load('es', Sel.free, 'ES not present', 11, Sel.free)}
    ${load('ss', Sel.free, 'SS not present', 12, Sel.free)}
    ${slot(m, 0xffff, 0x00cf9900)}
    ${load('ds', Sel.free, 'DS of execute-only code', 13, Sel.free)}
    ${m.faults({ vector: 13, code: 0x10 }, farJump(0x10, 0), 'jump to data')}
    ${m.faults({ vector: 13 }, farJump(0, 0), 'jump through a null selector')}
    ${m.faults({ vector: 13, code: 0x18 }, farJump(Sel.code3, 0), 'jump to ring 3')}
    ${slot(m, 0xffff, 0x00cf1b00)}
    ${m.faults({ vector: 11, code: Sel.free }, farJump(Sel.free, 0), 'jump to code not present')}`;
}

function limits(m: Macros): string {
  return `
    ${slot(m, 0x0fff, 0x00409300)}
    mov edx, ${Sel.free}
    mov fs, edx
    ${m.works('mov eax, fs:[0xffc]', 'the last bytes of a segment')}
    ${m.faults({ vector: 13 }, 'mov eax, fs:[0xffd]', 'across the limit')}
    ${slot(m, 0x0fff, 0x00409100)}
    mov edx, ${Sel.free}
    mov fs, edx
    ${m.faults({ vector: 13 }, 'mov dword ptr fs:[0], eax', 'store to a read-only segment')}
    ${slot(m, 0x0fff, 0x00409700)}
    mov edx, ${Sel.free}
    mov fs, edx
    ${m.faults({ vector: 13 }, 'mov eax, fs:[0xfff]', 'below an expand-down segment')}
    mov fs, edx
    ${m.works('mov eax, fs:[0x1000]', 'in an expand-down segment')}`;
}

function idtEntry(m: Macros): string {
  return `
    ${m.faults({ vector: 13, code: 0x60 * 8 + 2 }, 'int 0x60', 'empty gate')}
    and byte ptr [${Place.idt + 0x30 * 8 + 5}], 0x7f
    ${m.faults({ vector: 11, code: 0x30 * 8 + 2 }, 'int 0x30', 'gate not present')}
    or byte ptr [${Place.idt + 0x30 * 8 + 5}], 0x80
    mov word ptr [${Place.idt + 0x30 * 8 + 2}], ${Sel.data0}
    ${m.faults({ vector: 13, code: Sel.data0 }, 'int 0x30', 'gate to data')}
    mov word ptr [${Place.idt + 0x30 * 8 + 2}], 0
    ${m.faults({ vector: 13, code: 0 }, 'int 0x30', 'gate to the null selector')}
    mov word ptr [${Place.idt + 0x30 * 8 + 2}], ${Sel.code0}
    ${m.faults({ vector: 0x30, at: 'after' }, 'int 0x30', 'good gate')}`;
}

/** With the gates of #NP and #GP missing, any of both is a double fault. */
function doubleFault(m: Macros): string {
  return `
    and byte ptr [${Place.idt + 11 * 8 + 5}], 0x7f
    and byte ptr [${Place.idt + 13 * 8 + 5}], 0x7f
    mov edx, ${Sel.code0}
    ${m.faults({ vector: 8 }, 'mov ss, edx', '#GP through a gate that is not present')}
    or byte ptr [${Place.idt + 11 * 8 + 5}], 0x80
    and byte ptr [${Place.idt + 3 * 8 + 5}], 0x7f
    ${m.faults({ vector: 11, code: 3 * 8 + 2 }, 'int3', 'a benign one is not doubled')}`;
}

const unmaskedX87 = `fninit\nmov word ptr [${Var.scratch}], 0x37b\nfldcw word ptr [${Var.scratch}]`;

function x87(m: Macros): string {
  return `
    ${unmaskedX87}
    ${m.works(`fld1\nfldz\n${FDIVP}`, 'the error waits')}
    fnstsw ax
    ${m.bitsEqual('eax', 0x8084, 0x8084, 'status: ZE, ES, B')}
    ${m.faults({ vector: 16 }, 'fwait', 'FWAIT')}
    ${m.works('fnclex\nfwait', 'after FNCLEX')}
    ${unmaskedX87}
    ${m.works(`fld1\nfldz\n${FDIVP}\nfninit\nfld1`, 'FNINIT drops it')}`;
}

function simd(m: Macros): string {
  const control = (value: number): string => `mov dword ptr [${Var.scratch}], ${value}\nldmxcsr [${Var.scratch}]`;
  return `
    ${control(0x1d80)}
    movups xmm0, [one]
    movups xmm1, [zeroes]
    ${m.faults({ vector: 19 }, 'divss xmm0, xmm1', '1 / 0')}
    stmxcsr dword ptr [${Var.scratch}]
    ${m.bitsEqual(`[${Var.scratch}]`, 0x3f, 4, 'MXCSR: ZE')}
    movd eax, xmm0
    ${m.equal('eax', 0x3f800000, 'the destination stays')}
    mov eax, cr4
    and eax, ${~0x400}
    mov cr4, eax
    ${m.faults({ vector: 6 }, 'divss xmm0, xmm1', 'without OSXMMEXCPT')}
    mov eax, cr4
    or eax, 0x400
    mov cr4, eax
    ${control(0x1f80)}
    ${m.works('divss xmm0, xmm1', 'masked')}
    movd eax, xmm0
    ${m.equal('eax', 0x7f800000, 'infinity')}
    ${m.faults({ vector: 13 }, `db 0x0f, 0x28, 0x05\ndd ${Place.free + 4}`, 'MOVAPS off its boundary')}`;
}

function alignment(m: Macros): string {
  return `
    mov eax, cr0
    or eax, 0x40000
    mov cr0, eax
    ${m.userFaults({ vector: 17, at: 'crooked' }, `mov eax, ${Place.userCode + 0x801}\ncrooked: mov ebx, [eax]`, 'AM and AC in ring 3', 0x40002)}
    ${m.userWorks(`mov eax, ${Place.userCode + 0x801}\nmov ebx, [eax]`, 'AM without AC')}
    push 0x40002
    popf
    ${m.works(`mov eax, ${Place.free + 1}\nmov ebx, [eax]`, 'ring 0')}
    push 2
    popf
    mov eax, cr0
    and eax, ${~0x40000}
    mov cr0, eax`;
}

/** With paging: identity in 4 MiB pages but for one of them. */
const paged = (text: string): string => `call paging_on\n${text}`;

function pageFault(m: Macros): string {
  return `
    ${m.faults({ vector: 14, code: 0, cr2: 0x4000_0123 }, `mov al, byte ptr [${0x4000_0123}]`, 'read')}
    ${m.faults({ vector: 14, code: 2, cr2: 0x4000_0ffc }, `mov dword ptr [${0x4000_0ffc}], eax`, 'write')}
    ${m.faults({ vector: 14, code: 0, cr2: 0x4000_0010, at: 0x4000_0010 }, 'mov eax, 0x40000010\njmp eax', 'fetch')}`;
}

const sendNmi = (): string => `mov dword ptr [${APIC + 0x310}], 0\nmov dword ptr [${APIC + 0x300}], 0x400`;

function nmi(m: Macros): string {
  return `
    mov dword ptr [${Var.note}], 0
    ${m.hook(2, 'nmi_hook')}
    ${sendNmi()}
    mov ecx, 1000
    nmi_first: cmp dword ptr [${Var.note}], 2
    je nmi_came
    dec ecx
    jnz nmi_first
    nmi_came:
    ${m.hook(2, 0)}
    ${m.equal(`dword ptr [${Var.note}]`, 2, 'two NMIs')}
    ${m.equal(`dword ptr [${Var.note + 4}]`, 1, 'the second waits for IRET')}`;
}

