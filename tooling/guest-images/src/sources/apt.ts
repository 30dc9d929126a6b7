/**
 * Packages by `apt-get download`, from the sources this system is set up with and verified by the keys it trusts, but
 * with state of its own in a temporary folder: nothing of the system's apt changes, no root is needed, and both
 * architectures are on whatever the system's is.
 */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseControl, type ControlFields } from '../archive/deb.ts';
import { GuestImageError } from '../errors.ts';
import type { PackageFamily } from '../guests.ts';
import type { LockedPackage, PackageIdentity } from '../lock.ts';
import { runProgram, type RunProgram } from './run-program.ts';
import { describe, verify, type Fetched, type PackageSource, type Request, type SourceContext } from './source.ts';

const NO_APT_HINT = 'Set WASM_TCG_MIRROR to a mirror that has the locked packages, or name .deb files with --deb.';

/**
 * Read after the system's files. The hooks that are cleared would run programs that touch the system: container images
 * delete their package caches in one.
 */
const configuration = (folder: string): string => `
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Architectures { "amd64"; "i386"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Dir::State "${folder}";
Dir::State::lists "${folder}/lists";
Dir::State::status "${folder}/status";
Dir::Cache "${folder}/cache";
Dir::Log "${folder}";
`;

export class AptSource implements PackageSource {
  readonly #run: RunProgram;
  #folder: string | undefined;
  #complaints = '';

  /** @param run for tests: what runs `apt-get` and `apt-cache` */
  constructor(run: RunProgram = runProgram) {
    this.#run = run;
  }

  async fetch({ family, locked }: Request, context: SourceContext): Promise<Fetched> {
    await this.#open(context);
    const exact = await this.#show(`${locked.name}:${locked.architecture}=${locked.version}`, context);
    if (exact !== undefined) return { identity: locked, bytes: await this.#download(locked, context) };
    const candidate = identityOf(await this.candidate(family, context), family);
    context.onProgress(`${describe(locked)} is not to be had any more, taking ${describe(candidate)}`);
    return {
      identity: candidate,
      bytes: await this.#download(candidate, context),
      note: `${describe(candidate)} stands for ${describe(locked)}, which the package sources have no more`,
    };
  }

  /** The control fields of the package that `family` means at present. @throws GuestImageError `unavailable` */
  async candidate(family: PackageFamily, context: SourceContext): Promise<ControlFields> {
    await this.#open(context);
    const top = await this.#show(`${family.name}:${family.architecture}`, context);
    if (top === undefined) throw this.#unavailable(family);
    if (family.real.test(top.get('package') ?? '')) return top;
    for (const dependency of (top.get('depends') ?? '').split(',')) {
      const name = dependency.trim().split(/[\s:]/)[0];
      if (!family.real.test(name)) continue;
      const real = await this.#show(`${name}:${family.architecture}`, context);
      if (real !== undefined) return real;
    }
    throw this.#unavailable(family);
  }

  async close(): Promise<void> {
    const folder = this.#folder;
    this.#folder = undefined;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  /** Fetches the package lists, once. */
  async #open(context: SourceContext): Promise<void> {
    if (this.#folder !== undefined) return;
    const folder = await mkdtemp(join(tmpdir(), 'wasm-tcg-apt-'));
    this.#folder = folder;
    for (const name of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, 'status'), '');
    await writeFile(join(folder, 'apt.conf'), configuration(folder));
    context.onProgress('fetching package lists with apt-get');
    const { code, stderr } = await this.#apt('apt-get', ['-q', 'update'], folder, context);
    // One broken source does not matter when another has the package; what it said matters when none has.
    if (code !== 0) this.#complaints = stderr.trim();
  }

  async #apt(program: string, args: readonly string[], cwd: string, { signal }: SourceContext): Promise<{ code: number; stdout: string; stderr: string }> {
    const result = await this.#run(program, ['-c', join(this.#folder ?? cwd, 'apt.conf'), ...args], { cwd, signal });
    if (result === 'not-found') throw new GuestImageError('unavailable', `this system has no ${program}`, NO_APT_HINT);
    return result;
  }

  async #show(what: string, context: SourceContext): Promise<ControlFields | undefined> {
    const { code, stdout } = await this.#apt('apt-cache', ['--no-all-versions', 'show', what], this.#folder ?? '', context);
    return code === 0 && stdout.trim() !== '' ? parseControl(stdout.split('\n\n')[0]) : undefined;
  }

  async #download(identity: PackageIdentity, context: SourceContext): Promise<Uint8Array> {
    context.onProgress(`fetching ${describe(identity)} (${(identity.size / 1e6).toFixed(1)} MB) with apt-get`);
    const target = await mkdtemp(join(this.#folder ?? '', 'download-'));
    const what = `${identity.name}:${identity.architecture}=${identity.version}`;
    const { code, stderr } = await this.#apt('apt-get', ['-q', 'download', what], target, context);
    const file = (await readdir(target)).find((name) => name.endsWith('.deb'));
    if (code !== 0 || file === undefined) {
      throw new GuestImageError('download', `apt-get download ${what} failed: ${stderr.trim()}`, 'Nothing was kept. Check the network and try again.');
    }
    const bytes = await readFile(join(target, file));
    await rm(target, { recursive: true, force: true });
    verify(bytes, identity, 'apt-get');
    return bytes;
  }

  #unavailable(family: PackageFamily): GuestImageError {
    const complaints = this.#complaints === '' ? '' : `; apt-get update said: ${this.#complaints}`;
    return new GuestImageError('unavailable', `this system's package sources have no ${family.name}:${family.architecture}${complaints}`, NO_APT_HINT);
  }
}

/** @throws GuestImageError `malformed` */
export function identityOf(fields: ControlFields, family: PackageFamily): PackageIdentity {
  const [name, version, sha256, size] = ['package', 'version', 'sha256', 'size'].map((field) => fields.get(field) ?? '');
  if (!/^[0-9a-f]{64}$/.test(sha256) || !/^\d+$/.test(size)) {
    throw new GuestImageError('malformed', `the package index says no sha256 and size of ${name}`, NO_APT_HINT);
  }
  return { name, architecture: family.architecture, version, sha256, size: Number(size) };
}

/** A row for the lock file from a package index. */
export function lockedOf(fields: ControlFields, family: PackageFamily): LockedPackage {
  const identity = identityOf(fields, family);
  return {
    family: family.name,
    ...identity,
    licence: family.licence,
    source: fields.get('source') ?? identity.name,
    path: fields.get('filename') ?? '',
  };
}
