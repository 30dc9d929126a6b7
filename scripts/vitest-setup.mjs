/**
 * Before any test: the generated sources (embedded helpers, offsets) are brought up to date. Helpers that do not compile
 * stop only the tests that load them; `npm test` stops before, in its build.
 */
import { buildAssembly } from './build-assembly.mjs';

export async function setup() {
  for (const name of ['runtime', 'guest-x86']) {
    try {
      await buildAssembly(name);
    } catch (error) {
      process.stderr.write(`${error.message}\ntests go on with what was generated before\n`);
    }
  }
}
