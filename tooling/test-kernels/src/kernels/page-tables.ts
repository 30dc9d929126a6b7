/** What the kernels about paging share: entries, and tables with 4-byte entries. */
import { Place } from '../assembly/map.ts';

export const Pte = { present: 1, write: 2, user: 4, accessed: 0x20, dirty: 0x40, large: 0x80, global: 0x100 } as const;
/** Present, writable; for everybody. */
export const KERNEL = 3;
export const EVERYBODY = 7;
export const PAGE = 0x1000;
export const LARGE_PAGE = 0x40_0000;
export const CR0_WP = 0x1_0000;
export const CR0_PG = 0x8000_0000;
export const CR4_PSE = 0x10;
export const CR4_PAE = 0x20;
export const CR4_PGE = 0x80;
export const CR4_SMEP = 0x10_0000;
export const CR4_SMAP = 0x20_0000;

/** 2-level tables: a directory, tables for the first 4 MiB and for the window. */
export const DIRECTORY = Place.tables;
export const LOW_TABLE = Place.tables + PAGE;
export const WINDOW_TABLE = Place.tables + 2 * PAGE;
/** 4 MiB of linear addresses for tests; all entries of its table are theirs. */
export const WINDOW = 0x4000_0000;
export const WINDOW_ENTRY = DIRECTORY + 4 * (WINDOW >>> 22);

/** Address of the entry of a page in the window. */
export const windowPte = (page: number): number => WINDOW_TABLE + 4 * page;
export const windowPage = (page: number): number => WINDOW + PAGE * page;

export const setBits = (register: 'cr0' | 'cr4', bits: number): string => `mov eax, ${register}\nor eax, ${bits >>> 0}\nmov ${register}, eax`;
export const clearBits = (register: 'cr0' | 'cr4', bits: number): string => `mov eax, ${register}\nand eax, ${~bits >>> 0}\nmov ${register}, eax`;
export const invlpg = (address: number): string => `mov eax, ${address}\ninvlpg [eax]`;

/** Set the entry of a page of the window, and forget what the TLB has of it. */
export const map = (page: number, entry: number): string => `mov dword ptr [${windowPte(page)}], ${entry}\n${invlpg(windowPage(page))}`;

/** Routine `paging_on`: the first 4 MiB in pages for the kernel, the rest of the memory in large pages, those of user code and of the stack of ring 3 for everybody, an empty window. */
export const PAGING_ON: string = `
  paging_on: mov edi, ${DIRECTORY}
  mov eax, ${KERNEL | Pte.large}
  large_entry: mov [edi], eax
  add edi, 4
  add eax, ${LARGE_PAGE}
  jnc large_entry
  or dword ptr [${DIRECTORY + 4}], 4
  mov dword ptr [${DIRECTORY}], ${LOW_TABLE | KERNEL}
  mov dword ptr [${WINDOW_ENTRY}], ${WINDOW_TABLE | EVERYBODY}
  mov edi, ${LOW_TABLE}
  mov eax, ${KERNEL}
  small_entry: mov [edi], eax
  add edi, 4
  add eax, ${PAGE}
  cmp eax, ${LARGE_PAGE}
  jb small_entry
  mov edi, ${WINDOW_TABLE}
  mov ecx, 1024
  xor eax, eax
  rep stosd
  ${setBits('cr4', CR4_PSE)}
  mov eax, ${DIRECTORY}
  mov cr3, eax
  ${setBits('cr0', CR0_PG)}
  ret`;
