/** A program's text to bytes in memory, and which line is where. Wrong text is never an exception: what is wrong is in `problems`. */
import { MAX_SOURCE, ORIGINS, type Assembled, type Program } from '../../protocol.ts';
import { LAB_IMAGE_LIMIT } from '../machine/lab-area.ts';
import { assembleAsm } from './asm.ts';
import { assembleHex } from './hex.ts';

/** More than anybody reads. */
const MOST_PROBLEMS = 200;

export function assemble({ bits, syntax, text, origin }: Program): Assembled {
  const refused = (message: string): Assembled => ({ image: new Uint8Array(0), lines: [], problems: [{ line: 1, message }] });
  if (text.length > MAX_SOURCE) return refused(`The source has ${text.length} characters; the Lab takes ${MAX_SOURCE}`);
  const [lowest, highest] = ORIGINS[bits];
  if (!(Number.isInteger(origin) && origin >= lowest && origin <= highest)) {
    return refused(`The origin of ${bits}-bit code is from 0x${lowest.toString(16)} to 0x${highest.toString(16)}`);
  }
  if (syntax === 'asm' && bits === 16) return refused('There is no assembler for 16-bit code here: choose hex');
  const room = LAB_IMAGE_LIMIT[bits] - origin;
  const assembled = syntax === 'hex' || bits === 16 ? assembleHex(text, origin, room) : assembleAsm(text, bits, origin, room);
  return { ...assembled, problems: assembled.problems.slice(0, MOST_PROBLEMS) };
}
