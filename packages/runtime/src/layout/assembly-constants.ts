/**
 * AssemblyScript sources of layouts: what helpers written in AssemblyScript include instead of offsets typed by hand.
 * Used by the generators in `scripts/generate-assembly.mjs` of this package and of guests.
 */
import type { EnvLayout, FrameDef } from './env.ts';
import type { FieldType, StructDef } from './struct.ts';

/** `tbPtr` → `TB_PTR`, `wasmTBHeader` → `WASM_TB_HEADER`, `jmpTarget2` → `JMP_TARGET2`. */
export function constantName(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2').toUpperCase();
}

/** AssemblyScript types that constants are given. */
export type AssemblyType = 'usize' | 'u32' | 'i32' | 'u64';

/**
 * One `export const` per number, named `PREFIX_NAME`.
 * @param prefix put before each name with an underscore; '' for none
 */
export function assemblyNumbers(prefix: string, numbers: Readonly<Record<string, number>>, type: AssemblyType = 'u32'): string {
  const lines = Object.entries(numbers).map(
    ([name, value]) => `export const ${prefix === '' ? '' : `${prefix}_`}${constantName(name)}: ${type} = ${value};\n`,
  );
  return lines.join('');
}

/**
 * Offsets of a structure's fields from its start, as `PREFIX_FIELD`, and `PREFIX_SIZEOF`.
 * @param options.prefix default: the structure's name
 * @param options.base added to every offset, e.g. `stateOffset` of an {@link EnvLayout} to get offsets from env
 */
export function assemblyConstants(
  struct: StructDef<Readonly<Record<string, FieldType>>>,
  options: { readonly prefix?: string; readonly base?: number } = {},
): string {
  const { prefix = constantName(struct.name), base = 0 } = options;
  const offsets = Object.fromEntries(Object.entries(struct.offset).map(([field, offset]) => [field, offset + base]));
  return assemblyNumbers(prefix, offsets, 'usize') + assemblyNumbers(prefix, { sizeof: struct.size }, 'usize');
}

/** Offsets of all globals from env, as `PREFIX_GLOBAL`. */
export function assemblyFrame<N extends string>(frame: FrameDef<N>, layout: EnvLayout, prefix = 'FRAME'): string {
  const offsets = Object.fromEntries(Object.entries<number>(frame.offset).map(([name, offset]) => [name, offset + layout.frameOffset]));
  return assemblyNumbers(prefix, offsets, 'usize');
}
