/** What we use of @defasm/core, which ships no types. Intel syntax: `offset x` is x as an immediate, plain `x` its memory. */
declare module '@defasm/core' {
  interface SourceRange {
    readonly start: number;
    readonly length: number;
  }
  interface Value {
    readonly addend: bigint;
    readonly section: { readonly name: string };
  }
  interface Relocation {
    /** Where in the section, in bytes. */
    readonly offset: number;
    /** Value relative to the symbol. */
    readonly addend: bigint;
    /** Section symbol for labels of this text. */
    readonly symbol: { readonly name: string } | undefined;
    /** Width in bits. */
    readonly size: number;
    readonly pcRelative: boolean;
  }
  export class AssemblyState {
    constructor(options: { syntax: { intel: boolean; prefix: boolean }; bitness: 32 | 64 });
    compile(source: string, options?: { haltOnError?: boolean }): void;
    readonly errors: readonly { readonly message: string; readonly range: SourceRange }[];
    readonly head: { dump(): Uint8Array };
    readonly sections: readonly { getRelocations(): Relocation[] }[];
    readonly symbols: ReadonlyMap<string, { readonly value: Value }>;
  }
}
