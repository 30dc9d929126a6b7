/**
 * Code that is patched through another address than the one it runs at, as kernels do (SDM vol. 3, "Handling self- and cross-modifying code": a jump or a
 * serialising instruction stands between store and execution, here always one). Every loop is long enough for its code to be compiled while it is patched.
 */
import type { TestKernel } from '../assembly/kernel.ts';
import type { Macros } from '../assembly/macros.ts';
import { Place, Sel } from '../assembly/map.ts';
import { farJump } from '../assembly/system-insns.ts';
import { invlpg, KERNEL, EVERYBODY, map, PAGE, PAGING_ON, windowPage } from './page-tables.ts';

/** The page frame of the code; more follow. */
const FRAME = Place.free;
/** The code as it runs, and as it is written. */
const CODE = windowPage(0);
const ALIAS = windowPage(8);
const TIMES = 60;

export const alias: TestKernel = {
  name: 'alias',
  about: 'hot code that is patched by way of another virtual address',
  bits: 32,
  build: (m) => ({
    setup: 'call map_code',
    cleanup: 'call map_code',
    tests: [
      { name: 'immediate', text: immediate(m) },
      { name: 'physical', text: physical(m) },
      { name: 'branch', text: branch(m) },
      { name: 'loop-body', text: loopBody(m) },
      { name: 'itself', text: itself(m) },
      { name: 'copied', text: copied(m) },
      { name: 'two-pages', text: twoPages(m) },
      { name: 'remapped', text: remapped(m) },
      { name: 'table-entry', text: tableEntry(m) },
      { name: 'from-ring-3', text: fromRing3(m) },
      { name: 'breakpoint', text: breakpoint(m) },
    ],
    library: `
      ${PAGING_ON}
      map_code: call paging_on
      ${map(0, FRAME | KERNEL)}
      ${map(1, (FRAME + PAGE) | KERNEL)}
      ${map(8, FRAME | KERNEL)}
      ${map(9, (FRAME + PAGE) | KERNEL)}
      ret
      put_code: mov esi, eax ; eax: code, ecx: bytes; to the frame, by its physical address
      mov edi, ${FRAME}
      rep movsb
      ret
      return_number: mov eax, 0x11111111
      ret
      return_number_end:`,
  }),
};

/** Copy the code between two labels to the frame. */
const put = (start: string, end: string): string => `mov eax, offset ${start}\nmov ecx, offset ${end}\nsub ecx, eax\ncall put_code`;
/** A loop with ebp = TIMES … 1. */
function loop(m: Macros, text: string): string {
  const again = m.label('again');
  return `mov ebp, ${TIMES}\n${again}: ${text}\ndec ebp\njnz ${again}`;
}
const callAt = (address: number): string => `mov edx, ${address}\ncall edx`;

function immediate(m: Macros): string {
  return `
    ${put('return_number', 'return_number_end')}
    ${callAt(CODE)}
    ${m.equal('eax', 0x1111_1111, 'before')}
    ${loop(m, `mov dword ptr [${ALIAS + 1}], ebp\n${callAt(CODE)}\n${m.equal('eax', 'ebp', 'patched')}`)}`;
}

function physical(m: Macros): string {
  return `
    ${put('return_number', 'return_number_end')}
    ${loop(m, `mov word ptr [${FRAME + 3}], bp\n${callAt(CODE)}\nshr eax, 16\n${m.equal('eax', 'ebp', 'patched')}`)}`;
}

/** A short jump becomes a NOP and back, as in static keys. */
function branch(m: Macros): string {
  return `
    ${put('key', 'key_end')}
    ${loop(m, `
      mov word ptr [${ALIAS}], 0x9090
      ${callAt(CODE)}
      ${m.equal('eax', 1, 'NOP')}
      mov word ptr [${ALIAS}], 0x06eb
      ${callAt(CODE)}
      ${m.equal('eax', 2, 'jump')}`)}
    jmp branch_done
    key: db 0xeb, 0x06 ; over the next two
    mov eax, 1
    ret
    mov eax, 2
    ret
    key_end:
    branch_done:`;
}

/** The loop that is patched runs on while it is patched, from inside. */
function loopBody(m: Macros): string {
  return `
    ${put('adder', 'adder_end')}
    xor esi, esi
    mov ebp, ${TIMES}
    ${callAt(CODE)}
    ${m.equal('esi', (TIMES * (TIMES + 1)) / 2, 'sum')}
    jmp body_done
    adder: mov dword ptr [${ALIAS + 10}], ebp ; the number in ADD: 6 + 2 + 2 bytes on
    jmp adder_next
    adder_next: db 0x81, 0xc6, 0, 0, 0, 0 ; ADD ESI, imm32
    dec ebp
    jnz adder
    ret
    adder_end:
    body_done:`;
}

