/** Reader of Debian binary packages (deb(5)): an ar archive of `debian-binary`, `control.tar.*` and `data.tar.*`. */
import { GuestImageError } from '../errors.ts';
import { readAr, type ArMember } from './ar.ts';
import { decompress } from './compression.ts';
import { readTar, type TarEntry } from './tar.ts';

/** The fields of a control file; names in lower case. */
export type ControlFields = ReadonlyMap<string, string>;

/** @throws GuestImageError `malformed` */
export async function readControl(deb: Uint8Array): Promise<ControlFields> {
  const member = memberOf(deb, 'control.tar');
  const [control] = await readTar(decompress(member.name, member.data), (path) => path === 'control');
  if (control === undefined) throw malformed('it has no control file');
  return parseControl(new TextDecoder().decode(control.data));
}

/**
 * The files of a package that `wanted` says yes to.
 *
 * @throws GuestImageError `malformed`
 */
export async function readPackageFiles(deb: Uint8Array, wanted: (path: string) => boolean): Promise<readonly TarEntry[]> {
  const member = memberOf(deb, 'data.tar');
  return readTar(decompress(member.name, member.data), wanted);
}

/** One stanza of `Field: value` lines; a line that begins with a space continues the field before it. */
export function parseControl(text: string): ControlFields {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of text.split('\n')) {
    if (/^\s/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ''}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    last = line.slice(0, colon).toLowerCase();
    fields.set(last, line.slice(colon + 1).trim());
  }
  return fields;
}

function memberOf(deb: Uint8Array, name: string): ArMember {
  const member = readAr(deb).find((candidate) => candidate.name === name || candidate.name.startsWith(`${name}.`));
  if (member === undefined) throw malformed(`it has no ${name}`);
  return member;
}

function malformed(what: string): GuestImageError {
  return new GuestImageError('malformed', `not a Debian package: ${what}`, 'The file is damaged or something else: remove it and fetch it again.');
}
