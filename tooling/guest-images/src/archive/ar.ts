/** Reader of Unix `ar` archives, the outer format of .deb files (ar(5), common format: short names only). */
import { GuestImageError } from '../errors.ts';

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;
const NAME_BYTES = 16;
const SIZE_AT = 48;
const SIZE_BYTES = 10;
const END_AT = 58;

export interface ArMember {
  readonly name: string;
  readonly data: Uint8Array;
}

/**
 * The members in file order. Data are views into `bytes`.
 *
 * @throws GuestImageError `malformed`
 */
export function readAr(bytes: Uint8Array): readonly ArMember[] {
  const text = (at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));
  if (text(0, MAGIC.length) !== MAGIC) throw malformed('it does not begin with !<arch>');
  const members: ArMember[] = [];
  for (let at = MAGIC.length; at < bytes.length; ) {
    if (text(at + END_AT, 2) !== '`\n') throw malformed(`no member header at byte ${at}`);
    const sizeText = text(at + SIZE_AT, SIZE_BYTES).trim();
    const start = at + HEADER_BYTES;
    const end = start + Number(sizeText);
    if (!/^\d+$/.test(sizeText) || end > bytes.length) throw malformed(`the member at byte ${at} has size "${sizeText}"`);
    members.push({ name: text(at, NAME_BYTES).trimEnd().replace(/\/$/, ''), data: bytes.subarray(start, end) });
    at = end + (end & 1);
  }
  return members;
}

function malformed(what: string): GuestImageError {
  return new GuestImageError('malformed', `not an ar archive: ${what}`, 'The file is damaged or no Debian package: remove it and fetch it again.');
}
