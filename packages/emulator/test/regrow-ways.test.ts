/** What the regrower makes of a sampled way: which member it started from, where the sample does not say, and whether that is one of the region at all. */
import { NO_DELTA, TB_HEADER } from '@wasm-tcg/runtime';
import { describe, expect, it } from 'vitest';
import type { CodeUnit } from '../src/exec/compiled-code.ts';
import type { WayLeft } from '../src/exec/region-select.ts';
import { RegionRegrower, type RegrowParts } from '../src/exec/regrow.ts';
import type { WayTaken } from '../src/exec/ways-taken.ts';

const AT = TB_HEADER.offset;
const [ENTRY, MEMBER, TARGET, STRANGER] = [0x100, 0x200, 0x300, 0x400];

/** Ways that a region of ENTRY and MEMBER is made anew for, after one was sampled. MEMBER's second link leads to TARGET, 40h bytes into the next page. */
function planned(way: Partial<WayTaken>): readonly WayLeft[] {
  const u32 = new Uint32Array(0x200);
  const set = (header: number, field: number, value: number): void => void (u32[(header + field) >>> 2] = value);
  for (const header of [ENTRY, MEMBER, TARGET, STRANGER]) {
    set(header, AT.state, 0x13);
    set(header, AT.jmpDelta, NO_DELTA);
    set(header, AT.jmpDelta + 4, NO_DELTA);
  }
  set(MEMBER, AT.jmpTarget + 4, TARGET);
  set(MEMBER, AT.jmpDelta + 4, 0x1040);
  set(TARGET, AT.pageOffset, 0x40);
  const unit = { members: [ENTRY, MEMBER], places: [], dead: false } as unknown as CodeUnit;
  let seen: readonly WayLeft[] = [];
  const regrower = new RegionRegrower({
    machine: { views: () => ({ u32 }) },
    compiled: { regionOf: (header: number) => (header === ENTRY ? unit : undefined) },
    ways: { take: () => [{ entry: ENTRY, from: 0, to: TARGET, pages: 7, count: 1000, ...way }] },
    builder: { planRegrown: (_places: unknown, left: readonly WayLeft[]) => ((seen = left), { members: [], entries: [], inside: 0 }) },
    config: { regrowDispatches: 100 },
  } as unknown as RegrowParts);
  regrower.next();
  return seen;
}

describe('a sampled way', () => {
  it('by a link starts from the member that has it, and is as long as that says', () => {
    expect(planned({})).toEqual([{ from: MEMBER, to: TARGET, pages: 1, count: 1000, indirect: false, own: true }]);
  });

  it('by a look-up starts from the member that the region named, and is as long as was found', () => {
    expect(planned({ from: ENTRY })).toEqual([{ from: ENTRY, to: TARGET, pages: 7, count: 1000, indirect: true, own: true }]);
  });

  it.each<Partial<WayTaken>>([{ to: STRANGER }, { from: STRANGER }, { entry: STRANGER }, { count: 100 }])('counts for nothing: %o', (way) => {
    expect(planned(way)).toEqual([]);
  });
});
