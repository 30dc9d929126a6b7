/** `npm run release-checks`: everything a package must pass before it is published. Needs a finished build. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHygiene } from './checks/hygiene.ts';
import { checkInstalled } from './checks/install.ts';
import { checkManifest, checkTypes } from './checks/manifest.ts';
import { checkStaleOutput } from './checks/stale-output.ts';
import { packAll } from './checks/tarballs.ts';
import { checkUnused } from './checks/unused.ts';
import { Report } from './report.ts';
import { publishedPackages } from './workspace.ts';

const report = new Report((text) => process.stdout.write(text));
const folder = mkdtempSync(join(tmpdir(), 'wasm-tcg-release-'));
try {
  report.add('repository: no hosts, machine paths, binaries or build output', await checkHygiene());
  report.add('repository: nothing unused (knip)', await checkUnused());
  const packed = join(folder, 'tarballs');
  mkdirSync(packed);
  const tarballs = await packAll(publishedPackages(), packed);
  for (const tarball of tarballs) {
    report.add(`${tarball.folder.manifest.name}: output fits the sources`, checkStaleOutput(tarball.folder));
    report.add(`${tarball.folder.manifest.name}: manifest (publint)`, await checkManifest(tarball));
    report.add(`${tarball.folder.manifest.name}: types (are-the-types-wrong)`, await checkTypes(tarball));
  }
  await checkInstalled(tarballs, join(folder, 'consumer'), report);
} catch (error) {
  report.add('release checks run to their end', [error instanceof Error ? (error.stack ?? error.message) : String(error)]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${report.summary()}\n`);
process.exitCode = report.failed === 0 ? 0 : 1;
