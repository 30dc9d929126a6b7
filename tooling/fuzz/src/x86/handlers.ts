/**
 * Exception handlers of the guest, one variant per code width: each writes a record to the log (registers, vector, error code, return
 * frame, CR2), puts addresses back into the pointer registers, and returns to the instruction after the one that faulted, as the skip
 * table says. Without an entry, or with the log full, it stops. So state at every fault ends up in memory, and programs go on.
 *
 * Machine code by hand, a line per instruction: no assembler covers all three widths.
 */
import { CODE, CODE_BYTES, HANDLERS, LOG_END, LOG_POINTER, POINTERS, Selector, SKIP_TABLE } from './layout.ts';

/** Vectors that push an error code (SDM vol. 3, table 6-1). */
const WITH_ERROR: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17, 21]);
export const VECTORS = 32;
const STUB_BYTES = 16;
const COMMON = HANDLERS + VECTORS * STUB_BYTES;

/** Address of the handler of a vector; those beyond the last have the last one's. */
export const handlerOf = (vector: number): number => HANDLERS + Math.min(vector, VECTORS - 1) * STUB_BYTES;

type Line = readonly number[];
const w = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];
const d = (value: number): number[] => [...w(value), ...w(value >>> 16)];

/** A conditional jump to the stop code at the end, filled in by {@link link}. */
const STOP = -1;

/** Bytes of lines; a jump to STOP becomes a short one. */
function link(lines: readonly Line[]): number[] {
  const bytes = lines.flat();
  const end = bytes.length;
  return [...bytes.map((byte, at) => (byte === STOP ? end - at - 1 : byte)), 0xf4, 0xeb, 0xfd];
}

const JAE_STOP: Line = [0x73, STOP];
const JZ_STOP: Line = [0x74, STOP];

function real16(): number[] {
  // Words from SP up: ES DS DI SI BP SP BX DX CX AX vector error IP CS FLAGS.
  const ip = 24;
  return link([
    [0x60], // pusha
    [0x1e], [0x06], // push ds, es
    [0xfc], // cld
    [0x31, 0xc0], [0x8e, 0xd8], [0x8e, 0xc0], // xor ax, ax; mov ds, ax; mov es, ax
    [0x8b, 0x3e, ...w(LOG_POINTER)], // mov di, [LOG_POINTER]
    [0x89, 0xe6], // mov si, sp
    [0xb9, ...w(15)], // mov cx, 15
    [0xf3, 0x36, 0xa5], // rep movsw es:di, ss:si
    [0x89, 0x3e, ...w(LOG_POINTER)],
    [0x81, 0xff, ...w(LOG_END - 64)], JAE_STOP, // cmp di, LOG_END − 64
    [0x89, 0xe5], // mov bp, sp
    [0x8b, 0x46, ip], // mov ax, [bp+ip]
    [0x2d, ...w(CODE)], // sub ax, CODE
    [0x3d, ...w(CODE_BYTES)], JAE_STOP,
    [0x89, 0xc3], [0x01, 0xc3], // mov bx, ax; add bx, ax
    [0x8b, 0x87, ...w(SKIP_TABLE)], // mov ax, [bx+SKIP_TABLE]
    [0x85, 0xc0], JZ_STOP,
    [0x89, 0x46, ip],
    [0xc7, 0x46, 4, ...w(POINTERS.rdi)], [0xc7, 0x46, 6, ...w(POINTERS.rsi)], // mov word [bp+n], …
    [0xc7, 0x46, 8, ...w(POINTERS.rbp)], [0xc7, 0x46, 12, ...w(POINTERS.rbx)],
    [0x83, 0xc4, 4], // add sp, 4
    [0x61], // popa
    [0x83, 0xc4, 4],
    [0xcf], // iret
  ]);
}

