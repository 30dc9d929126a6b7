/** Before any test: the generated sources (embedded helpers, offsets) are brought up to date. */
import { buildAssembly } from './build-assembly.mjs';

export async function setup() {
  for (const name of ['runtime', 'guest-x86']) await buildAssembly(name);
}
