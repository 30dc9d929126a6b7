/**
 * The BIOS calls that a real-mode image finds when no firmware runs: memory maps (15h), equipment and memory size (11h, 12h), A20, ticks
 * (1Ah), and answers that nothing is there for display, disks and keyboard. Enough for the real-mode part of Linux and for small images;
 * not a BIOS: who wants to boot from disks brings one. Calls as in IBM's PS/2 BIOS reference; E820, E801 as in the ACPI specification,
 * section 15.
 */
import type { PlacedBytes } from '../../loaders/plan.ts';
import { E820_ENTRY_BYTES, encodeE820, highMemoryEnd, type E820Range } from '../e820.ts';
import { LowMemory } from '../pc-map.ts';
import { CodeBuffer, imm16, imm32 } from './assembler.ts';

/** Offset of the services in the BIOS segment. */
const SERVICES = 0x2000;
const SEGMENT = LowMemory.bios >> 4;
const RESET_VECTOR = LowMemory.bios + 0xfff0;
const VECTORS = 256;
/** "SMAP". */
const SMAP = 0x534d4150;
/** BDA fields by linear address. */
const Bda = { equipment: 0x410, memoryKiB: 0x413, ticks: 0x46c, ticksHigh: 0x46e } as const;
/** Condition opcodes. */
const JE = 0x74;
const JNE = 0x75;
const JB = 0x72;
const JMP = 0xeb;
const JE_NEAR = [0x0f, 0x84] as const;

/** Label of the handler of each interrupt that has one. */
const HANDLERS: Readonly<Record<number, string>> = {
  0x08: 'timer', 0x10: 'video', 0x11: 'equipment', 0x12: 'memory', 0x13: 'absent', 0x14: 'absent', 0x15: 'system', 0x16: 'keyboard', 0x17: 'absent',
  0x18: 'stop', 0x19: 'stop', 0x1a: 'clock',
};

/** The interrupt vectors, and the code they lead to. */
export function biosServices(e820: readonly E820Range[]): readonly PlacedBytes[] {
  const { code, offsetOf } = assemble(e820);
  const ivt = new Uint8Array(VECTORS * 4);
  const data = new DataView(ivt.buffer);
  for (let vector = 0; vector < VECTORS; vector++) {
    const handler = HANDLERS[vector] ?? (vector >= 0x09 && vector <= 0x0f ? 'irq' : vector >= 0x70 && vector <= 0x77 ? 'irqHigh' : 'return');
    data.setUint16(vector * 4, SERVICES + offsetOf(handler), true);
    data.setUint16(vector * 4 + 2, SEGMENT, true);
  }
  return [
    { name: 'ivt', physical: 0, bytes: ivt },
    { name: 'bios services', physical: LowMemory.bios + SERVICES, bytes: code },
    { name: 'reset vector', physical: RESET_VECTOR, bytes: resetCode() },
  ];
}

/** What `jmp ffff:0` finds: the keyboard controller pulses the reset line. */
function resetCode(): Uint8Array {
  return new CodeBuffer()
    .code(0xb0, 0xfe) // mov al, 0xfe
    .code(0xe6, 0x64) // out 0x64, al
    .label('wait').code(0xf4).short(JMP, 'wait') // hlt
    .finish();
}

function assemble(e820: readonly E820Range[]): { readonly code: Uint8Array; readonly offsetOf: (label: string) => number } {
  const c = new CodeBuffer();
  c.label('return').code(0xcf); // iret
  hardwareInterrupts(c);
  simpleServices(c);
  systemServices(c, e820);
  return { code: c.finish(), offsetOf: (label) => c.at(label) };
}

function hardwareInterrupts(c: CodeBuffer): void {
  c.label('timer').code(0x1e, 0x50, 0x31, 0xc0, 0x8e, 0xd8); // push ds; push ax; xor ax, ax; mov ds, ax
  c.code(0x66, 0xff, 0x06, ...imm16(Bda.ticks)); // inc dword [ticks]
  c.code(0xcd, 0x1c); // int 0x1c
  c.code(0x58, 0x1f); // pop ax; pop ds
  c.label('irq').code(0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf); // push ax; mov al, 0x20; out 0x20, al; pop ax; iret
  c.label('irqHigh').code(0x50, 0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcf); // … out 0xa0, al; out 0x20, al …
}

