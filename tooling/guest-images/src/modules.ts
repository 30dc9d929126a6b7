/**
 * Which kernel modules a guest loads, in which order. Kernel packages carry no modules.dep (depmod runs at
 * installation), so dependencies are read where depmod reads them: from each module's `.modinfo` section.
 */
import { GuestImageError } from './errors.ts';

/** ELF header and section header fields by class: 1 is 32-bit, 2 is 64-bit (System V ABI, chapter 4). */
const ELF = {
  1: { sectionOffsetAt: 0x20, sectionSizeAt: 0x2e, offset: 0x10, size: 0x14 },
  2: { sectionOffsetAt: 0x28, sectionSizeAt: 0x3a, offset: 0x18, size: 0x20 },
} as const;
const ELF_MAGIC = 0x7f454c46;
const CLASS_AT = 4;

/**
 * The `key=value` strings of a module's `.modinfo` section.
 *
 * @throws GuestImageError `malformed`
 */
export function readModinfo(module: Uint8Array): ReadonlyMap<string, string> {
  try {
    return modinfoStrings(module);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw malformed('a section lies outside the file', error);
  }
}

function modinfoStrings(module: Uint8Array): ReadonlyMap<string, string> {
  const view = new DataView(module.buffer, module.byteOffset, module.byteLength);
  const elfClass = view.getUint32(0) === ELF_MAGIC ? view.getUint8(CLASS_AT) : 0;
  if (elfClass !== 1 && elfClass !== 2) throw malformed('it is no ELF file');
  const layout = ELF[elfClass];
  const word = (at: number): number => (elfClass === 1 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true)));
  const table = word(layout.sectionOffsetAt);
  const entrySize = view.getUint16(layout.sectionSizeAt, true);
  const count = view.getUint16(layout.sectionSizeAt + 2, true);
  const nameSection = view.getUint16(layout.sectionSizeAt + 4, true);
  const section = (index: number): Uint8Array => {
    const at = table + index * entrySize;
    const offset = word(at + layout.offset);
    return module.subarray(offset, offset + word(at + layout.size));
  };
  const names = section(nameSection);
  const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
  for (let index = 0; index < count; index++) {
    const name = view.getUint32(table + index * entrySize, true);
    if (text(names.subarray(name, names.indexOf(0, name))) !== '.modinfo') continue;
    const strings = text(section(index)).split('\0').filter((line) => line.includes('='));
    return new Map(strings.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }
  throw malformed('it has no .modinfo section');
}

/** Module names as the kernel spells them: `virtio-rng` and `virtio_rng` are one. */
export const moduleName = (name: string): string => name.replaceAll('-', '_');

/** What a module's `depends` line names. */
export function dependenciesOf(module: Uint8Array): readonly string[] {
  return (readModinfo(module).get('depends') ?? '').split(',').filter((name) => name !== '').map(moduleName);
}

/**
 * `wanted` and all they depend on, each after what it depends on.
 *
 * @param dependencies names that a module depends on, by its name
 * @throws GuestImageError `missing-file` for a module without a row, `malformed` for a circle
 */
export function loadOrder(wanted: readonly string[], dependencies: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return;
    if (path.includes(name)) throw malformed(`modules depend on each other in a circle: ${[...path, name].join(' → ')}`);
    const needs = dependencies.get(name);
    if (needs === undefined) {
      throw new GuestImageError('missing-file', `the kernel package has no module ${name}`, 'Its layout has changed: the lock file names the release that is known to work.');
    }
    for (const need of needs) visit(need, [...path, name]);
    order.push(name);
  };
  for (const name of wanted) visit(moduleName(name), []);
  return order;
}

function malformed(what: string, cause?: unknown): GuestImageError {
  return new GuestImageError('malformed', `a kernel module cannot be read: ${what}`, 'The kernel package is damaged: remove it and fetch it again.', { cause });
}
