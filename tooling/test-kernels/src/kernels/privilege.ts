/** Ring 3 and the ways between rings (SDM vol. 3, "Protection"; vol. 1, "Input/Output"; vol. 3, "Fast system calls"). */
import type { TestKernel } from '../assembly/kernel.ts';
import { FRAME } from '../assembly/interrupts.ts';
import type { Macros } from '../assembly/macros.ts';
import { IO_BITMAP, LEAVE_VECTOR, Place, Sel, TSS_LIMIT, Var } from '../assembly/map.ts';
import { farCall, farJump } from '../assembly/system-insns.ts';

const IOPL3 = 0x3002;
const PLAIN = 0x2;
const SYSENTER = { cs: 0x174, esp: 0x175, eip: 0x176 } as const;
/** Slots of the GDT. */
const GATE = Sel.free;
const CODE1 = Sel.free + 8;
const DATA1 = Sel.free + 16;
const UMIP = 1 << 11;

export const privilege: TestKernel = {
  name: 'privilege',
  about: 'what ring 3 may not do, I/O bitmap, gates, conforming code, stacks of inner rings, SYSENTER',
  bits: 32,
  build: (m) => ({
    cleanup: `
      ${m.hook(LEAVE_VECTOR, 0)}
      mov dword ptr [${Place.tss + 0x10}], 0
      mov edi, ${Place.tss + IO_BITMAP}
      mov ecx, ${(TSS_LIMIT + 1 - IO_BITMAP) >> 2}
      mov eax, -1
      rep stosd`,
    tests: [
      { name: 'privileged', text: privileged(m) },
      { name: 'iopl', text: iopl(m) },
      { name: 'io-bitmap', text: ioBitmap(m) },
      { name: 'software-interrupt', text: softwareInterrupt(m) },
      { name: 'inner-stack', text: innerStack(m) },
      { name: 'segment-loads', text: segmentLoads(m) },
      { name: 'conforming', text: conforming(m) },
      { name: 'call-gate', text: callGate(m) },
      { name: 'call-gate-to-conforming', text: callGateConforming(m) },
      { name: 'bad-gates', text: badGates(m) },
      { name: 'bad-inner-stack', text: badInnerStack(m) },
      { name: 'absent-inner-stack', text: absentInnerStack(m) },
      { name: 'outer-return', text: outerReturn(m) },
      { name: 'sysenter', text: sysenter(m) },
      { name: 'questions', text: questions(m) },
      { name: 'umip', text: umip(m) },
    ],
    library: `
      stack_hook: mov dword ptr [${Var.note}], ebp
      mov eax, ss
      mov dword ptr [${Var.note + 4}], eax
      mov eax, [ebp + ${FRAME[32].stack}]
      mov dword ptr [${Var.note + 8}], eax
      mov eax, [ebp + ${FRAME[32].ss}]
      mov dword ptr [${Var.note + 12}], eax
      ret
      conforming_code: mov eax, cs
      lret
      ring0_gate: mov ecx, cs ; two parameters
      shl ecx, 16
      mov cx, ss
      mov eax, [esp + 8]
      sub eax, [esp + 12]
      mov edx, esp
      lret 8
      sysenter_code: mov ebx, cs
      shl ebx, 16
      mov bx, ss
      mov esi, esp
      sysexit`,
  }),
};

const descriptor = (m: Macros, selector: number, low: number, high: number): string => m.store64(Place.gdt + (selector & ~7), (BigInt(high) << 32n) | BigInt(low));

/** A 32-bit call gate to a label. Changes eax. */
function gate(selector: number, target: string, options: { readonly code?: number; readonly access?: number; readonly parameters?: number } = {}): string {
  const { code = Sel.code0, access = 0xec, parameters = 0 } = options;
  return `
    mov eax, offset ${target}
    mov dword ptr [${Place.gdt + (selector & ~7)}], eax
    mov word ptr [${Place.gdt + (selector & ~7) + 2}], ${code}
    mov dword ptr [${Place.gdt + (selector & ~7) + 4}], eax
    mov word ptr [${Place.gdt + (selector & ~7) + 4}], ${(access << 8) | parameters}`;
}

