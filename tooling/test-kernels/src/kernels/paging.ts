/** Paging with 4- and 8-byte entries in 32-bit code (SDM vol. 3, "Paging"). Every test finds the tables of page-tables.ts, the window empty. */
import type { KernelTest, TestKernel } from '../assembly/kernel.ts';
import type { Macros } from '../assembly/macros.ts';
import { Place } from '../assembly/map.ts';
import * as p from './page-tables.ts';
import { EVERYBODY, invlpg, KERNEL, map, PAGE, PAGING_ON, Pte, setBits, clearBits, windowPage, windowPte } from './page-tables.ts';

const FRAME = Place.free;
const SECOND = Place.free + PAGE;
const FIRST = windowPage(0);
const NX_HIGH = 0x8000_0000;
const EFER = 0xc000_0080;
const NXE = 0x800;
/** Tables with 8-byte entries: pointers, directory of the first GiB, directory and table of the window. */
const POINTERS = Place.tables + 0x1_0000;
const PAE_LOW = POINTERS + PAGE;
const PAE_WINDOW = POINTERS + 2 * PAGE;
const PAE_TABLE = POINTERS + 3 * PAGE;
const PAE_HIGH = POINTERS + 4 * PAGE;

export const paging: TestKernel = {
  name: 'paging',
  about: 'page faults with their codes, accessed and dirty bits, WP, large and global pages, INVLPG, PAE with NX, SMEP, SMAP',
  bits: 32,
  build: (m) => ({
    setup: 'call paging_on',
    cleanup: `
      call flat
      ${clearBits('cr0', p.CR0_PG | p.CR0_WP)}
      ${clearBits('cr4', p.CR4_PAE | p.CR4_PGE | p.CR4_SMEP | p.CR4_SMAP)}
      call paging_on`,
    tests: tests(m),
    library: `
      ${PAGING_ON}
      forty_two: mov eax, 42
      ret
      pae_on: ${clearBits('cr0', p.CR0_PG)}
      mov edi, ${POINTERS}
      mov ecx, ${(5 * PAGE) / 4}
      xor eax, eax
      rep stosd
      mov dword ptr [${POINTERS}], ${PAE_LOW | 1}
      mov dword ptr [${POINTERS + 8}], ${PAE_WINDOW | 1}
      mov dword ptr [${POINTERS + 24}], ${PAE_HIGH | 1}
      mov dword ptr [${PAE_WINDOW}], ${PAE_TABLE | EVERYBODY}
      mov edi, ${PAE_LOW}
      mov eax, ${KERNEL | Pte.large}
      pae_entry: mov [edi], eax
      add edi, 8
      add eax, 0x200000
      cmp eax, 0x2000000
      jb pae_entry
      or dword ptr [${PAE_LOW + 16}], 4
      ${setBits('cr4', p.CR4_PAE)}
      mov eax, ${POINTERS}
      mov cr3, eax
      mov ecx, ${EFER}
      rdmsr
      or eax, ${NXE}
      wrmsr
      ${setBits('cr0', p.CR0_PG)}
      ret`,
  }),
};

function tests(m: Macros): readonly KernelTest[] {
  return [
    { name: 'translation', text: translation(m) },
    { name: 'error-codes', text: errorCodes(m) },
    { name: 'accessed-dirty', text: accessedDirty(m) },
    { name: 'write-protect', text: writeProtect(m) },
    { name: 'invlpg', text: invalidation(m) },
    { name: 'global', text: global(m) },
    { name: 'large', text: large(m) },
    { name: 'large-reserved', text: largeReserved(m) },
    { name: 'page-crossing', text: crossing(m) },
    { name: 'fetch', text: fetch(m) },
    { name: 'off-and-on', text: offAndOn(m) },
    { name: 'smep', text: smep(m) },
    { name: 'smap', text: smap(m) },
    { name: 'pae', text: pae(m) },
    { name: 'pae-nx', text: paeNx(m) },
    { name: 'nx-reserved', text: nxReserved(m) },
    { name: 'pae-reserved', text: paeReserved(m) },
    { name: 'pae-pointers', text: paePointers(m) },
    { name: 'pae-pointer-reserved', text: pointerReserved(m) },
  ];
}

