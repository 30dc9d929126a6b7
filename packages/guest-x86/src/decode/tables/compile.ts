/**
 * Compiles parsed rows into flat dispatch arrays.
 *
 * A cell is one opcode of one map. The rows of a cell differ in some of eight conditions (prefix class, ModRM.reg, mod, rm,
 * W, 64-bit mode, REX.B, L); the cell's leaves are a dense array over exactly those, so that the decoder finds the form by
 * one mixed-radix index and no search. The result is constant data, shared by all decoders.
 */
import { MAP_COUNT, OpcodeMap } from './index.ts';
import { DecoderTableError, ImmKind } from './parse.ts';
import type { Encoding, ParsedRow } from './parse.ts';

/** Conditions a cell's leaves are indexed by, in index order (first is most significant). */
export const Dim = { Prefix: 1, Reg: 2, Mod: 4, Rm: 8, W: 16, Long: 32, B: 64, L: 128 } as const;

/** In `cellInfo`: the opcode has a ModRM byte. The low bits are the `ImmKind` of its undefined encodings. */
export const CELL_MODRM = 0x80;
export const CELL_IMM_MASK = 0x7f;

/** Opcodes of the 0F map without a row that processors give a ModRM byte all the same: VMREAD and relatives, PadLock. */
const RESERVED_WITH_MODRM: readonly number[] = [0x78, 0x79, 0x7a, 0x7b, 0xa6, 0xa7];

/** The dispatch arrays; cells are indexed by `map * 256 + opcode`. */
export interface Dispatch {
  /** `Dim` bits the leaves are indexed by. */
  readonly cellDims: Uint8Array;
  /** Index of the first leaf. */
  readonly cellBase: Uint16Array;
  /** What follows the opcode, also where no row matches: `CELL_MODRM` and an `ImmKind`. */
  readonly cellInfo: Uint8Array;
  /** Form number + 1, or 0 for #UD. */
  readonly leaves: Uint16Array;
}

/** What a leaf stands for. */
interface Point {
  prefix: number;
  reg: number;
  mod: number;
  rm: number;
  w: number;
  long: number;
  b: number;
  l: number;
}

const RADIX: readonly (readonly [bit: number, key: keyof Point, size: number])[] = [
  [Dim.Prefix, 'prefix', 4],
  [Dim.Reg, 'reg', 8],
  [Dim.Mod, 'mod', 2],
  [Dim.Rm, 'rm', 8],
  [Dim.W, 'w', 2],
  [Dim.Long, 'long', 2],
  [Dim.B, 'b', 2],
  [Dim.L, 'l', 2],
];

function dimsOf(e: Encoding): number {
  return (
    (e.prefixes === 15 ? 0 : Dim.Prefix) |
    (e.reg < 0 ? 0 : Dim.Reg) |
    (e.mod < 0 ? 0 : Dim.Mod) |
    (e.rm < 0 ? 0 : Dim.Rm) |
    (e.w < 0 ? 0 : Dim.W) |
    (e.long < 0 ? 0 : Dim.Long) |
    (e.b < 0 ? 0 : Dim.B) |
    (e.l < 0 ? 0 : Dim.L)
  );
}

function matches(e: Encoding, p: Point): boolean {
  return (
    ((e.prefixes >> p.prefix) & 1) === 1 &&
    (e.reg < 0 || e.reg === p.reg) &&
    (e.mod < 0 || e.mod === p.mod) &&
    (e.rm < 0 || e.rm === p.rm) &&
    (e.w < 0 || e.w === p.w) &&
    (e.long < 0 || e.long === p.long) &&
    (e.b < 0 || e.b === p.b) &&
    (e.l < 0 || e.l === p.l)
  );
}

interface CellRow {
  readonly form: number;
  readonly row: ParsedRow;
}

/** The row that takes a point: the only match, or a later one with a strict superset of the earlier one's conditions. */
function winner(rows: readonly CellRow[], point: Point): number {
  let best: CellRow | undefined;
  for (const candidate of rows) {
    if (!matches(candidate.row.encoding, point)) continue;
    if (best !== undefined) {
      const earlier = dimsOf(best.row.encoding);
      const later = dimsOf(candidate.row.encoding);
      if ((earlier & ~later) !== 0 || earlier === later) {
        throw new DecoderTableError(
          `decoder rows of opcode ${candidate.row.encoding.opcode.toString(16)} overlap: ${best.row.name} and ${candidate.row.name}`,
          'Give the later row all conditions of the earlier one and one more, or make them exclude each other.',
        );
      }
    }
    best = candidate;
  }
  return best === undefined ? 0 : best.form + 1;
}

/**
 * What follows an opcode whose encoding is undefined. Processors find the length first and the #UD afterwards, so the bytes
 * matter (measured on an Intel core at a page end): an undefined encoding of an opcode is as long as its defined ones, all of
 * 0F 38 has a ModRM byte, all of 0F 3A an immediate byte too, and other undefined opcodes end at once.
 */
function cellTail(cell: readonly CellRow[], map: number, opcode: number): number {
  const first = cell[0]?.row;
  if (first !== undefined) return (first.usesModrm ? CELL_MODRM : 0) | first.imm;
  if (map === OpcodeMap.ThreeByte38 || map === OpcodeMap.Vex38) return CELL_MODRM;
  if (map === OpcodeMap.ThreeByte3A || map === OpcodeMap.Vex3A) return CELL_MODRM | ImmKind.Ib;
  return map === OpcodeMap.TwoByte && RESERVED_WITH_MODRM.includes(opcode) ? CELL_MODRM : 0;
}

/** Compile all rows; `rows[i]` belongs to `maps[i]` and becomes form `i`. Throws `DecoderTableError` on overlapping rows. */
export function compileDispatch(rows: readonly ParsedRow[], maps: readonly OpcodeMap[]): Dispatch {
  const cells: CellRow[][] = Array.from({ length: MAP_COUNT * 256 }, () => []);
  rows.forEach((row, form) => {
    const { opcode, span } = row.encoding;
    for (let i = 0; i < span; i++) cells[(maps[form] ?? 0) * 256 + opcode + i]?.push({ form, row });
  });
  const cellDims = new Uint8Array(cells.length);
  const cellBase = new Uint16Array(cells.length);
  const cellInfo = new Uint8Array(cells.length);
  const leaves: number[] = [];
  cells.forEach((cell, at) => {
    const dims = cell.reduce((all, { row }) => all | dimsOf(row.encoding), 0);
    cellDims[at] = dims;
    cellBase[at] = leaves.length;
    const used = RADIX.filter(([bit]) => (dims & bit) !== 0);
    const count = used.reduce((product, [, , size]) => product * size, 1);
    for (let leaf = 0; leaf < count; leaf++) {
      const point: Point = { prefix: 0, reg: 0, mod: 0, rm: 0, w: 0, long: 0, b: 0, l: 0 };
      let rest = leaf;
      for (let i = used.length - 1; i >= 0; i--) {
        const dim = used[i];
        if (dim === undefined) continue;
        point[dim[1]] = rest % dim[2];
        rest = Math.floor(rest / dim[2]);
      }
      leaves.push(winner(cell, point));
    }
    cellInfo[at] = cellTail(cell, at >> 8, at & 255);
  });
  return { cellDims, cellBase, cellInfo, leaves: Uint16Array.from(leaves) };
}
