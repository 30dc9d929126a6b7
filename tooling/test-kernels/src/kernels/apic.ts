/** Local APIC with its timer, I/O APIC, PIT and PICs (SDM vol. 3, "APIC"; 82093AA, 8254 and 8259A data sheets). */
import type { KernelTest, TestKernel } from '../assembly/kernel.ts';
import { FRAME } from '../assembly/interrupts.ts';
import { outs } from '../assembly/library.ts';
import type { Macros } from '../assembly/macros.ts';
import { PIC_VECTOR, Var } from '../assembly/map.ts';

const APIC = 0xfee0_0000;
const IOAPIC = 0xfec0_0000;
const Apic = {
  id: 0x20, version: 0x30, tpr: 0x80, ppr: 0xa0, eoi: 0xb0, spurious: 0xf0, isr: 0x100, irr: 0x200, icrLow: 0x300, icrHigh: 0x310, lvtTimer: 0x320, lint0: 0x350, initial: 0x380,
  current: 0x390, divide: 0x3e0,
} as const;
const TIMER = 0x41;
const LOW = 0x32;
const HIGH = 0x4a;
const PIT = 0x45;
const MASKED = 0x1_0000;
const PERIODIC = 0x2_0000;
const DEADLINE = 0x4_0000;
const EXTINT = 0x700;
const SELF = 0x4_0000;
const BY_1 = 0xb;
const MSR_DEADLINE = 0x6e0;
/** The 8254's ticks for 1 kHz. */
const PIT_KHZ = 1193;
/** IRQ 0 is on this input of the I/O APIC. */
const PIT_PIN = 2;

const reg = (offset: number): string => `dword ptr [${APIC + offset}]`;
const note = (i: number): string => `dword ptr [${Var.note + 4 * i}]`;
const set = (offset: number, value: number): string => `mov ${reg(offset)}, ${value >>> 0}`;
const clear = (): string => Array.from({ length: 8 }, (_, i) => `mov ${note(i)}, 0`).join('\n');
const self = (vector: number): string => set(Apic.icrLow, SELF | vector);
/** One instruction with interrupts on, and the one whose shadow it is in. */
const open = 'sti\nnop\nnop\ncli';

export const apic: TestKernel = {
  name: 'apic',
  about: 'APIC timer in all modes, EOI, priorities, TPR; PIT through the I/O APIC and through the PICs',
  bits: 32,
  build: (m) => ({
    setup: `
      mov ecx, 0x1b
      rdmsr
      or eax, 0x800
      wrmsr
      ${[TIMER, LOW, HIGH, PIT].map((vector) => m.hook(vector, 'count')).join('\n')}
      ${set(Apic.spurious, 0x10f)}`,
    cleanup: `
      ${set(Apic.lvtTimer, MASKED)}
      ${set(Apic.initial, 0)}
      ${set(Apic.lint0, MASKED | EXTINT)}
      ${redirect(MASKED)}
      ${outs([[0x21, 0xff], [0xa1, 0xff]])}
      ${set(Apic.tpr, 0)}
      ${[TIMER, LOW, HIGH, PIT].map((vector) => m.hook(vector, 'count')).join('\n')}
      ${m.hook(PIC_VECTOR, 0)}
      ${clear()}
      ${open}
      ${clear()}`,
    tests: tests(m),
    library: `
      count: inc ${note(0)}
      mov eax, [ebp + ${FRAME[32].vector}]
      mov edx, ${note(1)}
      shl edx, 8
      mov dl, al
      mov ${note(1)}, edx ; the last four vectors
      ${set(Apic.eoi, 0)}
      ret
      count_pic: inc ${note(0)}
      mov al, 0x20
      out 0x20, al
      ret
      nest: ${self(LOW)} ; in service: HIGH
      ${self(TIMER)}
      sti
      nop
      nop
      mov eax, ${note(0)}
      mov ${note(2)}, eax
      mov eax, ${reg(Apic.irr + 0x10)}
      mov ${note(3)}, eax
      mov eax, ${reg(Apic.isr + 0x20)}
      mov ${note(4)}, eax
      mov eax, ${reg(Apic.ppr)}
      mov ${note(5)}, eax
      cli
      ${set(Apic.eoi, 0)}
      sti
      nop
      nop
      mov eax, ${note(0)}
      mov ${note(6)}, eax
      ret
      pause_a_while: rdtsc ; edi: ticks of the TSC
      mov esi, eax
      while: rdtsc
      sub eax, esi
      cmp eax, edi
      jb while
      ret`,
  }),
};

function tests(m: Macros): readonly KernelTest[] {
  return [
    { name: 'registers', text: registers(m) },
    { name: 'self-interrupt', text: selfInterrupt(m) },
    { name: 'priority', text: priority(m) },
    { name: 'task-priority', text: taskPriority(m) },
    { name: 'one-shot', text: oneShot(m) },
    { name: 'periodic', text: periodic(m) },
    { name: 'masked', text: masked(m) },
    { name: 'deadline', text: deadline(m) },
    { name: 'pit-ioapic', text: pitIoapic(m) },
    { name: 'pit-pic', text: pitPic(m) },
    { name: 'halt', text: halt(m) },
    { name: 'shadow', text: shadow(m) },
  ];
}

