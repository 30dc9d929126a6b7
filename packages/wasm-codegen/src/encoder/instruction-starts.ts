/** Where the instructions of a finished module begin: what line n of its text is, for who knows where in the code something was written. */
import { ByteReader, readInstruction } from './read-instruction.ts';
import { SectionId } from './sections/section.ts';

/** Bytes of magic and version. */
const HEADER = 8;

/**
 * For each function that the module defines, the byte offset of each instruction from its first one: in the order, and as many, as text in flat form has
 * lines. `else` and `end` are instructions; the last `end`, which text writes as the function's closing parenthesis, is left out, and so are declarations of locals.
 * @throws CodegenError when the bytes are cut off or hold what the encoder never writes
 */
export function instructionStarts(bytes: Uint8Array): Uint32Array[] {
  const r = new ByteReader(bytes, HEADER);
  while (r.at < bytes.length) {
    const id = r.byte();
    const size = r.u32();
    if (id === SectionId.code) return Array.from({ length: r.u32() }, () => body(r));
    r.at += size;
  }
  return [];
}

function body(r: ByteReader): Uint32Array {
  const size = r.u32();
  const end = r.at + size;
  for (let n = r.u32(); n > 0; n--) {
    r.u32();
    r.byte();
  }
  const first = r.at;
  const starts: number[] = [];
  while (r.at < end) {
    starts.push(r.at - first);
    readInstruction(r, String);
  }
  starts.pop();
  return Uint32Array.from(starts);
}
