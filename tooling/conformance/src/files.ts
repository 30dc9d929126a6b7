/** The vector files of this repository. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeFile } from './format/file.ts';
import type { VectorFile } from './format/file.ts';

/** Where the recorder puts them. */
export const VECTOR_FOLDER = fileURLToPath(new URL('../vectors', import.meta.url));

const SUFFIX = '.vec';

/** Names of the recorded groups, such as `64-alu`, sorted. */
export function groupNames(folder: string = VECTOR_FOLDER): string[] {
  return readdirSync(folder).filter((f) => f.endsWith(SUFFIX)).map((f) => f.slice(0, -SUFFIX.length)).sort();
}

/** Opens a group. Throws `FormatError` when its file is damaged or of another version. */
export function openGroup(name: string, folder: string = VECTOR_FOLDER): VectorFile {
  return decodeFile(readFileSync(join(folder, name + SUFFIX)));
}
