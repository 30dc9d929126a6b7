/**
 * What a device reads its saved state with: every field is checked for type and range, so that a damaged snapshot is a typed error and
 * never a device in an impossible state.
 */
import { MachineError } from '../errors.ts';
import type { SavedValue } from './device.ts';

export class SavedFields {
  readonly #fields: { readonly [key: string]: SavedValue };
  readonly #where: string;

  /**
   * @param where names the device in errors
   * @throws MachineError `bad-snapshot` when `saved` is not an object with fields
   */
  constructor(saved: SavedValue, where: string) {
    this.#where = where;
    if (saved === null || typeof saved !== 'object' || saved instanceof Uint8Array || isList(saved)) throw this.#bad('', 'an object');
    this.#fields = saved;
  }

  /** An integer of min … max, both included. */
  int(name: string, min: number, max: number): number {
    return this.#int(this.#fields[name], name, min, max);
  }

  byte(name: string): number {
    return this.int(name, 0, 0xff);
  }

  bool(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') throw this.#bad(name, 'a boolean');
    return value;
  }

  /** An integer of min … max, or null. */
  intOrNull(name: string, min: number, max: number): number | null {
    return this.#fields[name] === null ? null : this.int(name, min, max);
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = values.find((known) => known === this.#fields[name]);
    if (value === undefined) throw this.#bad(name, `one of ${values.join(', ')}`);
    return value;
  }

  /** Integers of min … max. @param length how many, or at most how many */
  ints(name: string, length: number | { readonly max: number }, min: number, max: number): number[] {
    const value = this.#list(name, length);
    return value.map((item, index) => this.#int(item, `${name}[${index}]`, min, max));
  }

  /** @param length bytes, or at most how many */
  bytes(name: string, length: number | { readonly max: number }): Uint8Array {
    const value = this.#fields[name];
    if (!(value instanceof Uint8Array) || !fits(value.length, length)) throw this.#bad(name, `bytes, ${describe(length)} of them`);
    return value.slice();
  }

  fields(name: string): SavedFields {
    return new SavedFields(this.value(name), `${this.#where}.${name}`);
  }

  list(name: string, length: number | { readonly max: number }): SavedFields[] {
    return this.#list(name, length).map((item, index) => new SavedFields(item, `${this.#where}.${name}[${index}]`));
  }

  /** For another device's `load`. */
  value(name: string): SavedValue {
    const value = this.#fields[name];
    if (value === undefined) throw this.#bad(name, 'there');
    return value;
  }

  /** For what older snapshots do not have. */
  optional(name: string): SavedValue | undefined {
    return this.#fields[name];
  }

  #list(name: string, length: number | { readonly max: number }): readonly SavedValue[] {
    const value = this.#fields[name];
    if (!isList(value) || !fits(value.length, length)) throw this.#bad(name, `a list of ${describe(length)}`);
    return value;
  }

  #int(value: SavedValue | undefined, name: string, min: number, max: number): number {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) throw this.#bad(name, `an integer of ${min} … ${max}`);
    return value;
  }

  #bad(name: string, expected: string): MachineError {
    const field = name === '' ? this.#where : `${this.#where}.${name}`;
    return new MachineError('bad-snapshot', `${field} is not ${expected}`, 'the snapshot is damaged or of another version: make it again');
  }
}

function isList(value: SavedValue | undefined): value is readonly SavedValue[] {
  return Array.isArray(value);
}

function fits(length: number, wanted: number | { readonly max: number }): boolean {
  return typeof wanted === 'number' ? length === wanted : length <= wanted.max;
}

function describe(length: number | { readonly max: number }): string {
  return typeof length === 'number' ? `${length}` : `at most ${length.max}`;
}