const load = (address: number): string => `mov ebx, dword ptr [${address}]`;
const store = (address: number): string => `mov dword ptr [${address}], ebx`;

function translation(m: Macros): string {
  return `
    mov dword ptr [${FRAME + 0x10}], 0x11111111
    mov dword ptr [${SECOND + 0x10}], 0x22222222
    ${map(0, FRAME | KERNEL)}
    ${map(5, SECOND | KERNEL)}
    ${map(1023, FRAME | KERNEL)}
    ${m.equal(`dword ptr [${FIRST + 0x10}]`, 0x1111_1111, 'page 0')}
    ${m.equal(`dword ptr [${windowPage(5) + 0x10}]`, 0x2222_2222, 'page 5')}
    mov dword ptr [${windowPage(1023) + 0x10}], 0x33333333
    ${m.equal(`dword ptr [${FRAME + 0x10}]`, 0x3333_3333, 'store through page 1023')}
    ${m.equal(`dword ptr [${FIRST + 0x10}]`, 0x3333_3333, 'seen through page 0')}`;
}

function errorCodes(m: Macros): string {
  const rows: readonly (readonly [why: string, entry: number, text: string, code: number | undefined, user: boolean])[] = [
    ['read of what is not present', 0, load(FIRST), 0, false],
    ['write of what is not present', 0, store(FIRST), 2, false],
    ['user read of what is not present', 0, load(FIRST), 4, true],
    ['user write of what is not present', 0, store(FIRST), 6, true],
    ['user read of a page of the kernel', FRAME | KERNEL, load(FIRST), 5, true],
    ['user write of a page of the kernel', FRAME | KERNEL, store(FIRST), 7, true],
    ['user write of a read-only page', FRAME | 5, store(FIRST), 7, true],
    ['user read of a read-only page', FRAME | 5, load(FIRST), undefined, true],
    ['user write', FRAME | EVERYBODY, store(FIRST), undefined, true],
    ['write of a read-only page', FRAME | 1, store(FIRST), undefined, false],
  ];
  return rows.map(([why, entry, text, code, user]) => {
    const spec = code === undefined ? undefined : { vector: 14, code, cr2: FIRST };
    const run = spec === undefined ? (user ? m.userWorks(text, why) : m.works(text, why)) : user ? m.userFaults(spec, text, why) : m.faults(spec, text, why);
    return `${map(0, entry)}\n${run}`;
  }).join('\n') + `
    ${map(0, FRAME | EVERYBODY)}
    and dword ptr [${p.WINDOW_ENTRY}], ${~Pte.user >>> 0}
    ${invlpg(FIRST)}
    ${m.userFaults({ vector: 14, code: 5, cr2: FIRST }, load(FIRST), 'user read through a directory entry of the kernel')}
    mov dword ptr [${p.WINDOW_ENTRY}], 0
    ${invlpg(FIRST)}
    ${m.faults({ vector: 14, code: 0, cr2: FIRST + 0xffc }, load(FIRST + 0xffc), 'no directory entry')}`;
}

function accessedDirty(m: Macros): string {
  const state = `dword ptr [${windowPte(0)}]`;
  const both = Pte.accessed | Pte.dirty;
  return `
    and dword ptr [${p.WINDOW_ENTRY}], ${~Pte.accessed >>> 0}
    ${map(0, FRAME | KERNEL)}
    ${load(FIRST)}
    ${m.bitsEqual(state, both, Pte.accessed, 'after a read')}
    ${m.bitsEqual(`dword ptr [${p.WINDOW_ENTRY}]`, both, Pte.accessed, 'directory after a read')}
    ${store(FIRST)}
    ${m.bitsEqual(state, both, both, 'after a write')}
    ${m.bitsEqual(`dword ptr [${p.WINDOW_ENTRY}]`, Pte.dirty, 0, 'directory after a write')}
    ${map(0, FRAME | KERNEL)}
    lock add dword ptr [${FIRST}], 1
    ${m.bitsEqual(state, both, both, 'after a locked change')}
    ${map(0, FRAME | KERNEL)}
    mov eax, 1
    mov ebx, 2
    db 0x0f, 0xb1, 0x1d ; CMPXCHG [FIRST], EBX
    dd ${FIRST}
    ${m.bitsEqual(state, both, both, 'after a comparison that fails to write')}
    ${map(0, FRAME | 5)}
    ${m.userFaults({ vector: 14, code: 7, cr2: FIRST }, store(FIRST), 'a write that is not allowed')}
    ${m.bitsEqual(state, Pte.dirty, 0, 'after a write that is not allowed')}`;
}