/** The store hits an instruction behind it in the same block, which the CPU has to see without any jump (SDM vol. 3, 12.6: it does for the same linear address; a far jump serialises for others). */
function itself(m: Macros): string {
  return `
    ${loop(m, `
      mov eax, ebp
      mov dword ptr [patched_here + 1], eax
      patched_here: mov ebx, 0
      ${m.equal('ebx', 'ebp', 'the same address')}`)}
    ${loop(m, `
      mov eax, offset patched_there + 1
      mov dword ptr [eax], ebp
      ${farJump(Sel.code0, 'patched_there')}
      patched_there: mov ebx, 0
      ${m.equal('ebx', 'ebp', 'behind a far jump')}`)}`;
}

/** REP MOVSB over hot code. */
function copied(m: Macros): string {
  return `
    ${put('return_number', 'return_number_end')}
    ${loop(m, `
      mov esi, offset other_number
      mov edi, ${ALIAS}
      mov ecx, 6
      rep movsb
      ${callAt(CODE)}
      ${m.equal('eax', 0x2222_2222, 'the other')}
      mov esi, offset return_number
      mov edi, ${ALIAS}
      mov ecx, 6
      rep movsb
      ${callAt(CODE)}
      ${m.equal('eax', 0x1111_1111, 'the first')}`)}
    jmp copied_done
    other_number: mov eax, 0x22222222
    ret
    copied_done:`;
}

/** The instruction lies on two pages; its end is patched. */
function twoPages(m: Macros): string {
  const offset = PAGE - 3;
  return `
    mov esi, offset return_number
    mov edi, ${FRAME + offset}
    mov ecx, 6
    rep movsb
    ${loop(m, `
      mov eax, ebp
      mov byte ptr [${ALIAS + PAGE + 1}], al
      ${callAt(CODE + offset)}
      shr eax, 24
      ${m.equal('eax', 'ebp', 'patched')}`)}
    mov eax, ebp
    ${loop(m, `
      mov eax, ebp
      mov byte ptr [${ALIAS + offset + 1}], al
      ${callAt(CODE + offset)}
      movzx eax, al
      ${m.equal('eax', 'ebp', 'patched on the first page')}`)}`;
}

/** The code stays, its address gets another frame. */
function remapped(m: Macros): string {
  const [first, second] = [FRAME, FRAME + 4 * PAGE];
  return `
    ${put('return_number', 'return_number_end')}
    mov esi, offset return_number
    mov edi, ${second}
    mov ecx, 6
    rep movsb
    mov dword ptr [${second + 1}], 0x33333333
    ${loop(m, `
      ${map(0, second | KERNEL)}
      ${callAt(CODE)}
      ${m.equal('eax', 0x3333_3333, 'the second frame')}
      ${map(0, first | KERNEL)}
      ${callAt(CODE)}
      ${m.equal('eax', 0x1111_1111, 'the first frame')}`)}
    ${map(0, first | KERNEL)}`;
}

/** The page walker's accessed and dirty bits, and the kernel's stores, change a page that also has code. */
function tableEntry(m: Macros): string {
  const entry = CODE + 0x800;
  return `
    ${put('return_number', 'return_number_end')}
    mov dword ptr [${FRAME + 0x800}], 0
    ${loop(m, `
      mov dword ptr [${entry}], ebp
      ${callAt(CODE)}
      ${m.equal('eax', 0x1111_1111, 'code beside data')}
      ${m.equal(`dword ptr [${FRAME + 0x800}]`, 'ebp', 'data beside code')}`)}`;
}

/** Ring 3 writes where ring 0 runs. */
function fromRing3(m: Macros): string {
  return `
    ${put('return_number', 'return_number_end')}
    ${map(8, FRAME | EVERYBODY)}
    mov ebp, 12
    ring3_again:
    ${m.userWorks(`mov dword ptr [${ALIAS + 1}], ebp`, 'store')}
    ${callAt(CODE)}
    ${m.equal('eax', 'ebp', 'patched')}
    dec ebp
    jnz ring3_again
    ${map(8, FRAME | KERNEL)}`;
}

/** INT3 into hot code and out again, as text_poke does. */
function breakpoint(m: Macros): string {
  return `
    ${put('return_number', 'return_number_end')}
    ${invlpg(CODE)}
    ${loop(m, `
      ${callAt(CODE)}
      mov byte ptr [${ALIAS}], 0xcc
      ${m.faults({ vector: 3, at: CODE + 1 }, callAt(CODE), 'INT3')}
      mov byte ptr [${ALIAS}], 0xb8
      ${callAt(CODE)}
      ${m.equal('eax', 0x1111_1111, 'the instruction again')}`)}`;
}
