/** Hardware task switches (SDM vol. 3, "Task management"). Every test starts on the main TSS, the only busy one. */
import type { TestKernel } from '../assembly/kernel.ts';
import type { Macros } from '../assembly/macros.ts';
import { Place, Sel, Var } from '../assembly/map.ts';
import { farCall, farJump } from '../assembly/system-insns.ts';

/** The second task's TSS, its selector, its stack. */
const OTHER = Place.free;
const OTHER_SEL = Sel.free;
/** The task that takes #TS. */
const REPAIR = Place.free + 0x1000;
const REPAIR_SEL = Sel.free + 16;
const OTHER_STACK = Place.free + 0x2000;
const OTHER_ACCESS = Place.gdt + OTHER_SEL + 5;
const MAIN_ACCESS = Place.gdt + Sel.tss + 5;
const TASK_GATE = 0x31;
/** Fields of a 32-bit TSS. */
const Tss = { link: 0, cr3: 0x1c, eip: 0x20, eflags: 0x24, eax: 0x28, esp: 0x38, es: 0x48, cs: 0x4c, ss: 0x50, ds: 0x54, fs: 0x58, gs: 0x5c, ldt: 0x60, trap: 0x64 } as const;
const FIRST_SEGMENT = Tss.es;
const CR0_TS = 8;
const NT = 0x4000;
const BUSY = 2;

export const task: TestKernel = {
  name: 'task',
  about: 'JMP, CALL, IRET and interrupts to tasks, nesting, busy bits, #TS, double faults on a task of their own, CR3 and LDT of tasks',
  bits: 32,
  build: (m) => ({
    cleanup: `
      call make_idt
      mov eax, cr0
      and eax, 0x7fffffff
      mov cr0, eax
      clts
      push 2
      popf
      and byte ptr [${MAIN_ACCESS}], ${0xff & ~BUSY}
      mov eax, ${Sel.tss}
      ltr ax
      xor eax, eax
      lldt ax
      mov dword ptr [${Place.tss + Tss.ldt}], 0
      mov dword ptr [${Place.tss + Tss.cr3}], 0
      mov dr7, eax`,
    tests: [
      { name: 'jump', text: jump(m) },
      { name: 'call', text: call(m) },
      { name: 'interrupt', text: interrupt(m) },
      { name: 'gate', text: taskGate(m) },
      { name: 'bad-tss', text: badTss(m) },
      { name: 'bad-state', text: badState(m) },
      { name: 'bad-return', text: badReturn(m) },
      { name: 'double-fault', text: doubleFault(m) },
      { name: 'ldt', text: ldt(m) },
      { name: 'paging', text: paging(m) },
      { name: 'trap-bit', text: trapBit(m) },
      { name: 'user', text: user(m) },
    ],
    library: `
      make_task: mov edi, ${OTHER} ; eax: first instruction
      push eax
      xor eax, eax
      mov ecx, 26
      rep stosd
      pop eax
      mov dword ptr [${OTHER + Tss.eip}], eax
      mov dword ptr [${OTHER + Tss.eflags}], 2
      mov dword ptr [${OTHER + Tss.esp}], ${OTHER_STACK}
      mov dword ptr [${OTHER + Tss.eax}], 0x1234
      mov eax, ${Sel.data0}
      mov edi, ${OTHER + FIRST_SEGMENT}
      mov ecx, 6
      rep stosd
      mov dword ptr [${OTHER + Tss.cs}], ${Sel.code0}
      mov word ptr [${OTHER + 0x66}], 0x68
      mov eax, cr3
      mov dword ptr [${OTHER + Tss.cr3}], eax
      mov dword ptr [${Place.gdt + OTHER_SEL}], ${((OTHER & 0xffff) << 16) | 0x67}
      mov dword ptr [${Place.gdt + OTHER_SEL + 4}], ${(OTHER >>> 24 << 24) | 0x8900 | ((OTHER >> 16) & 0xff)}
      mov dword ptr [${Place.gdt + OTHER_SEL + 8}], ${OTHER_SEL << 16} ; a task gate
      mov dword ptr [${Place.gdt + OTHER_SEL + 12}], 0xe500
      mov dword ptr [${Place.idt + 8 * TASK_GATE}], ${OTHER_SEL << 16}
      mov dword ptr [${Place.idt + 8 * TASK_GATE + 4}], 0x8500
      ret
      note_state: mov dword ptr [${Var.note}], eax ; what the new task finds
      xor eax, eax
      str ax
      mov dword ptr [${Var.note + 4}], eax
      mov eax, cr0
      mov dword ptr [${Var.note + 8}], eax
      pushf
      pop [${Var.note + 12}]
      movzx eax, byte ptr [${MAIN_ACCESS}]
      mov dword ptr [${Var.note + 16}], eax
      movzx eax, byte ptr [${OTHER_ACCESS}]
      mov dword ptr [${Var.note + 20}], eax
      mov dword ptr [${Var.note + 24}], esp
      ret
      jumped: call note_state
      ${farJump(Sel.tss, 0)}
      called: call note_state
      iret
      inc dword ptr [${Var.note + 28}]
      jmp called
      repair: pop [${Var.note}] ; the error code
      movzx eax, word ptr [${REPAIR}]
      mov dword ptr [${Var.note + 4}], eax
      and byte ptr [${OTHER_ACCESS}], ${0xff & ~BUSY}
      ${farJump(Sel.tss, 0)}
      faulted: pop [${Var.note + 28}] ; the error code
      call note_state
      mov eax, offset fault_over
      mov dword ptr [${Place.tss + Tss.eip}], eax
      iret`,
  }),
};