function writeProtect(m: Macros): string {
  return `
    ${map(0, FRAME | 1)}
    ${m.works(store(FIRST), 'write without WP')}
    ${setBits('cr0', p.CR0_WP)}
    ${m.faults({ vector: 14, code: 3, cr2: FIRST }, store(FIRST), 'write with WP')}
    ${m.works(load(FIRST), 'read with WP')}
    ${map(0, FRAME | 5)}
    ${m.faults({ vector: 14, code: 3, cr2: FIRST }, store(FIRST), 'write to a page of the user with WP')}
    ${clearBits('cr0', p.CR0_WP)}
    ${m.works(store(FIRST), 'write when WP is off again')}`;
}

function invalidation(m: Macros): string {
  return `
    mov dword ptr [${FRAME}], 0x11111111
    mov dword ptr [${SECOND}], 0x22222222
    mov ebp, 20
    flip: ${map(0, FRAME | KERNEL)}
    ${m.equal(`dword ptr [${FIRST}]`, 0x1111_1111, 'the first frame')}
    ${map(0, SECOND | KERNEL)}
    ${m.equal(`dword ptr [${FIRST}]`, 0x2222_2222, 'the second frame')}
    mov dword ptr [${windowPte(0)}], ${FRAME | KERNEL}
    mov eax, cr3
    mov cr3, eax
    ${m.equal(`dword ptr [${FIRST}]`, 0x1111_1111, 'after a load of CR3')}
    dec ebp
    jnz flip
    mov dword ptr [${windowPte(0)}], 0
    mov eax, ${FIRST + 0x123}
    invlpg [eax]
    ${m.faults({ vector: 14, code: 0, cr2: FIRST }, load(FIRST), 'after INVLPG of another byte of the page')}`;
}

/** What a processor keeps of global pages is its own affair, but PGE off and INVLPG drop them. */
function global(m: Macros): string {
  const [first, second] = [FRAME | KERNEL | Pte.global, SECOND | KERNEL | Pte.global];
  return `
    mov dword ptr [${FRAME}], 0x11111111
    mov dword ptr [${SECOND}], 0x22222222
    ${setBits('cr4', p.CR4_PGE)}
    ${map(0, first)}
    ${load(FIRST)}
    ${map(0, second)}
    ${m.equal(`dword ptr [${FIRST}]`, 0x2222_2222, 'after INVLPG')}
    mov dword ptr [${windowPte(0)}], ${first}
    ${clearBits('cr4', p.CR4_PGE)}
    ${m.equal(`dword ptr [${FIRST}]`, 0x1111_1111, 'after PGE went off')}
    ${setBits('cr4', p.CR4_PGE)}
    ${load(FIRST)}
    mov dword ptr [${windowPte(0)}], ${second}
    ${clearBits('cr0', p.CR0_PG)}
    ${setBits('cr0', p.CR0_PG)}
    ${m.equal(`dword ptr [${FIRST}]`, 0x2222_2222, 'after PG went off')}`;
}

