/** Just enough of an AML reader to check what the DSDT says, written from the specification and not from the assembler. */

export type AmlValue = number | Uint8Array | readonly AmlValue[] | { readonly method: Uint8Array };

/** All named objects of a definition block by full path. @throws Error for anything it does not know */
export function readAml(block: Uint8Array): ReadonlyMap<string, AmlValue> {
  const names = new Map<string, AmlValue>();
  new Reader(block, names).terms(block.length, '\\');
  return names;
}

class Reader {
  #at = 0;
  readonly block: Uint8Array;
  readonly names: Map<string, AmlValue>;

  constructor(block: Uint8Array, names: Map<string, AmlValue>) {
    this.block = block;
    this.names = names;
  }

  terms(end: number, scope: string): void {
    while (this.#at < end) this.#term(scope);
    if (this.#at !== end) throw new Error(`a term crosses the end of its block at ${end}`);
  }

  #term(scope: string): void {
    const op = this.#byte();
    if (op === 0x08) {
      const path = this.#path(scope);
      this.names.set(path, this.#data());
    } else if (op === 0x10) {
      const end = this.#length();
      this.terms(end, this.#path(scope));
    } else if (op === 0x14) {
      const end = this.#length();
      const path = this.#path(scope);
      this.names.set(path, { method: this.block.slice(this.#at, end) });
      this.#at = end;
    } else if (op === 0x5b && this.#byte() === 0x82) {
      const end = this.#length();
      const path = this.#path(scope);
      this.names.set(path, { method: new Uint8Array(0) });
      this.terms(end, path);
    } else {
      throw new Error(`term ${op.toString(16)} at ${this.#at - 1}`);
    }
  }

  #byte(): number {
    if (this.#at >= this.block.length) throw new Error('AML ends early');
    return this.block[this.#at++]!;
  }

  #little(bytes: number): number {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += this.#byte() * 2 ** (8 * i);
    return value;
  }

  /** Position after the package that starts here. */
  #length(): number {
    const start = this.#at;
    const lead = this.#byte();
    const extra = lead >> 6;
    return start + (extra === 0 ? lead : (lead & 0xf) + this.#little(extra) * 16);
  }

  #path(scope: string): string {
    let prefix = scope === '\\' ? '\\' : `${scope}.`;
    if (this.block[this.#at] === 0x5c) {
      this.#at++;
      prefix = '\\';
    }
    const lead = this.block[this.#at]!;
    let count = 1;
    if (lead === 0x2e) count = 2;
    if (lead === 0x2f) count = this.block[this.#at + 1]!;
    this.#at += lead === 0x2e ? 1 : lead === 0x2f ? 2 : 0;
    const segments = Array.from({ length: count }, () => String.fromCharCode(this.#byte(), this.#byte(), this.#byte(), this.#byte()));
    return prefix + segments.join('.');
  }

  #data(): AmlValue {
    const op = this.#byte();
    if (op <= 1) return op;
    if (op === 0x0a) return this.#little(1);
    if (op === 0x0b) return this.#little(2);
    if (op === 0x0c) return this.#little(4);
    if (op === 0x11) {
      const end = this.#length();
      const size = this.#data() as number;
      const bytes = this.block.slice(this.#at, end);
      if (bytes.length !== size) throw new Error('a buffer of another size than it says');
      this.#at = end;
      return bytes;
    }
    if (op === 0x12) {
      const end = this.#length();
      const count = this.#byte();
      const elements = Array.from({ length: count }, () => this.#data());
      if (this.#at !== end) throw new Error('a package of another length than it says');
      return elements;
    }
    throw new Error(`data ${op.toString(16)} at ${this.#at - 1}`);
  }
}
