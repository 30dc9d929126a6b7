/**
 * Where everything is in the guest of random x86 programs. All a program and its handlers need lies in the first 64 KiB, so that the
 * same map serves 16-bit code.
 *
 *     0000  IVT (real mode)          0400  cells: log pointer, loop counters      0800  IDT      0a00  GDT
 *     1000  handlers                 2000  skip table: u16 per code byte, address of the next instruction, 0 = stop
 *     4000  code (4800 … 57ff)       6000  data, four pages, the last read-only with paging
 *     a000  stack                    c000  log of exceptions                      f000  not mapped with paging
 *    10000  page tables, two sets    20000  other contents for data and code pages
 */

export const MODES = ['real16', 'protected16', 'protected32', 'long64'] as const;
export type Mode = (typeof MODES)[number];
export const PAGINGS = ['none', '2-level', 'pae', '4-level'] as const;
export type Paging = (typeof PAGINGS)[number];

/** Bytes of RAM whose contents are compared. */
export const IMAGE_BYTES = 0x28000;
export const RAM_BYTES = 0x40000;

export const IVT = 0;
export const LOG_POINTER = 0x400;
/** Loop counters, one byte each. */
export const CELLS = 0x480;
export const IDT = 0x800;
export const GDT = 0xa00;
export const GDT_BYTES = 0x40;
export const HANDLERS = 0x1000;
export const SKIP_TABLE = 0x2000;
export const CODE = 0x4800;
export const CODE_BYTES = 0x1000;
export const DATA = 0x6000;
export const DATA_BYTES = 0x4000;
export const READ_ONLY = 0x9000;
export const STACK_TOP = 0xbe00;
export const LOG = 0xc000;
export const LOG_END = 0xef00;
/** Nothing is mapped here when paging is on. */
export const UNMAPPED = 0xf000;

/** Two sets of page tables of four pages each (root first). */
export const TABLES = 0x10000;
export const TABLES_BYTES = 0x4000;
/** Physical pages that mapping changes put in place of data and code pages: data first, then the two of code. */
export const ALTERNATE = 0x20000;
export const ALTERNATE_CODE = ALTERNATE + DATA_BYTES;

/** With paging: other linear addresses of data, of the code pages (writable), and of the last-level page table in use. */
export const DATA_ALIAS = 0x40000;
export const CODE_ALIAS = 0x44000;
export const TABLE_WINDOW = 0x1f0000;

/** Registers that hold addresses of data at the start and after each exception. */
export const POINTERS = { rbx: DATA + 0x1c0, rbp: DATA + 0xfe0, rsi: DATA + 0x1ff8, rdi: DATA + 0x2800 } as const;

/** Selectors of the descriptor table. */
export const Selector = { code: 0x08, data: 0x10, small: 0x18, handler: 0x20, stack16: 0x28 } as const;

export const bitsOf = (mode: Mode): 16 | 32 | 64 => (mode === 'long64' ? 64 : mode === 'protected32' ? 32 : 16);

/** How paging may be done in a mode. */
export function pagingsOf(mode: Mode): readonly Paging[] {
  if (mode === 'real16') return ['none'];
  return mode === 'long64' ? ['4-level'] : ['none', '2-level', 'pae'];
}
