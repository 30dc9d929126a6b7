/** Guests of the built site: its guests/index.json, as far as the stories need it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface BuiltGuest {
  readonly name: string;
  /** Paths relative to the site. */
  readonly kernel: string;
  readonly initrd: string;
  readonly append: string;
  /** MiB. */
  readonly memory: number;
  readonly model: string;
}

/** None when the site was built without. */
export async function readGuests(folder: string): Promise<readonly BuiltGuest[]> {
  const text = await readFile(join(folder, 'guests', 'index.json'), 'utf8').catch(() => '[]');
  const listed: unknown = JSON.parse(text);
  return Array.isArray(listed) ? listed.filter(isGuest) : [];
}

function isGuest(entry: unknown): entry is BuiltGuest {
  if (typeof entry !== 'object' || entry === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...entry };
  return ['name', 'kernel', 'initrd', 'append', 'model'].every((name) => typeof fields[name] === 'string') && typeof fields['memory'] === 'number';
}