/** @param narrowStack the program's stack pointer is SP */
function protected32(narrowStack: boolean): number[] {
  // Doublewords from ESP up: ES DS EDI ESI EBP ESP EBX EDX ECX EAX vector error EIP CS EFLAGS.
  const eip = 48;
  const store = (offset: number, value: number): Line => [0xc7, 0x44, 0x24, offset, ...d(value)]; // mov dword [esp+offset], value
  return link([
    [0x60], [0x1e], [0x06],
    [0xfc],
    ...(narrowStack ? [[0x0f, 0xb7, 0xe4]] : []), // movzx esp, sp
    [0x66, 0xb8, ...w(Selector.data)], [0x8e, 0xd8], [0x8e, 0xc0],
    [0x8b, 0x3d, ...d(LOG_POINTER)],
    [0x89, 0xe6],
    [0xb9, ...d(15)],
    [0xf3, 0xa5],
    [0x0f, 0x20, 0xd0], [0xab], // mov eax, cr2; stosd
    [0x89, 0x3d, ...d(LOG_POINTER)],
    [0x81, 0xff, ...d(LOG_END - 128)], JAE_STOP,
    [0x8b, 0x44, 0x24, eip],
    [0x2d, ...d(CODE)],
    [0x3d, ...d(CODE_BYTES)], JAE_STOP,
    [0x0f, 0xb7, 0x04, 0x45, ...d(SKIP_TABLE)], // movzx eax, word [eax*2+SKIP_TABLE]
    [0x85, 0xc0], JZ_STOP,
    [0x89, 0x44, 0x24, eip],
    store(8, POINTERS.rdi), store(12, POINTERS.rsi), store(16, POINTERS.rbp), store(24, POINTERS.rbx),
    [0x83, 0xc4, 8],
    [0x61],
    [0x83, 0xc4, 8],
    [0xcf],
  ]);
}

function long64(): number[] {
  // Quadwords from RSP up: R15 … R8 RDI RSI RBP RBX RDX RCX RAX vector error RIP CS RFLAGS RSP SS.
  const low = [0, 1, 2, 3, 5, 6, 7];
  const high = [8, 9, 10, 11, 12, 13, 14, 15];
  const rip = 17 * 8;
  const store = (index: number, value: number): Line => [0x48, 0xc7, 0x44, 0x24, index * 8, ...d(value)];
  return link([
    ...low.map((r) => [0x50 + r]), ...high.map((r) => [0x41, 0x50 + (r & 7)]), // push
    [0xfc],
    [0x48, 0x8b, 0x3c, 0x25, ...d(LOG_POINTER)],
    [0x48, 0x89, 0xe6],
    [0xb9, ...d(22)],
    [0xf3, 0x48, 0xa5],
    [0x0f, 0x20, 0xd0], [0x48, 0xab],
    [0x48, 0x89, 0x3c, 0x25, ...d(LOG_POINTER)],
    [0x81, 0xff, ...d(LOG_END - 256)], JAE_STOP,
    [0x48, 0x8b, 0x84, 0x24, ...d(rip)],
    [0x48, 0x2d, ...d(CODE)],
    [0x48, 0x3d, ...d(CODE_BYTES)], JAE_STOP,
    [0x0f, 0xb7, 0x04, 0x45, ...d(SKIP_TABLE)],
    [0x85, 0xc0], JZ_STOP,
    [0x48, 0x89, 0x84, 0x24, ...d(rip)],
    store(8, POINTERS.rdi), store(9, POINTERS.rsi), store(10, POINTERS.rbp), store(11, POINTERS.rbx),
    ...[...high].reverse().map((r) => [0x41, 0x58 + (r & 7)]), ...[...low].reverse().map((r) => [0x58 + r]), // pop
    [0x48, 0x83, 0xc4, 16],
    [0x48, 0xcf],
  ]);
}

export type HandlerKind = 'real16' | 'protected16' | 'protected32' | 'long64';

/** Stubs and common code, to be put at HANDLERS. */
export function handlerCode(kind: HandlerKind): Uint8Array {
  const common = kind === 'real16' ? real16() : kind === 'long64' ? long64() : protected32(kind === 'protected16');
  const bytes = new Uint8Array(COMMON - HANDLERS + common.length);
  const narrow = kind === 'real16';
  for (let vector = 0; vector < VECTORS; vector++) {
    const at = vector * STUB_BYTES;
    const pushes = WITH_ERROR.has(vector) && !narrow ? [0x6a, vector] : [0x6a, 0, 0x6a, vector];
    const next = HANDLERS + at + pushes.length + (narrow ? 3 : 5);
    bytes.set([...pushes, 0xe9, ...(narrow ? w(COMMON - next) : d(COMMON - next))], at);
  }
  bytes.set(common, COMMON - HANDLERS);
  return bytes;
}
