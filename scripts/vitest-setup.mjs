/**
 * Before any test: the generated sources (embedded helpers, offsets, guests) are brought up to date. Helpers that do not compile
 * stop only the tests that load them; `npm test` stops before, in its build.
 */
import { buildGuests } from '../packages/emulator/scripts/build-guests.mjs';
import { buildAssembly } from './build-assembly.mjs';

export async function setup() {
  const builds = [() => buildAssembly('runtime'), () => buildAssembly('guest-x86'), buildGuests];
  for (const build of builds) {
    try {
      await build();
    } catch (error) {
      process.stderr.write(`${error.message}\ntests go on with what was generated before\n`);
    }
  }
}
