/** Collects machine code given as bytes, and resolves jumps to labels: what the few BIOS services need of an assembler. */

type Reference = { readonly at: number; readonly label: string; readonly kind: 'rel8' | 'rel16' };

export class CodeBuffer {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #references: Reference[] = [];

  /** Offset of the next byte. */
  get offset(): number {
    return this.#bytes.length;
  }

  /** Where a label stands. Each of them exists: the code that uses them is fixed. */
  at(label: string): number {
    const offset = this.#labels.get(label);
    if (offset === undefined) throw new RangeError(`no label ${label}`);
    return offset;
  }

  label(name: string): this {
    this.#labels.set(name, this.offset);
    return this;
  }

  /** Whole instructions. */
  code(...bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** An opcode and the distance to a label in 8 bits (`Jcc`, `JMP SHORT`). */
  short(opcode: number, label: string): this {
    this.#bytes.push(opcode);
    this.#references.push({ at: this.offset, label, kind: 'rel8' });
    this.#bytes.push(0);
    return this;
  }

  /** An opcode and the distance in 16 bits (`JMP NEAR`; `0F 8x` is two bytes of opcode). */
  near(opcode: readonly number[], label: string): this {
    this.#bytes.push(...opcode);
    this.#references.push({ at: this.offset, label, kind: 'rel16' });
    this.#bytes.push(0, 0);
    return this;
  }

  /** Overwrites what was given before. */
  patch(at: number, bytes: readonly number[]): void {
    bytes.forEach((byte, i) => {
      this.#bytes[at + i] = byte;
    });
  }

  /** @throws RangeError when a short jump is too long */
  finish(): Uint8Array {
    for (const { at, label, kind } of this.#references) {
      const size = kind === 'rel8' ? 1 : 2;
      const distance = this.at(label) - (at + size);
      if (kind === 'rel8' && (distance < -128 || distance > 127)) throw new RangeError(`the short jump to ${label} spans ${distance} bytes`);
      this.#bytes[at] = distance & 0xff;
      if (kind === 'rel16') this.#bytes[at + 1] = (distance >> 8) & 0xff;
    }
    return Uint8Array.from(this.#bytes);
  }
}

/** Little-endian bytes of an immediate. */
export function imm16(value: number): readonly [number, number] {
  return [value & 0xff, (value >> 8) & 0xff];
}

export function imm32(value: number): readonly [number, number, number, number] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}