function simpleServices(c: CodeBuffer): void {
  const readBda = (field: number): void => {
    // push ds; xor ax, ax; mov ds, ax; mov ax, [field]; pop ds; iret
    c.code(0x1e, 0x31, 0xc0, 0x8e, 0xd8, 0xa1, ...imm16(field), 0x1f, 0xcf);
  };
  c.label('equipment');
  readBda(Bda.equipment);
  c.label('memory');
  readBda(Bda.memoryKiB);

  c.label('absent').code(0xb4, 0x01).short(JMP, 'carry'); // mov ah, 1: invalid function

  // AH = 0F: 80 columns, mode 3, page 0. AH = 03: cursor at home. Everything else changes nothing.
  c.label('video').code(0x80, 0xfc, 0x0f).short(JNE, 'notMode').code(0xb8, ...imm16(0x5003), 0xb7, 0x00, 0xcf); // mov ax, 0x5003; mov bh, 0
  c.label('notMode').code(0x80, 0xfc, 0x03).short(JNE, 'notCursor').code(0xb9, ...imm16(0x0607), 0x31, 0xd2); // mov cx, 0x607; xor dx, dx
  c.label('notCursor').code(0xcf);

  // AH & 0xEF = 0 waits for a key, 1 finds none (ZF), 2: no shift key.
  c.label('keyboard').code(0x50, 0x80, 0xe4, 0xef, 0x80, 0xfc, 0x01, 0x58); // push ax; and ah, 0xef; cmp ah, 1; pop ax
  c.short(JE, 'noKey').short(JB, 'stop').code(0x30, 0xc0, 0xcf); // xor al, al; iret
  // push bp; mov bp, sp; or word [bp+6], 0x40 (ZF); pop bp; iret
  c.label('noKey').code(0x55, 0x89, 0xe5, 0x83, 0x4e, 0x06, 0x40, 0x5d, 0xcf);
  c.label('stop').code(0xfb, 0xf4).short(JMP, 'stop'); // sti; hlt

  // AH = 0: ticks since midnight in CX:DX, AL = 0.
  c.label('clock').code(0x84, 0xe4).short(JNE, 'unknown'); // test ah, ah
  c.code(0x1e, 0x31, 0xc0, 0x8e, 0xd8); // push ds; xor ax, ax; mov ds, ax
  c.code(0x8b, 0x16, ...imm16(Bda.ticks), 0x8b, 0x0e, ...imm16(Bda.ticksHigh), 0x1f, 0xcf); // mov dx, [ticks]; mov cx, [ticks + 2]; pop ds; iret
}

/** Interrupt 15h. CF of the caller's flags says whether the function exists. */
function systemServices(c: CodeBuffer, e820: readonly E820Range[]): void {
  const KIB = 1024;
  const aboveMiB = (highMemoryEnd(e820) - LowMemory.biosEnd) / KIB;
  const below16MiB = Math.min(aboveMiB, 15 * KIB);
  const blocks64KiB = Math.floor((aboveMiB - below16MiB) / 64);
  c.label('system');
  c.code(0x66, 0x3d, ...imm32(0xe820)).short(JE, 'e820'); // cmp eax, 0xe820
  c.code(0x3d, ...imm16(0xe801)).near(JE_NEAR, 'e801'); // cmp ax, 0xe801
  c.code(0x80, 0xfc, 0x88).near(JE_NEAR, 'extended'); // cmp ah, 0x88
  c.code(0x80, 0xfc, 0x24).near(JE_NEAR, 'a20'); // cmp ah, 0x24
  c.label('unknown').code(0xb4, 0x86); // mov ah, 0x86
  // push bp; mov bp, sp; or byte [bp+6], 1; pop bp; iret
  c.label('carry').code(0x55, 0x89, 0xe5, 0x80, 0x4e, 0x06, 0x01, 0x5d, 0xcf);

  c.label('e820').code(0x66, 0x81, 0xfa, ...imm32(SMAP)).short(JNE, 'unknown'); // cmp edx, "SMAP"
  c.code(0x66, 0x83, 0xf9, E820_ENTRY_BYTES).short(JB, 'unknown'); // cmp ecx, 20
  c.code(0x66, 0x83, 0xfb, e820.length).short(0x73, 'unknown'); // cmp ebx, count; jae
  c.code(0x56, 0x57, 0xfc, 0x6b, 0xf3, E820_ENTRY_BYTES); // push si; push di; cld; imul si, bx, 20
  const table = c.offset + 2;
  c.code(0x81, 0xc6, 0, 0); // add si, table: filled in below
  c.code(0x66, 0xb9, ...imm32(E820_ENTRY_BYTES), 0x2e, 0xf3, 0xa4, 0x5f, 0x5e); // mov ecx, 20; rep movsb from cs; pop di; pop si
  c.code(0x66, 0xb9, ...imm32(E820_ENTRY_BYTES), 0x66, 0x43); // mov ecx, 20; inc ebx
  c.code(0x66, 0x83, 0xfb, e820.length).short(JB, 'more').code(0x66, 0x31, 0xdb); // cmp ebx, count; xor ebx, ebx
  c.label('more').code(0x66, 0xb8, ...imm32(SMAP)); // mov eax, "SMAP"
  // push bp; mov bp, sp; and byte [bp+6], ~1; pop bp; iret
  c.label('done').code(0x55, 0x89, 0xe5, 0x80, 0x66, 0x06, 0xfe, 0x5d, 0xcf);

  // AX, CX: KiB from 1 to 16 MiB; BX, DX: blocks of 64 KiB above.
  c.label('e801').code(0xb8, ...imm16(below16MiB), 0xbb, ...imm16(blocks64KiB), 0x89, 0xc1, 0x89, 0xda).short(JMP, 'done');
  // AX: KiB above 1 MiB, of which 16 bits can say 64 MiB.
  c.label('extended').code(0xb8, ...imm16(Math.min(aboveMiB, 0xffff))).short(JMP, 'done');
  // A20 is always on: AX = 2401 (enable) succeeds, 2402 (status) says 1, 2403 that port 0x92 does it; 2400 (disable) fails.
  c.label('a20').code(0x3c, 0x01).short(JE, 'a20Done').short(JB, 'unknown'); // cmp al, 1
  c.code(0x3c, 0x02, 0xb0, 0x01).short(JE, 'a20Done'); // cmp al, 2; mov al, 1
  c.code(0xbb, ...imm16(2)); // mov bx, 2
  c.label('a20Done').code(0xb4, 0x00).short(JMP, 'done'); // mov ah, 0

  const tableAt = SERVICES + c.offset;
  c.code(...encodeE820(e820));
  c.patch(table, imm16(tableAt));
}