function privileged(m: Macros): string {
  const texts = [
    'cli', 'sti', 'hlt', 'in al, 0x80', 'out 0x80, al', 'in eax, dx', 'insb', 'outsb', 'mov eax, cr0', 'mov cr3, eax', 'mov eax, dr7', 'clts', 'lmsw ax', 'ltr ax', 'lldt ax', 'wrmsr', 'rdmsr',
    'invlpg [eax]', 'wbinvd', 'db 0x0f, 0x01, 0x10', 'db 0x0f, 0x01, 0x18',
  ];
  return texts.map((text) => m.userFaults({ vector: 13, cs: Sel.code3 }, text, text)).join('\n');
}

function iopl(m: Macros): string {
  return `
    ${m.userWorks('cli\nsti\ncli\nmov edx, 0x80\nin al, dx\nout dx, al', 'CLI, STI, IN, OUT with IOPL 3', IOPL3)}
    ${m.userWorks('push 0x3202\npopf\npushf\npop eax', 'POPF with IOPL 0', PLAIN)}
    ${m.bitsEqual(`dword ptr [${Var.ax}]`, 0x3200, 0, 'POPF with IOPL 0 leaves IF and IOPL')}
    ${m.userWorks('push 0x202\npopf\npushf\npop eax', 'POPF with IOPL 3', IOPL3)}
    ${m.bitsEqual(`dword ptr [${Var.ax}]`, 0x3200, 0x3200, 'POPF with IOPL 3 changes IF alone')}
    ${m.userFaults({ vector: 13 }, 'cli', 'CLI with IOPL 2', 0x2002)}`;
}

function ioBitmap(m: Macros): string {
  const bitmap = Place.tss + IO_BITMAP;
  return `
    and byte ptr [${bitmap + (0x80 >> 3)}], 0xfe
    ${m.userWorks('in al, 0x80', 'allowed')}
    ${m.userFaults({ vector: 13 }, 'in al, 0x81', 'denied')}
    ${m.userFaults({ vector: 13 }, 'in ax, 0x80', 'word of which one byte is denied')}
    and byte ptr [${bitmap + (0x80 >> 3)}], 0xf0
    ${m.userWorks('in ax, 0x80\nin eax, 0x80', 'word and doubleword allowed')}
    ${m.userFaults({ vector: 13 }, 'in eax, 0x81', 'doubleword of which the last byte is denied')}
    and byte ptr [${bitmap + 0x1fff}], 0x7f
    ${m.userWorks('mov edx, 0xffff\nin al, dx', 'the last port')}
    mov word ptr [${Place.tss + 0x66}], ${TSS_LIMIT - 8}
    ${m.userFaults({ vector: 13 }, 'in al, 0x80', 'a bitmap that ends before the port')}
    mov word ptr [${Place.tss + 0x66}], 0xffff
    ${m.userFaults({ vector: 13 }, 'in al, 0x40', 'no bitmap')}
    mov word ptr [${Place.tss + 0x66}], ${IO_BITMAP}`;
}

function softwareInterrupt(m: Macros): string {
  return `
    ${m.userFaults({ vector: 13, code: 0x30 * 8 + 2, cs: Sel.code3 }, 'int 0x30', 'gate of level 0')}
    ${m.userFaults({ vector: 13, code: 14 * 8 + 2 }, 'int 14', 'INT 14 is no page fault')}
    ${m.user('int3')}
    ${m.equal(`dword ptr [${Var.vector}]`, 3, 'INT3: vector')}
    ${m.equal(`dword ptr [${Var.ip}]`, Place.userCode + 1, 'INT3: saved instruction pointer')}
    ${m.user('mov al, 0x7f\ninc al\ninto')}
    ${m.equal(`dword ptr [${Var.vector}]`, 4, 'INTO: vector')}
    ${m.userFaults({ vector: 0, cs: Sel.code3, at: 'user_div' }, 'xor ebx, ebx\nuser_div: div ebx', 'a closed gate is open to exceptions')}`;
}

