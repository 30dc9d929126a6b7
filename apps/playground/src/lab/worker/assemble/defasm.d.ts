/** What the Lab uses of @defasm/core, which ships no types. Intel syntax: `offset x` is x as an immediate, plain `x` its memory. */
declare module '@defasm/core' {
  /** Characters of the source. */
  interface SourceRange {
    readonly start: number;
    readonly length: number;
  }
  interface AssemblyProblem {
    readonly message: string;
    readonly range: SourceRange;
  }
  /** Reference that is resolved when the sections have got their places: field = symbol + addend, less the field's own address if `pcRelative`. */
  interface Relocation {
    /** Where in the section, bytes. */
    readonly offset: number;
    readonly addend: bigint;
    /** The section's own symbol, for a label in it; another name is undefined here. Neither: a plain number. */
    readonly symbol: { readonly name: string } | null | undefined;
    /** Width in bits. */
    readonly size: number;
    readonly pcRelative: boolean;
  }
  export interface Section {
    readonly name: string;
    readonly head: { length(): number };
    getRelocations(): Relocation[];
  }
  export interface Statement {
    readonly address: number;
    /** Bytes that count in `bytes`. */
    readonly length: number;
    readonly bytes: Uint8Array;
    readonly section: Section;
    readonly range: SourceRange;
    readonly syntax: { readonly intel: boolean };
  }
  export class AssemblyState {
    constructor(options: { syntax: { intel: boolean; prefix: boolean }; bitness: 32 | 64; writableText: boolean });
    /** Throws text, `Error on line n: …`, for what it cannot put in `errors`. */
    compile(source: string, options: { haltOnError: boolean }): void;
    secondPass(): void;
    iterate(visit: (statement: Statement, line: number) => void): void;
    readonly errors: readonly AssemblyProblem[];
    readonly sections: readonly Section[];
  }
}
