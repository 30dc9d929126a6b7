/** Numbers by tier: hits, bytes or shares of what ran, or lies, in each. */

export interface TierHits {
  readonly tci: number;
  readonly module: number;
  readonly region: number;
}

/** In the order in which code climbs them; arrays of three numbers have this order. */
export const TIERS = ['tci', 'module', 'region'] as const satisfies readonly (keyof TierHits)[];

export const TIER_NAMES: Readonly<Record<keyof TierHits, string>> = { tci: 'TCI', module: 'Modules', region: 'Regions' };

export const hitsOf = ({ tci, module, region }: TierHits): number => tci + module + region;

/** The tier that most of it is in. */
export function mainTier({ tci, module, region }: TierHits): keyof TierHits {
  if (region >= module && region >= tci) return 'region';
  return module >= tci ? 'module' : 'tci';
}