function innerStack(m: Macros): string {
  // The frame: 5 words by the CPU, code and vector, 8 general registers, 2 segments.
  const frame = Place.innerStack - 4 * (5 + 2 + 8 + 2);
  return `
    ${m.hook(3, 'stack_hook')}
    ${m.userWorks('push 5\nint3\npop eax', 'INT3 with a hook')}
    ${m.hook(3, 0)}
    ${m.equal(`dword ptr [${Var.note}]`, frame, 'ESP in ring 0')}
    ${m.equal(`dword ptr [${Var.note + 4}]`, Sel.data0, 'SS in ring 0')}
    ${m.equal(`dword ptr [${Var.note + 8}]`, Place.userStack - 4, 'ESP of ring 3')}
    ${m.equal(`dword ptr [${Var.note + 12}]`, Sel.data3, 'SS of ring 3')}
    ${m.equal(`dword ptr [${Var.ax}]`, 5, 'stack of ring 3 afterwards')}`;
}

function segmentLoads(m: Macros): string {
  const load = (register: string, selector: number, why: string): string =>
    m.userFaults({ vector: 13, code: selector & ~3, at: `load_${register}_${selector}` }, `mov eax, ${selector}\nload_${register}_${selector}: mov ${register}, eax`, why);
  return `
    ${load('ds', Sel.data0, 'DS of ring 0')}
    ${load('ds', Sel.data0 | 3, 'DS of ring 0 with RPL 3')}
    ${load('ss', Sel.data0, 'SS of ring 0')}
    ${load('ss', Sel.data3 & ~3, 'SS with RPL 0')}
    ${load('es', Sel.code0, 'ES with code of ring 0')}
    ${m.userWorks(`mov eax, ${Sel.conforming}\nmov es, eax\nmov eax, ${Sel.data3 & ~3}\nmov ds, eax\nmov eax, ${Sel.code3}\nmov fs, eax\nxor eax, eax\nmov gs, eax`, 'conforming code, RPL 0, readable code, null')}`;
}

function conforming(m: Macros): string {
  return `
    ${m.userWorks(farCall(Sel.conforming, 'conforming_code'), 'call')}
    ${m.equal(`dword ptr [${Var.ax}]`, Sel.conforming | 3, 'CPL stays')}
    ${m.userFaults({ vector: 13, code: Sel.code0 }, farCall(Sel.code0, 'conforming_code'), 'code of ring 0 that does not conform')}
    ${m.userFaults({ vector: 13, code: Sel.code0 }, farJump(Sel.code0 | 3, 'conforming_code'), 'the same with RPL 3')}
    ${descriptor(m, Sel.free, 0xffff, 0x00cfff00)}
    ${m.faults({ vector: 13, code: Sel.free }, farCall(Sel.free, 'conforming_code'), 'conforming code of an outer ring')}`;
}

function callGate(m: Macros): string {
  return `
    ${gate(GATE, 'ring0_gate', { parameters: 2 })}
    ${m.userWorks(`push 5\npush 12\n${farCall(GATE | 3, 0x1234)}\nmov ebx, esp`, 'call')}
    ${m.equal(`dword ptr [${Var.ax}]`, 7, 'parameters')}
    ${m.equal(`dword ptr [${Var.oldStack}]`, Place.userStack, 'RET 8 drops them on both stacks')}
    ${m.userWorks(`push 5\npush 12\n${farCall(GATE | 3, 0)}\nmov eax, ecx`, 'call')}
    ${m.equal(`dword ptr [${Var.ax}]`, (Sel.code0 << 16) | Sel.data0, 'CS and SS')}
    ${m.userWorks(`push 5\npush 12\n${farCall(GATE | 3, 0)}\nmov eax, edx`, 'call')}
    ${m.equal(`dword ptr [${Var.ax}]`, Place.innerStack - 24, 'ESP')}
    ${gate(GATE, 'conforming_code')}
    ${m.works(farCall(GATE, 0), 'from ring 0')}`;
}

function callGateConforming(m: Macros): string {
  return `
    ${gate(GATE, 'conforming_code', { code: Sel.conforming })}
    ${m.userWorks(farCall(GATE | 3, 0), 'to conforming code')}
    ${m.equal(`dword ptr [${Var.ax}]`, Sel.conforming | 3, 'no change of ring')}`;
}