const make = (entry: string): string => `mov eax, offset ${entry}\ncall make_task\nmov dword ptr [${Var.note + 28}], 0`;
const note = (i: number): string => `dword ptr [${Var.note + 4 * i}]`;

/** What both tasks' descriptors and flags say; main's are those while the other task runs. */
function found(m: Macros, nested: boolean): string {
  return `
    ${m.equal(note(1), OTHER_SEL, 'TR in the task')}
    ${m.bitsEqual(note(2), CR0_TS, CR0_TS, 'CR0.TS in the task')}
    ${m.bitsEqual(note(3), NT, nested ? NT : 0, 'NT in the task')}
    ${m.equal(note(4), nested ? 0x8b : 0x89, 'is the main TSS busy in the task')}
    ${m.equal(note(5), 0x8b, 'is its own TSS busy in the task')}
    xor eax, eax
    str ax
    ${m.equal('eax', Sel.tss, 'TR afterwards')}
    movzx eax, byte ptr [${MAIN_ACCESS}]
    ${m.equal('eax', 0x8b, 'is the main TSS busy afterwards')}
    movzx eax, byte ptr [${OTHER_ACCESS}]
    ${m.equal('eax', 0x89, 'is the other TSS busy afterwards')}
    pushf
    pop eax
    ${m.bitsEqual('eax', NT, 0, 'NT afterwards')}`;
}

function jump(m: Macros): string {
  return `
    ${make('jumped')}
    mov ebx, 0x11111111
    mov esi, 0x22222222
    ${m.works(farJump(OTHER_SEL, 0x5678), 'jump there and back')}
    ${m.equal('ebx', 0x1111_1111, 'EBX afterwards')}
    ${m.equal('esi', 0x2222_2222, 'ESI afterwards')}
    ${m.equal(note(0), 0x1234, 'EAX of the task')}
    ${m.equal(note(6), OTHER_STACK - 4, 'ESP of the task')}
    ${found(m, false)}`;
}

function call(m: Macros): string {
  return `
    ${make('called')}
    ${m.works(farCall(OTHER_SEL, 0), 'call and return')}
    ${found(m, true)}
    movzx eax, word ptr [${OTHER}]
    ${m.equal('eax', Sel.tss, 'link to the main task')}
    ${m.works(farCall(OTHER_SEL, 0), 'the second call')}
    ${m.equal(note(7), 1, 'goes on behind IRET')}
    ${found(m, true)}`;
}

function interrupt(m: Macros): string {
  return `
    ${make('called')}
    ${m.works(`int ${TASK_GATE}`, 'interrupt and return')}
    ${found(m, true)}
    clts
    push 0x3002
    popf
    ${m.works(`int ${TASK_GATE}`, 'again')}
    pushf
    pop eax
    ${m.bitsEqual('eax', 0x3000, 0x3000, 'IOPL afterwards')}`;
}

function taskGate(m: Macros): string {
  const gate = OTHER_SEL + 8;
  return `
    ${make('called')}
    ${m.works(farCall(gate, 0), 'call through a task gate')}
    ${found(m, true)}
    and byte ptr [${Place.gdt + gate + 5}], 0x7f
    ${m.faults({ vector: 11, code: gate }, farCall(gate, 0), 'gate not present')}
    ${make('jumped')}
    ${m.works(farJump(gate, 0), 'jump through a task gate')}
    ${found(m, false)}`;
}

