/** Writes the lock file anew from what apt offers at present. */
import { familiesOf, GUEST_NAMES, type PackageFamily } from './guests.ts';
import type { LockedPackage } from './lock.ts';
import { AptSource, lockedOf } from './sources/apt.ts';
import type { SourceContext } from './sources/source.ts';

/** @throws GuestImageError `unavailable` when a package is not to be had */
export async function currentPackages(context: SourceContext): Promise<readonly LockedPackage[]> {
  const apt = new AptSource();
  try {
    const families = new Map<string, PackageFamily>();
    for (const family of GUEST_NAMES.flatMap(familiesOf)) families.set(`${family.name}:${family.architecture}`, family);
    const packages: LockedPackage[] = [];
    for (const family of families.values()) packages.push(lockedOf(await apt.candidate(family, context), family));
    return packages;
  } finally {
    await apt.close();
  }
}