function large(m: Macros): string {
  return `
    mov dword ptr [${0xc0_0000 + 0x12_3450}], 0x12345678
    mov dword ptr [${p.WINDOW_ENTRY}], ${0xc0_0000 | KERNEL | Pte.large}
    ${invlpg(p.WINDOW)}
    ${m.equal(`dword ptr [${p.WINDOW + 0x12_3450}]`, 0x1234_5678, 'read')}
    ${m.bitsEqual(`dword ptr [${p.WINDOW_ENTRY}]`, 0x60, 0x20, 'accessed')}
    mov dword ptr [${p.WINDOW + 0x3f_fffc}], ebx
    ${m.bitsEqual(`dword ptr [${p.WINDOW_ENTRY}]`, 0x60, 0x60, 'dirty')}
    ${m.userFaults({ vector: 14, code: 5, cr2: p.WINDOW + 0x10_0000 }, load(p.WINDOW + 0x10_0000), 'user read')}
    mov dword ptr [${p.WINDOW_ENTRY}], ${p.WINDOW_TABLE | KERNEL}
    ${map(0, FRAME | KERNEL)}
    mov dword ptr [${FRAME}], 0x77777777
    ${m.equal(`dword ptr [${FIRST}]`, 0x7777_7777, 'small pages instead')}`;
}

/** Bit 21 of an entry for 4 MiB has to be 0 (SDM vol. 3, table 4-4). */
function largeReserved(m: Macros): string {
  return `
    mov dword ptr [${p.WINDOW_ENTRY}], ${0xe0_0000 | KERNEL | Pte.large}
    ${invlpg(p.WINDOW)}
    ${m.faults({ vector: 14, code: 9, cr2: p.WINDOW }, load(p.WINDOW), 'read')}
    ${m.faults({ vector: 14, code: 11, cr2: p.WINDOW + 4 }, store(p.WINDOW + 4), 'write')}`;
}

function crossing(m: Macros): string {
  const last = FIRST + PAGE - 2;
  return `
    ${map(0, FRAME | KERNEL)}
    ${map(1, 0)}
    mov dword ptr [${FRAME + PAGE - 4}], 0x11111111
    mov ebx, 0x22222222
    ${m.faults({ vector: 14, code: 2, cr2: FIRST + PAGE }, store(last), 'store')}
    ${m.equal(`dword ptr [${FRAME + PAGE - 4}]`, 0x1111_1111, 'nothing of it is written')}
    ${m.faults({ vector: 14, code: 0, cr2: FIRST + PAGE }, load(last), 'load')}
    ${map(1, SECOND | KERNEL)}
    mov ebx, 0x44443333
    ${m.works(store(last), 'store to both')}
    ${m.bitsEqual(`dword ptr [${SECOND}]`, 0xffff, 0x4444, 'second page')}
    mov edx, esp
    mov esp, ${FIRST + PAGE + 2}
    push 0x66665555
    mov esp, edx
    ${m.bitsEqual(`dword ptr [${SECOND}]`, 0xffff, 0x6666, 'PUSH')}
    ${map(0, 0)}
    ${m.faults({ vector: 14, code: 2, cr2: last }, store(last), 'the first page is missing')}`;
}

/** Without NX and SMEP, bit 4 of the code stays 0. */
function fetch(m: Macros): string {
  return `
    ${map(0, FRAME | KERNEL)}
    ${map(1, 0)}
    mov byte ptr [${FRAME + PAGE - 1}], 0xb8
    ${m.faults({ vector: 14, code: 0, cr2: FIRST + PAGE, at: FIRST + PAGE - 1 }, `mov eax, ${FIRST + PAGE - 1}\njmp eax`, 'an instruction that goes on to a missing page')}
    ${m.faults({ vector: 14, code: 0, cr2: FIRST + PAGE, at: FIRST + PAGE }, `mov eax, ${FIRST + PAGE}\njmp eax`, 'a missing page')}
    ${map(1, SECOND | KERNEL)}
    mov dword ptr [${SECOND}], 7
    mov byte ptr [${SECOND + 4}], 0xc3
    mov edx, ${FIRST + PAGE - 1}
    call edx
    ${m.equal('eax', 7, 'an instruction on two pages')}`;
}