function badGates(m: Macros): string {
  const call = farCall(GATE | 3, 0);
  return `
    ${gate(GATE, 'conforming_code', { access: 0x8c })}
    ${m.userFaults({ vector: 13, code: GATE }, call, 'DPL 0')}
    ${gate(GATE, 'conforming_code', { access: 0x6c })}
    ${m.userFaults({ vector: 11, code: GATE }, call, 'not present')}
    ${gate(GATE, 'conforming_code', { code: 0 })}
    ${m.userFaults({ vector: 13, code: 0 }, call, 'to the null selector')}
    ${gate(GATE, 'conforming_code', { code: Sel.data0 })}
    ${m.userFaults({ vector: 13, code: Sel.data0 }, call, 'to data')}
    ${gate(GATE, 'conforming_code')}
    ${m.userFaults({ vector: 13, code: Sel.code0 }, farJump(GATE | 3, 0), 'JMP to an inner ring')}
    ${gate(GATE, 'conforming_code', { access: 0xee })}
    ${m.userFaults({ vector: 13, code: GATE }, call, 'an interrupt gate')}`;
}

/** Ring 1, so that ring 0 can take the exception. */
function badInnerStack(m: Macros): string {
  const call = farCall(GATE | 3, 0);
  const ss1 = `dword ptr [${Place.tss + 0x10}]`;
  return `
    ${descriptor(m, CODE1, 0xffff, 0x00cfbb00)}
    ${descriptor(m, DATA1, 0xffff, 0x00cf3300)}
    ${gate(GATE, 'conforming_code', { code: CODE1 | 1 })}
    mov dword ptr [${Place.tss + 0x0c}], ${Place.faultStack}
    mov ${ss1}, 0
    ${m.userFaults({ vector: 10, code: 0 }, call, 'null SS')}
    mov ${ss1}, ${Sel.data0}
    ${m.userFaults({ vector: 10, code: Sel.data0 }, call, 'SS of another ring')}
    mov ${ss1}, 0x3f9
    ${m.userFaults({ vector: 10, code: 0x3f8 }, call, 'an empty SS')}
    ${descriptor(m, DATA1, 0xffff, 0x00cfb300)}
    mov ${ss1}, ${DATA1 | 1}
    ${m.userWorks(call, 'good SS')}
    ${m.equal(`dword ptr [${Var.ax}]`, CODE1 | 1, 'ring 1')}`;
}

function absentInnerStack(m: Macros): string {
  return `
    ${descriptor(m, CODE1, 0xffff, 0x00cfbb00)}
    ${descriptor(m, DATA1, 0xffff, 0x00cf3300)}
    ${gate(GATE, 'conforming_code', { code: CODE1 | 1 })}
    mov dword ptr [${Place.tss + 0x10}], ${DATA1 | 1}
    ${m.userFaults({ vector: 12, code: DATA1 }, farCall(GATE | 3, 0), 'SS not present')}`;
}

function outerReturn(m: Macros): string {
  const after = m.label('outer');
  return `
    mov esi, offset outer_code
    mov edi, ${Place.userCode}
    mov ecx, 32
    rep movsb
    ${m.expect(after)}
    mov eax, ${Sel.data3}
    mov fs, eax
    push ${Sel.data3}
    push ${Place.userStack}
    push ${Sel.code3}
    push ${Place.userCode}
    lret
    outer_code: mov eax, fs
    shl eax, 16
    mov ax, ds
    int ${LEAVE_VECTOR}
    ${after}:
    ${m.equal(`dword ptr [${Var.vector}]`, LEAVE_VECTOR, 'RETF to ring 3: vector')}
    ${m.equal(`dword ptr [${Var.ax}]`, Sel.data3 << 16, 'RETF empties DS of ring 0 and leaves FS of ring 3')}
    ${m.equal(`dword ptr [${Var.oldStack}]`, Place.userStack, 'RETF: ESP')}
    ${m.faults({ vector: 13, code: Sel.data0, at: 'bad_outer' }, `push ${Sel.data0}\npush 0\npush ${Sel.code3}\npush 0\nbad_outer: lret`, 'RETF with SS of ring 0')}
    ${m.userFaults({ vector: 13, code: Sel.code0, at: 'bad_inner' }, `push ${Sel.code0}\npush 0\nbad_inner: lret`, 'RETF to ring 0')}`;
}

