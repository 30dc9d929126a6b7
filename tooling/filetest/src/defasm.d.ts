/** What filetests use of @defasm/core, which ships no types. */
declare module '@defasm/core' {
  export class AssemblyState {
    constructor(options: { syntax: { intel: boolean; prefix: boolean }; bitness: 32 | 64 });
    compile(source: string, options: { haltOnError: boolean }): void;
    readonly errors: readonly { readonly message: string }[];
    readonly head: { dump(): Uint8Array };
  }
}