/** The PIT's entry of the I/O APIC, physical destination 0. */
function redirect(low: number): string {
  return `
    mov dword ptr [${IOAPIC}], ${0x10 + 2 * PIT_PIN}
    mov dword ptr [${IOAPIC + 0x10}], ${low}
    mov dword ptr [${IOAPIC}], ${0x11 + 2 * PIT_PIN}
    mov dword ptr [${IOAPIC + 0x10}], 0`;
}

/** Sleep until a number of interrupts came. */
function sleep(m: Macros, interrupts: number): string {
  const [again, done] = [m.label('again'), m.label('done')];
  return `
    ${again}: cli
    cmp ${note(0)}, ${interrupts}
    jae ${done}
    sti
    hlt
    jmp ${again}
    ${done}:`;
}

const wait = (ticks: number): string => `mov edi, ${ticks}\ncall pause_a_while`;

function registers(m: Macros): string {
  return `
    ${m.bitsEqual(reg(Apic.id), 0xff00_0000, 0, 'ID')}
    ${m.bitsEqual(reg(Apic.version), 0xf0, 0x10, 'version')}
    mov ecx, 0x1b
    rdmsr
    ${m.equal('eax', APIC | 0x900, 'base, on, boot processor')}
    mov dword ptr [${IOAPIC}], 1
    ${m.bitsEqual(`dword ptr [${IOAPIC + 0x10}]`, 0xff_0000, 23 << 16, 'entries of the I/O APIC')}
    ${set(Apic.lvtTimer, MASKED | PERIODIC | TIMER)}
    ${m.equal(reg(Apic.lvtTimer), MASKED | PERIODIC | TIMER, 'LVT reads back')}
    ${set(Apic.tpr, 0x5a)}
    ${m.equal(reg(Apic.tpr), 0x5a, 'TPR reads back')}
    ${m.equal(reg(Apic.ppr), 0x5a, 'PPR follows')}`;
}

function selfInterrupt(m: Macros): string {
  return `
    ${self(TIMER)}
    ${self(TIMER)}
    nop
    ${m.equal(note(0), 0, 'with IF clear')}
    ${m.bitsEqual(reg(Apic.irr + 0x20), 1 << (TIMER & 31), 1 << (TIMER & 31), 'IRR')}
    ${open}
    ${m.equal(note(0), 1, 'once')}
    ${m.equal(note(1), TIMER, 'vector')}
    ${m.equal(reg(Apic.irr + 0x20), 0, 'IRR afterwards')}
    ${m.equal(reg(Apic.isr + 0x20), 0, 'ISR afterwards')}`;
}

/** While HIGH is in service, LOW waits, and so does TIMER of the same class. */
function priority(m: Macros): string {
  return `
    ${self(LOW)}
    ${self(HIGH)}
    ${self(TIMER)}
    sti
    nop
    nop
    nop
    nop
    cli
    ${m.equal(note(0), 3, 'all come')}
    ${m.equal(note(1), (HIGH << 16) | (TIMER << 8) | LOW, 'in the order of their priority')}
    ${clear()}
    ${m.hook(HIGH, 'nest')}
    ${self(HIGH)}
    ${open}
    ${m.equal(note(2), 0, 'nothing of the same class or lower before EOI')}
    ${m.bitsEqual(note(3), 1 << (LOW & 31), 1 << (LOW & 31), 'IRR of the lower one')}
    ${m.bitsEqual(note(4), 1 << (HIGH & 31), 1 << (HIGH & 31), 'ISR of the higher one')}
    ${m.equal(note(5), HIGH & 0xf0, 'PPR')}
    ${m.equal(note(6), 2, 'both after EOI')}
    ${m.equal(note(1), (TIMER << 8) | LOW, 'in order')}`;
}

function taskPriority(m: Macros): string {
  return `
    ${set(Apic.tpr, 0x40)}
    ${self(TIMER)}
    ${self(LOW)}
    ${open}
    ${m.equal(note(0), 0, 'TPR 4x holds 4x and 3x')}
    ${set(Apic.tpr, 0x3f)}
    ${open}
    ${m.equal(note(1), TIMER, 'TPR 3F lets 4x through')}
    ${set(Apic.tpr, 0x20)}
    ${open}
    ${m.equal(note(1), (TIMER << 8) | LOW, 'TPR 2x lets 3x through')}`;
}