function offAndOn(m: Macros): string {
  return `
    ${map(0, FRAME | KERNEL)}
    mov dword ptr [${FRAME}], 0x55555555
    ${load(FIRST)}
    ${clearBits('cr0', p.CR0_PG)}
    ${m.equal(`dword ptr [${FRAME}]`, 0x5555_5555, 'off')}
    ${setBits('cr0', p.CR0_PG)}
    ${m.equal(`dword ptr [${FIRST}]`, 0x5555_5555, 'on')}
    mov eax, 0x12345678
    mov cr2, eax
    mov eax, cr2
    ${m.equal('eax', 0x1234_5678, 'CR2 can be written')}`;
}

const copyRoutine = `mov esi, offset forty_two\nmov edi, ${FRAME}\nmov ecx, 6\nrep movsb`;

function smep(m: Macros): string {
  return `
    ${m.needs(7, 'ebx', 7, 'SMEP')}
    ${copyRoutine}
    ${map(0, FRAME | EVERYBODY)}
    mov edx, ${FIRST}
    call edx
    ${m.equal('eax', 42, 'code of the user without SMEP')}
    ${setBits('cr4', p.CR4_SMEP)}
    ${m.faults({ vector: 14, code: 0x11, cr2: FIRST, at: FIRST }, `mov edx, ${FIRST}\ncall edx`, 'code of the user')}
    ${m.works(load(FIRST), 'data of the user')}
    ${m.userWorks(`mov eax, ${FIRST}\ncall eax`, 'ring 3')}
    ${map(0, FRAME | KERNEL)}
    mov edx, ${FIRST}
    call edx
    ${m.equal('eax', 42, 'code of the kernel')}`;
}

function smap(m: Macros): string {
  const ac = (on: boolean): string => `push ${on ? 0x40002 : 2}\npopf`;
  return `
    ${m.needs(7, 'ebx', 20, 'SMAP')}
    ${map(0, FRAME | EVERYBODY)}
    ${setBits('cr4', p.CR4_SMAP)}
    ${m.faults({ vector: 14, code: 1, cr2: FIRST }, load(FIRST), 'read')}
    ${m.faults({ vector: 14, code: 3, cr2: FIRST }, store(FIRST), 'write')}
    stac
    ${m.works(`${load(FIRST)}\n${store(FIRST)}`, 'between STAC and CLAC')}
    clac
    ${m.faults({ vector: 14, code: 1, cr2: FIRST }, load(FIRST), 'after CLAC')}
    ${ac(true)}
    ${m.works(load(FIRST), 'with AC by POPF')}
    ${ac(false)}
    ${map(0, FRAME | KERNEL)}
    ${m.works(store(FIRST), 'a page of the kernel')}
    ${map(0, FRAME | EVERYBODY)}
    stac ; user code is copied
    ${m.userWorks(load(FIRST), 'ring 3')}`;
}

function pae(m: Macros): string {
  return `
    call pae_on
    mov dword ptr [${FRAME + 8}], 0x12121212
    mov dword ptr [${PAE_TABLE}], ${FRAME | KERNEL}
    ${invlpg(FIRST)}
    ${m.equal(`dword ptr [${FIRST + 8}]`, 0x1212_1212, 'small page')}
    ${m.bitsEqual(`dword ptr [${PAE_TABLE}]`, 0x60, 0x20, 'accessed')}
    mov dword ptr [${FIRST + 8}], ebx
    ${m.bitsEqual(`dword ptr [${PAE_TABLE}]`, 0x60, 0x60, 'dirty')}
    mov dword ptr [${PAE_WINDOW + 8}], ${0xe0_0000 | KERNEL | Pte.large}
    mov dword ptr [${0xe0_0000 + 0x1f_fff0}], 0x34343434
    ${invlpg(FIRST + 0x20_0000)}
    ${m.equal(`dword ptr [${FIRST + 0x20_0000 + 0x1f_fff0}]`, 0x3434_3434, 'page of 2 MiB')}
    ${m.faults({ vector: 14, code: 0, cr2: 0x8000_0000 }, load(0x8000_0000), 'pointer not present')}
    ${m.userFaults({ vector: 14, code: 7, cr2: FIRST }, store(FIRST), 'user write to a page of the kernel')}
    mov dword ptr [${PAE_TABLE}], ${FRAME | 5}
    ${invlpg(FIRST)}
    ${m.userFaults({ vector: 14, code: 7, cr2: FIRST }, store(FIRST), 'user write to a read-only page')}`;
}