function sysenter(m: Macros): string {
  const enter = 'mov ecx, esp\ndb 0xe8, 0, 0, 0, 0 ; CALL the next instruction\npop edx\nadd edx, 6\nsysenter';
  return `
    ${m.wrmsr(SYSENTER.cs, 0)}
    ${m.userFaults({ vector: 13, at: 'enter_null' }, 'enter_null: sysenter', 'without a CS')}
    ${m.faults({ vector: 13 }, 'sysexit', 'SYSEXIT without a CS')}
    ${m.wrmsr(SYSENTER.cs, Sel.code0)}
    ${m.wrmsr(SYSENTER.esp, Place.faultStack)}
    ${m.wrmsr(SYSENTER.eip, 'sysenter_code')}
    ${m.userWorks(`${enter}\nmov eax, ebx`, 'SYSENTER and SYSEXIT')}
    ${m.equal(`dword ptr [${Var.ax}]`, (Sel.code0 << 16) | Sel.data0, 'CS and SS inside')}
    ${m.equal(`dword ptr [${Var.cs}]`, Sel.code3, 'CS afterwards')}
    ${m.userWorks(`${enter}\nmov eax, esi`, 'SYSENTER and SYSEXIT')}
    ${m.equal(`dword ptr [${Var.ax}]`, Place.faultStack, 'ESP inside')}
    ${m.equal(`dword ptr [${Var.oldStack}]`, Place.userStack, 'ESP afterwards')}
    ${m.userFaults({ vector: 13 }, 'sysexit', 'SYSEXIT in ring 3')}`;
}

/** LAR, LSL, VERR, VERW, ARPL say what ring 3 may see. */
function questions(m: Macros): string {
  const ask = (text: string, why: string, expected: number): string => `${m.userWorks(`${text}\npushf\npop eax`, why)}\n${m.bitsEqual(`dword ptr [${Var.ax}]`, 0x40, expected, why)}`;
  return `
    ${ask(`mov ebx, ${Sel.data0}\nlar ecx, bx`, 'LAR of ring 0', 0)}
    ${ask(`mov ebx, ${Sel.data3}\nlar ecx, bx`, 'LAR of ring 3', 0x40)}
    ${m.userWorks(`mov ebx, ${Sel.data3}\nlar eax, bx`, 'LAR')}
    ${m.bitsEqual(`dword ptr [${Var.ax}]`, 0xfff0_ffff, 0x00c0f300, 'access rights')}
    ${m.userWorks(`mov ebx, ${Sel.data3}\nlsl eax, bx`, 'LSL')}
    ${m.equal(`dword ptr [${Var.ax}]`, 0xffff_ffff, 'limit')}
    ${ask(`mov ebx, ${Sel.code3}\nverr bx`, 'VERR of code', 0x40)}
    ${ask(`mov ebx, ${Sel.code3}\nverw bx`, 'VERW of code', 0)}
    ${ask(`mov ebx, ${Sel.data3}\nverw bx`, 'VERW of data', 0x40)}
    ${ask(`mov ebx, ${Sel.data0}\nverr bx`, 'VERR of ring 0', 0)}
    ${ask('mov ebx, 0x10\nmov ecx, 3\ndb 0x63, 0xcb', 'ARPL raises RPL', 0x40)}
    ${ask('mov ebx, 3\nmov ecx, 1\ndb 0x63, 0xcb', 'ARPL leaves RPL', 0)}`;
}

function umip(m: Macros): string {
  return `
    ${m.needs(7, 'ecx', 2, 'UMIP')}
    ${m.userWorks('str ax', 'STR')}
    mov eax, cr4
    or eax, ${UMIP}
    mov cr4, eax
    ${['str ax', 'db 0x0f, 0x00, 0xc0', 'smsw ax'].map((text) => m.userFaults({ vector: 13 }, text, `${text} with UMIP`)).join('\n')}
    ${m.works('str ax', 'STR in ring 0')}
    mov eax, cr4
    and eax, ${~UMIP}
    mov cr4, eax`;
}
