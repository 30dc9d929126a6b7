/** A kernel's image: flat, with a Multiboot 1 header that says where it goes (Multiboot Specification 0.6.96, section 3.1). */
import { assemble } from '@wasm-tcg/bench';
import { interruptLibrary } from './assembly/interrupts.ts';
import type { Bits, TestKernel } from './assembly/kernel.ts';
import { bodyStart, headText } from './assembly/library.ts';
import { Macros } from './assembly/macros.ts';
import { BODY, IMAGE } from './assembly/map.ts';

const MAGIC = 0x1badb002;
/** The header holds addresses. */
const FLAGS = 1 << 16;
const HEADER_BYTES = 32;
const DEFAULT_ROUNDS = 3;

/** General registers named R.. are those of the code's width. */
function ofWidth(text: string, bits: Bits): string {
  return text.replaceAll(/\bR(ax|bx|cx|dx|si|di|sp|bp)\b/g, bits === 32 ? 'e$1' : 'r$1');
}

/**
 * @param rounds times that all tests run, default: what the kernel says
 * @throws AssemblyError: names the line
 */
export function buildImage(kernel: TestKernel, rounds: number = kernel.rounds ?? DEFAULT_ROUNDS): Uint8Array {
  const { bits } = kernel;
  const macros = new Macros(bits);
  const { tests, setup = '', cleanup = '', library = '' } = kernel.build(macros);
  const routines = tests.map(({ name, text }, i) => `test_${i}: ${text}\nret\nname_${i}: db ${JSON.stringify(`${kernel.name}/${name}`)}, 0`);
  const body = assemble(
    ofWidth([
      bodyStart(bits, rounds), interruptLibrary(bits), `setup: ${setup}\nret`, `cleanup: ${cleanup}\nret`, ...routines, library,
      `tests:\n${tests.map((_, i) => `dd test_${i}, name_${i}`).join('\n')}\ndd 0, 0`, macros.strings(),
    ].join('\n'), bits),
    bits, BODY,
  );
  const head = assemble(headText(bits), 32, IMAGE + HEADER_BYTES);
  const image = new Uint8Array(BODY - IMAGE + body.bytes.length);
  image.set(head.bytes, HEADER_BYTES);
  image.set(body.bytes, BODY - IMAGE);
  const header = new Uint32Array([MAGIC, FLAGS, -(MAGIC + FLAGS), IMAGE, IMAGE, IMAGE + image.length, IMAGE + image.length, IMAGE + HEADER_BYTES]);
  image.set(new Uint8Array(header.buffer));
  return image;
}