function paeNx(m: Macros): string {
  const jump = `mov edx, ${FIRST}\ncall edx`;
  return `
    ${m.needs(0x8000_0001, 'edx', 20, 'NX')}
    call pae_on
    ${copyRoutine}
    mov dword ptr [${PAE_TABLE}], ${FRAME | EVERYBODY}
    mov dword ptr [${PAE_TABLE + 4}], 0
    ${invlpg(FIRST)}
    ${jump}
    ${m.equal('eax', 42, 'without NX')}
    mov dword ptr [${PAE_TABLE + 4}], ${NX_HIGH}
    ${invlpg(FIRST)}
    ${m.faults({ vector: 14, code: 0x11, cr2: FIRST, at: FIRST }, jump, 'fetch')}
    ${m.works(`${load(FIRST)}\n${store(FIRST)}`, 'read and write')}
    ${m.user(`mov eax, ${FIRST}\njmp eax`)}
    ${m.happened({ vector: 14, code: 0x15, cr2: FIRST }, 'fetch in ring 3')}
    mov dword ptr [${PAE_TABLE}], 0
    ${invlpg(FIRST)}
    ${m.faults({ vector: 14, code: 0x10, cr2: FIRST, at: FIRST }, jump, 'fetch from a missing page')}
    mov dword ptr [${PAE_TABLE}], ${FRAME | EVERYBODY}
    mov dword ptr [${PAE_TABLE + 4}], 0
    mov dword ptr [${PAE_WINDOW + 4}], ${NX_HIGH}
    ${invlpg(FIRST)}
    ${m.faults({ vector: 14, code: 0x11, cr2: FIRST, at: FIRST }, jump, 'NX in the directory')}`;
}

function nxReserved(m: Macros): string {
  return `
    call pae_on
    mov dword ptr [${PAE_TABLE}], ${FRAME | EVERYBODY}
    mov dword ptr [${PAE_TABLE + 4}], ${NX_HIGH}
    mov ecx, ${EFER}
    rdmsr
    and eax, ${~NXE >>> 0}
    wrmsr
    ${invlpg(FIRST)}
    ${m.faults({ vector: 14, code: 9, cr2: FIRST }, load(FIRST), 'read')}`;
}

function paeReserved(m: Macros): string {
  return `
    call pae_on
    mov dword ptr [${PAE_TABLE}], ${FRAME | KERNEL}
    mov dword ptr [${PAE_TABLE + 4}], 0x00100000
    ${invlpg(FIRST)}
    ${m.faults({ vector: 14, code: 9, cr2: FIRST }, load(FIRST), 'bit 52 of a table entry')}
    mov dword ptr [${PAE_TABLE + 4}], 0
    mov dword ptr [${PAE_WINDOW + 8}], ${0xe0_0000 | 0x2000 | KERNEL | Pte.large}
    ${invlpg(FIRST + 0x20_0000)}
    ${m.faults({ vector: 14, code: 11, cr2: FIRST + 0x20_0000 }, store(FIRST + 0x20_0000), 'bit 13 of a page of 2 MiB')}`;
}

/** The four pointers are loaded with CR3 and checked there (pointerReserved); changes in memory count from the next load on. */
function paePointers(m: Macros): string {
  return `
    call pae_on
    mov dword ptr [${PAE_TABLE}], ${FRAME | KERNEL}
    ${invlpg(FIRST)}
    ${load(FIRST)}
    mov ebx, cr3
    mov dword ptr [${POINTERS + 8}], 0
    ${m.works('mov cr3, ebx', 'good pointers')}
    ${m.faults({ vector: 14, code: 0, cr2: FIRST }, load(FIRST), 'after the load')}`;
}

function pointerReserved(m: Macros): string {
  return `
    call pae_on
    mov dword ptr [${POINTERS + 16}], ${PAE_HIGH | 1 | 2}
    mov ebx, cr3
    ${m.faults({ vector: 13 }, 'mov cr3, ebx', 'load of CR3')}`;
}
