/** What the chosen place holds, in numbers; and what the colours mean. */
import type { JSX } from 'preact';
import { formatBytes } from '../ui/format.ts';
import { formatRange, formatShare, formatSize } from './address-text.ts';
import { clockText } from './chart-specs.ts';
import type { Place } from './heat-map.tsx';
import type { Moment } from './heat-history.tsx';
import { hitsOf, TIER_NAMES, TIERS } from './tiers.ts';
import type { Measure } from './view-state.ts';

export interface HeatReadoutProps {
  readonly place: Place | Moment | undefined;
}

export function HeatReadout({ place }: HeatReadoutProps): JSX.Element {
  if (place === undefined) return <p class="observe-readout muted">Point at a cell, or move with the arrow keys.</p>;
  const isMoment = 'second' in place;
  return (
    <dl class="observe-readout">
      <div class="wide">
        <dt>{isMoment ? `At ${clockText(place.second)}` : formatSize(place.range)}</dt>
        <dd><code>{formatRange(place.range)}</code></dd>
      </div>
      {TIERS.map((tier) => (
        <div key={tier}>
          <dt class={`tier-${tier}`}>{TIER_NAMES[tier]}</dt>
          <dd>{isMoment ? formatShare(place.heat[tier]) : formatBytes(place.code[tier])}</dd>
        </div>
      ))}
      <div>
        <dt>Executed</dt>
        <dd>{formatShare(hitsOf(place.heat))}</dd>
      </div>
    </dl>
  );
}

export function HeatLegend({ measure, history }: { readonly measure: Measure; readonly history: boolean }): JSX.Element {
  if (measure === 'time') {
    return (
      <p class="observe-scale">
        <span>0.01 %</span>
        <span class="ramp" aria-hidden="true" />
        <span>100 % of executed instructions{history ? ', each second' : ', fading within seconds'}</span>
      </p>
    );
  }
  return (
    <p class="observe-scale">
      {TIERS.map((tier) => (
        <span key={tier} class="item"><span class={`key area ink-${tier}`} />{TIER_NAMES[tier]}</span>
      ))}
      <span class="muted">{history ? 'stronger: more executed in that second' : 'stronger: more translated code'}</span>
    </p>
  );
}