function oneShot(m: Macros): string {
  return `
    ${set(Apic.divide, BY_1)}
    ${set(Apic.lvtTimer, TIMER)}
    ${set(Apic.initial, 100_000)}
    mov ebx, ${reg(Apic.current)}
    mov edx, ${reg(Apic.current)}
    cmp edx, ebx
    jbe one_counts
    ${m.fail('the counter does not count down')}
    one_counts: cmp ebx, 100000
    jbe one_starts
    ${m.fail('the counter starts above its initial count')}
    one_starts:
    ${sleep(m, 1)}
    ${m.equal(note(1), TIMER, 'vector')}
    ${m.equal(reg(Apic.current), 0, 'count at the end')}
    sti
    ${wait(2_000_000)}
    cli
    ${m.equal(note(0), 1, 'once')}
    ${set(Apic.divide, 0)}
    ${set(Apic.initial, 1000)}
    ${sleep(m, 2)}
    ${set(Apic.initial, 0xffff_fff0)}
    ${set(Apic.initial, 0)}
    ${m.equal(reg(Apic.current), 0, 'an initial count of 0 stops it')}`;
}

function periodic(m: Macros): string {
  return `
    ${set(Apic.divide, BY_1)}
    ${set(Apic.lvtTimer, PERIODIC | TIMER)}
    ${set(Apic.initial, 200_000)}
    ${sleep(m, 5)}
    ${set(Apic.initial, 0)}
    ${open}
    mov ebx, ${note(0)}
    sti
    ${wait(1_000_000)}
    cli
    cmp ebx, ${note(0)}
    je periodic_ends
    ${m.fail('it goes on after an initial count of 0')}
    periodic_ends:`;
}

function masked(m: Macros): string {
  return `
    ${set(Apic.divide, BY_1)}
    ${set(Apic.lvtTimer, MASKED | TIMER)}
    ${set(Apic.initial, 10_000)}
    sti
    ${wait(1_000_000)}
    cli
    ${m.equal(note(0), 0, 'interrupts')}
    ${m.equal(reg(Apic.current), 0, 'it has run down')}`;
}

function deadline(m: Macros): string {
  const at = (ticks: number): string => `rdtsc\nadd eax, ${ticks}\nadc edx, 0\nmov ecx, ${MSR_DEADLINE}\nwrmsr`;
  const read = `mov ecx, ${MSR_DEADLINE}\nrdmsr\nor eax, edx`;
  return `
    ${m.needs(1, 'ecx', 24, 'TSC deadline')}
    ${set(Apic.lvtTimer, DEADLINE | TIMER)}
    ${at(200_000)}
    ${read}
    test eax, eax
    jnz deadline_armed
    ${m.fail('the MSR reads 0 before the deadline')}
    deadline_armed:
    ${sleep(m, 1)}
    ${read}
    ${m.equal('eax', 0, 'MSR afterwards')}
    mov ecx, ${MSR_DEADLINE} ; long past
    mov eax, 1
    xor edx, edx
    wrmsr
    ${open}
    ${m.equal(note(0), 2, 'a deadline in the past')}
    ${at(200_000)}
    mov ecx, ${MSR_DEADLINE}
    xor eax, eax
    xor edx, edx
    wrmsr
    sti
    ${wait(1_000_000)}
    cli
    ${m.equal(note(0), 2, 'one that was taken back')}
    ${set(Apic.initial, 1000)}
    ${m.equal(reg(Apic.current), 0, 'counts are nothing in this mode')}`;
}

/** Channel 0 as a rate generator at 1 kHz. */
const pit = outs([[0x43, 0x34], [0x40, PIT_KHZ & 255], [0x40, PIT_KHZ >> 8]]);

function pitIoapic(m: Macros): string {
  return `
    ${redirect(PIT)}
    ${pit}
    ${sleep(m, 3)}
    ${m.equal(note(1), (PIT << 16) | (PIT << 8) | PIT, 'vectors')}
    ${redirect(MASKED | PIT)}
    ${open}
    mov ebx, ${note(0)}
    sti
    ${wait(5_000_000)}
    cli
    cmp ebx, ${note(0)}
    je pit_masked
    ${m.fail('it goes on when masked')}
    pit_masked:`;
}

function pitPic(m: Macros): string {
  return `
    ${m.hook(PIC_VECTOR, 'count_pic')}
    ${set(Apic.lint0, EXTINT)}
    ${outs([[0x21, 0xfe]])}
    ${pit}
    ${sleep(m, 3)}
    ${outs([[0x21, 0xff]])}
    mov al, 0x0b
    out 0x20, al
    in al, 0x20
    ${m.bitsEqual('eax', 0xff, 0, 'ISR of the PIC')}`;
}

/** HLT ends behind itself, with any interrupt; one that waits ends it at once. */
function halt(m: Macros): string {
  return `
    ${self(TIMER)}
    sti
    hlt
    cli
    ${m.equal(note(0), 1, 'one that waits')}
    ${set(Apic.divide, BY_1)}
    ${set(Apic.lvtTimer, TIMER)}
    ${set(Apic.initial, 50_000)}
    sti
    hlt
    halted: cli
    ${m.equal(note(0), 2, 'one that comes')}`;
}

/** STI, MOV SS and POP SS hold interrupts back for one instruction. */
function shadow(m: Macros): string {
  return `
    ${self(TIMER)}
    sti
    cli
    ${m.equal(note(0), 0, 'STI, CLI')}
    mov edx, ss
    sti
    mov ss, edx
    nop
    cli
    ${m.equal(note(0), 1, 'afterwards')}`;
}