function badTss(m: Macros): string {
  const access = (value: number): string => `mov byte ptr [${OTHER_ACCESS}], ${value}`;
  return `
    ${make('jumped')}
    ${access(0x8b)}
    ${m.faults({ vector: 13, code: OTHER_SEL }, farJump(OTHER_SEL, 0), 'JMP to a busy task')}
    ${m.faults({ vector: 13, code: OTHER_SEL }, farCall(OTHER_SEL, 0), 'CALL of a busy task')}
    ${m.faults({ vector: 13, code: Sel.tss }, farJump(Sel.tss, 0), 'JMP to itself')}
    ${access(0x09)}
    ${m.faults({ vector: 11, code: OTHER_SEL }, farJump(OTHER_SEL, 0), 'JMP to a task not present')}
    ${access(0x89)}
    mov word ptr [${Place.gdt + OTHER_SEL}], 0x66
    ${m.faults({ vector: 10, code: OTHER_SEL }, farJump(OTHER_SEL, 0), 'TSS too short')}
    mov word ptr [${Place.gdt + OTHER_SEL}], 0x67
    mov edx, ${OTHER_SEL + 4}
    ${m.faults({ vector: 13, code: OTHER_SEL + 4 }, 'ltr dx', 'LTR from an LDT')}
    ${access(0x8b)}
    mov edx, ${OTHER_SEL}
    ${m.faults({ vector: 13, code: OTHER_SEL }, 'ltr dx', 'LTR of a busy task')}
    ${access(0x09)}
    ${m.faults({ vector: 11, code: OTHER_SEL }, 'ltr dx', 'LTR of a task not present')}`;
}

/** What is wrong with the new task's state is found in the new task, whose stack may be no good: #TS gets a task of its own. */
function badState(m: Macros): string {
  const bad = (field: number, value: number, code: number, why: string): string => `
    ${make('jumped')}
    mov dword ptr [${OTHER + field}], ${value}
    mov esi, ${OTHER}
    mov edi, ${REPAIR}
    mov ecx, 26
    rep movsd
    mov eax, offset repair
    mov dword ptr [${REPAIR + Tss.eip}], eax
    mov dword ptr [${REPAIR + Tss.esp}], ${Place.faultStack}
    mov dword ptr [${REPAIR + field}], ${field === Tss.ldt ? 0 : field === Tss.cs ? Sel.code0 : Sel.data0}
    ${m.store64(Place.gdt + REPAIR_SEL, (BigInt((REPAIR >>> 24 << 24) | 0x8900 | ((REPAIR >> 16) & 0xff)) << 32n) | BigInt(((REPAIR & 0xffff) << 16 | 0x67) >>> 0))}
    mov dword ptr [${Place.idt + 8 * 10}], ${REPAIR_SEL << 16}
    mov dword ptr [${Place.idt + 8 * 10 + 4}], 0x8500
    mov dword ptr [${Var.note}], -1
    ${m.works(farJump(OTHER_SEL, 0), why)}
    ${m.equal(note(0), code, `${why}: error code`)}
    ${m.equal(note(1), OTHER_SEL, `${why}: task`)}`;
  return [
    bad(Tss.ldt, Sel.data0, Sel.data0, 'LDT is no LDT'),
    bad(Tss.cs, Sel.data0, Sel.data0, 'CS is data'),
    bad(Tss.cs, 0, 0, 'null CS'),
    bad(Tss.ss, 0, 0, 'null SS'),
    bad(Tss.ss, Sel.data3, Sel.data3 & ~3, 'SS of another ring'),
    bad(Tss.ds, 0x3f8, 0x3f8, 'an empty DS'),
    bad(Tss.es, Sel.tss, Sel.tss, 'ES is a TSS'),
  ].join('\n');
}

function badReturn(m: Macros): string {
  const nested = `push ${NT | 2}\npopf`;
  return `
    mov word ptr [${Place.tss}], ${Sel.data0}
    ${m.faults({ vector: 10, code: Sel.data0, at: 'no_task' }, `${nested}\nno_task: iret`, 'link to data')}
    ${make('called')}
    mov word ptr [${Place.tss}], ${OTHER_SEL}
    ${m.faults({ vector: 10, code: OTHER_SEL, at: 'idle_task' }, `${nested}\nidle_task: iret`, 'link to a task that is not busy')}
    mov word ptr [${Place.tss}], 0`;
}

function doubleFault(m: Macros): string {
  return `
    ${make('faulted')}
    mov dword ptr [${Place.idt + 8 * 8}], ${OTHER_SEL << 16}
    mov dword ptr [${Place.idt + 8 * 8 + 4}], 0x8500
    mov dword ptr [${Var.note + 28}], -1
    and byte ptr [${Place.idt + 11 * 8 + 5}], 0x7f
    and byte ptr [${Place.idt + 13 * 8 + 5}], 0x7f
    mov edx, ${Sel.code0}
    mov ss, edx
    ${m.fail('no double fault')}
    fault_over:
    ${found(m, true)}
    ${m.equal(note(7), 0, 'error code')}
    ${m.equal(note(6), OTHER_STACK - 4, 'ESP of the task')}`;
}

