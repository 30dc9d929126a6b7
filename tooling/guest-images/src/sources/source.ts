/** Where packages come from. */
import { sha256Of } from '../cache.ts';
import { GuestImageError } from '../errors.ts';
import type { PackageFamily } from '../guests.ts';
import type { LockedPackage, PackageIdentity } from '../lock.ts';

export interface Request {
  readonly family: PackageFamily;
  readonly locked: LockedPackage;
}

export interface Fetched {
  readonly identity: PackageIdentity;
  readonly bytes: Uint8Array;
  /** Something the user should know, a sentence. */
  readonly note?: string;
}

export interface SourceContext {
  readonly signal?: AbortSignal | undefined;
  /** One line of progress. */
  readonly onProgress: (line: string) => void;
}

export interface PackageSource {
  /**
   * @throws GuestImageError `unavailable` and `download` when another source may be asked, `wrong-hash` and `malformed`
   *   when nothing should go on
   */
  fetch(request: Request, context: SourceContext): Promise<Fetched>;
  /** Removes what fetching has put into temporary places. */
  close?(): Promise<void>;
}

/** Name, architecture and version as Debian's tools write them. */
export const describe = ({ name, architecture, version }: PackageIdentity): string => `${name}:${architecture} ${version}`;

/**
 * The bytes are the ones that were named.
 *
 * @param from who sent them
 * @throws GuestImageError `wrong-hash`
 */
export function verify(bytes: Uint8Array, expected: PackageIdentity, from: string): void {
  if (bytes.length !== expected.size) {
    throw new GuestImageError(
      'wrong-hash',
      `${describe(expected)} from ${from} has ${bytes.length} bytes instead of ${expected.size}`,
      'The download broke off or the server has another file under that name; nothing was kept. Try again or take another source.',
    );
  }
  const sha256 = sha256Of(bytes);
  if (sha256 === expected.sha256) return;
  throw new GuestImageError(
    'wrong-hash',
    `${describe(expected)} from ${from} has sha256 ${sha256} instead of ${expected.sha256}`,
    'These are not the bytes the lock file names; nothing was kept. Take another source.',
  );
}
