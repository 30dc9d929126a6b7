/**
 * 10,000 distinct blocks, each run once per iteration: the working set of a real program's warm code. Made from
 * templates whose constants differ from block to block, so that no two TBs are the same.
 */
import { assemble } from '../asm/assemble.ts';
import { CODE, CODE_BYTES, DATA_BYTES } from '../guest/layout.ts';
import { forBits, type Bits, type Kernel } from './kernel.ts';

export const STRAIGHT_BLOCKS = 10_000;
/** A block runs once per iteration: past the threshold of compilation (2,000), and until V8 has optimised most of what was compiled. */
const WARM_ITERATIONS = 4000;

/** Stand for a constant and for a displacement below 16 KiB. */
const IMMEDIATE = 0x1a2b3c4d;
const DISPLACEMENT = 0x5e6f7a7b;
const imm = `0x${IMMEDIATE.toString(16)}`;
const disp = `0x${DISPLACEMENT.toString(16)}`;

/** What compilers emit most: moves, loads, stores, address arithmetic, compares. The jump to the next instruction ends the block. */
const TEMPLATES: readonly string[] = [
  `add eax, ${imm}; rol eax, 3; mov ebx, eax`,
  `mov edx, [Rdi + ${disp}]; add edx, eax; xor ebx, edx`,
  `mov [Rdi + ${disp}], eax; lea eax, [Rax + Rbx*2 + 1]`,
  `cmp eax, ${imm}; setb dl; movzx edx, dl; add ebp, edx`,
  `mov esi, eax; shr esi, 7; and esi, 0xff; add ebp, esi; sub eax, ${imm}`,
  `push Rax; mov eax, ${imm}; xor ebx, eax; pop Rax`,
  `add dword ptr [Rdi + ${disp}], eax; inc eax`,
  `movzx edx, word ptr [Rdi + ${disp}]; imul edx, edx, 77; sub ebp, edx; test ebp, ebp; cmovs ebp, eax`,
];

interface Template {
  readonly bytes: Uint8Array;
  readonly immediate: number;
  readonly displacement: number;
}

function template(text: string, bits: Bits): Template {
  const source = forBits(`${text.replaceAll(';', '\n')}\njmp out\nout: nop`, bits);
  const { bytes, symbols, origin } = assemble(source, bits, 0);
  const view = new DataView(bytes.buffer);
  const find = (value: number): number => {
    for (let at = 0; at + 4 <= bytes.length; at++) if (view.getUint32(at, true) === value) return at;
    return -1;
  };
  return { bytes: bytes.subarray(0, (symbols.get('out') ?? 0) - origin), immediate: find(IMMEDIATE), displacement: find(DISPLACEMENT) };
}

export function straightKernel(bits: Bits): Kernel {
  const templates = TEMPLATES.map((text) => template(text, bits));
  const code = new Uint8Array(CODE_BYTES);
  const view = new DataView(code.buffer);
  const hot: number[] = [];
  let at = 0;
  for (let i = 0; i < STRAIGHT_BLOCKS; i++) {
    hot.push(CODE + at);
    const { bytes, immediate, displacement } = templates[i % templates.length];
    code.set(bytes, at);
    if (immediate >= 0) view.setUint32(at + immediate, Math.imul(i + 1, 0x9e3779b1), true);
    if (displacement >= 0) view.setUint32(at + displacement, ((i * 52) % 0x4000) & ~3, true);
    at += bytes.length;
  }
  // dec ecx; jnz CODE (rel32); ret
  const end = bits === 32 ? [0x49, 0x0f, 0x85] : [0xff, 0xc9, 0x0f, 0x85];
  code.set(end, at);
  at += end.length;
  view.setInt32(at, -(at + 4), true);
  code[at + 4] = 0xc3;
  return { name: '10,000 TBs', bits, code: code.slice(0, at + 5), data: new Uint8Array(DATA_BYTES), hot, warmIterations: WARM_ITERATIONS, expected: undefined };
}