function ldt(m: Macros): string {
  return `
    ${m.store64(Place.ldt + 8, 0x0040_9250_0000_0fffn)}
    ${make('in_ldt')}
    mov dword ptr [${OTHER + Tss.ldt}], ${Sel.ldt}
    mov dword ptr [${OTHER + Tss.fs}], ${8 | 4}
    mov dword ptr [0x500010], 0x87654321
    ${m.works(farCall(OTHER_SEL, 0), 'call')}
    jmp ldt_done
    in_ldt: mov eax, fs:[0x500010 - 0x500000]
    mov ebx, eax
    xor eax, eax
    db 0x0f, 0x00, 0xc0 ; SLDT EAX
    mov dword ptr [${Var.note}], eax
    mov dword ptr [${Var.note + 4}], ebx
    iret
    ldt_done:
    ${m.equal(note(0), Sel.ldt, 'LDTR in the task')}
    ${m.equal(note(1), 0x8765_4321, 'through the segment of its LDT')}
    xor eax, eax
    db 0x0f, 0x00, 0xc0
    ${m.equal('eax', 0, 'LDTR afterwards')}`;
}

/** Two directories that differ in what is at 1 GiB. */
function paging(m: Macros): string {
  const [first, second] = [Place.tables, Place.tables + 0x1000];
  const entry = 4 * (0x4000_0000 >>> 22);
  return `
    mov edi, ${first}
    mov eax, 0x83
    directory: mov [edi], eax
    mov dword ptr [edi + 0x1000], eax
    add edi, 4
    add eax, 0x400000
    jnc directory
    mov dword ptr [${first + entry}], 0x00c00083
    mov dword ptr [${second + entry}], 0x01000083
    mov dword ptr [${0xc0_0000}], 0xc0c0c0c0
    mov dword ptr [${0x100_0000}], 0x10101010
    mov eax, cr4
    or eax, 0x10
    mov cr4, eax
    mov eax, ${first}
    mov cr3, eax
    mov eax, cr0
    or eax, 0x80000000
    mov cr0, eax
    ${make('mapped')}
    mov dword ptr [${OTHER + Tss.cr3}], ${second}
    mov dword ptr [${Place.tss + Tss.cr3}], ${first}
    ${m.works(farCall(OTHER_SEL, 0), 'call')}
    jmp mapped_done
    mapped: mov eax, dword ptr [${0x4000_0000}]
    mov dword ptr [${Var.note}], eax
    iret
    mapped_done:
    ${m.equal(note(0), 0x1010_1010, 'memory of the task')}
    ${m.equal(`dword ptr [${0x4000_0000}]`, 0xc0c0_c0c0, 'memory afterwards')}
    mov eax, cr3
    ${m.equal('eax', first, 'CR3 afterwards')}`;
}

function trapBit(m: Macros): string {
  return `
    ${make('trapped')}
    mov word ptr [${OTHER + Tss.trap}], 1
    xor eax, eax
    mov dr6, eax
    ${m.expect('trap_over')}
    ${farJump(OTHER_SEL, 0)}
    trapped: nop
    trap_over:
    ${m.happened({ vector: 1 }, 'T of the TSS')}
    ${m.equal(`dword ptr [${Var.ip}]`, 'trapped', 'T of the TSS: saved instruction pointer')}
    mov eax, dr6
    ${m.bitsEqual('eax', 0x8000, 0x8000, 'DR6.BT')}`;
}

/** A task in ring 3 that ends by INT, through the stack of its own TSS. */
function user(m: Macros): string {
  return `
    mov byte ptr [${Place.userCode}], 0xcd
    mov byte ptr [${Place.userCode + 1}], 0x80
    ${make('jumped')}
    mov dword ptr [${OTHER + Tss.eip}], ${Place.userCode}
    mov dword ptr [${OTHER + Tss.cs}], ${Sel.code3}
    mov dword ptr [${OTHER + Tss.ss}], ${Sel.data3}
    mov dword ptr [${OTHER + Tss.ds}], ${Sel.data3}
    mov dword ptr [${OTHER + Tss.es}], 0
    mov dword ptr [${OTHER + Tss.fs}], 0
    mov dword ptr [${OTHER + Tss.gs}], 0
    mov dword ptr [${OTHER + 4}], ${Place.faultStack}
    mov dword ptr [${OTHER + 8}], ${Sel.data0}
    ${m.expect('user_over')}
    ${farJump(OTHER_SEL, 0)}
    user_over:
    ${m.happened({ vector: 0x80, cs: Sel.code3 }, 'a task in ring 3')}
    ${m.equal(`dword ptr [${Var.oldStack}]`, OTHER_STACK, 'its ESP')}`;
}
