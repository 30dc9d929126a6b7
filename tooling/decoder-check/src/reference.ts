/**
 * iced-x86 as the reference: decodes a batch of strings and gives each the signature described in ours.ts.
 */
import { CpuidFeature, Code, Decoder, DecoderOptions, Instruction, MemorySizeExt, Mnemonic, OpKind, Register } from 'iced-x86';
import { BEYOND_OUR_ISA, COMPARED_ANYWAY } from './filter.ts';

const enumNames = (table: object): string[] => {
  const names: string[] = [];
  for (const [name, value] of Object.entries(table)) if (typeof value === 'number') names[value] = name.toLowerCase();
  return names;
};
const REGISTERS = enumNames(Register);
const MNEMONICS = enumNames(Mnemonic);
const FEATURES = enumNames(CpuidFeature).map((name) => name.toLowerCase());
const BEYOND = new Set([...BEYOND_OUR_ISA].map((name) => name.toLowerCase()));
const CODES: string[] = [];
for (const [name, value] of Object.entries(Code)) if (typeof value === 'number') CODES[value] = name;

/** What does not depend on operands, cached per iced `Code`. */
export interface CodeInfo {
  readonly name: string;
  /** Needs a feature that is not ours. */
  readonly beyond: boolean;
  /** Operand size in bytes that the code fixes, or 0. */
  readonly opSize: number;
  /** Address size in bytes that the code fixes, or 0. */
  readonly addrSize: number;
}

/** iced names some encodings of one operation apart. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['sal', 'shl'], ['reservednop', 'nop'], ['pcmpestri64', 'pcmpestri'], ['pcmpestrm64', 'pcmpestrm'],
]);

const IMMEDIATE_BITS: ReadonlyMap<number, number> = new Map([
  [OpKind.Immediate8, 8], [OpKind.Immediate8_2nd, 8], [OpKind.Immediate16, 16], [OpKind.Immediate32, 32], [OpKind.Immediate64, 64],
  [OpKind.Immediate8to16, 16], [OpKind.Immediate8to32, 32], [OpKind.Immediate8to64, 64], [OpKind.Immediate32to64, 64],
]);
const SOURCES: ReadonlyMap<number, number> = new Map([[OpKind.MemorySegSI, 2], [OpKind.MemorySegESI, 4], [OpKind.MemorySegRSI, 8]]);
const DESTINATIONS: ReadonlyMap<number, number> = new Map([[OpKind.MemoryESDI, 2], [OpKind.MemoryESEDI, 4], [OpKind.MemoryESRDI, 8]]);
const IMPLICIT: ReadonlySet<number> = new Set([OpKind.MemorySegDI, OpKind.MemorySegEDI, OpKind.MemorySegRDI]);

/** A batch decoder over iced-x86. `free` must be called: the instances live in its Wasm heap. */
export class Reference {
  readonly instruction = new Instruction();
  readonly #decoder: Decoder;
  readonly #codes: (CodeInfo | undefined)[] = [];

  constructor(bits: number, bytes: Uint8Array, amd: boolean) {
    this.#decoder = new Decoder(bits, bytes, amd ? DecoderOptions.AMD : DecoderOptions.None);
  }

  free(): void {
    this.#decoder.free();
    this.instruction.free();
  }

  /** Decode the string at `position` as if at address 0. False when it is not a valid instruction. */
  decode(position: number): boolean {
    this.#decoder.position = position;
    this.#decoder.ip = 0n;
    this.#decoder.decodeOut(this.instruction);
    return !this.instruction.isInvalid;
  }

  /** Facts about the code of the last valid instruction. */
  info(): CodeInfo {
    const { code } = this.instruction;
    const known = this.#codes[code];
    if (known !== undefined) return known;
    const name = CODES[code];
    const features = [...this.instruction.cpuidFeatures()].map((feature) => FEATURES[feature]);
    const opCode = this.instruction.opCode;
    const info: CodeInfo = {
      name,
      beyond: features.some((feature) => BEYOND.has(feature)) && !COMPARED_ANYWAY.has(name),
      opSize: opCode.operandSize >> 3,
      addrSize: opCode.addressSize >> 3,
    };
    opCode.free();
    this.#codes[code] = info;
    return info;
  }

  /** Signature of the last valid instruction. */
  signature(): string {
    const insn = this.instruction;
    const info = this.info();
    const name = MNEMONICS[insn.mnemonic];
    let text = SYNONYMS.get(name) ?? name;
    if (insn.hasLockPrefix) text += ' lock';
    if (insn.isStringInstruction) text += insn.hasRepPrefix ? ' rep' : insn.hasRepnePrefix ? ' repne' : '';
    if (info.opSize !== 0) text += ` o${info.opSize}`;
    if (info.addrSize !== 0) text += ` a${info.addrSize}`;
    const count = insn.opCount;
    for (let i = 0; i < count; i++) text += this.#operand(i);
    return `${text} #${insn.length}`;
  }

  #operand(i: number): string {
    const insn = this.instruction;
    const kind = insn.opKind(i);
    if (kind === OpKind.Register) return ` ${REGISTERS[insn.opRegister(i)]}`;
    const immediate = IMMEDIATE_BITS.get(kind);
    if (immediate !== undefined) return ` i${immediate}:${BigInt.asUintN(immediate, insn.immediate(i)).toString(16)}`;
    if (IMPLICIT.has(kind)) return '';
    const size = `m${MemorySizeExt.size(insn.memorySize)}`;
    const segment = REGISTERS[insn.memorySegment];
    const source = SOURCES.get(kind);
    if (source !== undefined) return ` src${source}:${segment}:${size}`;
    const destination = DESTINATIONS.get(kind);
    if (destination !== undefined) return ` dst${destination}:${size}`;
    switch (kind) {
      case OpKind.NearBranch16: return ` b16:${insn.nearBranch16.toString(16)}`;
      case OpKind.NearBranch32: return ` b32:${(insn.nearBranch32 >>> 0).toString(16)}`;
      case OpKind.NearBranch64: return ` b64:${BigInt.asUintN(64, insn.nearBranch64).toString(16)}`;
      case OpKind.FarBranch16: return ` far16:${insn.farBranchSelector.toString(16)}:${insn.farBranch16.toString(16)}`;
      case OpKind.FarBranch32: return ` far32:${insn.farBranchSelector.toString(16)}:${(insn.farBranch32 >>> 0).toString(16)}`;
      default: return ` ${size}${this.#memory(segment)}`;
    }
  }

  #memory(segment: string): string {
    const insn = this.instruction;
    const base = insn.memoryBase === Register.None ? '' : REGISTERS[insn.memoryBase];
    const index = insn.memoryIndex === Register.None ? '' : REGISTERS[insn.memoryIndex];
    // Without an index SIB.scale means nothing; iced shows it all the same.
    const scale = index === '' ? 1 : insn.memoryIndexScale;
    const disp = insn.memoryDisplacementU64;
    return `[${segment}:${base}+${index}*${scale}+${disp.toString(16)}]`;
  }
}
