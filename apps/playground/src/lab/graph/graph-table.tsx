import type { JSX } from 'preact';
import { formatCount } from '../../ui/format.ts';
import { addressText, TIER_TEXTS } from '../stages/rows.ts';
import type { GraphViewProps } from './graph-drawing.tsx';

const KINDS = { slot0: 'next', slot1: 'taken', indirect: 'indirect' } as const;

/** The graph in words: a row for each block with where it goes. */
export function GraphTable({ listing, selected, onSelect }: GraphViewProps): JSX.Element {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label="Table of blocks">
      <table class="data">
        <thead>
          <tr>
            <th scope="col">Block</th>
            <th scope="col">Address</th>
            <th scope="col">Tier</th>
            <th scope="col" class="number">Insns</th>
            <th scope="col" class="number">Bytes</th>
            <th scope="col" class="number">Ran</th>
            <th scope="col">Goes to</th>
          </tr>
        </thead>
        <tbody>
          {listing.blocks.map((block, index) => (
            <tr key={index} class={index === selected ? 'selected' : ''}>
              <th scope="row"><button aria-pressed={index === selected} aria-label={`Block ${index}`} onClick={() => onSelect(index)}>{index}</button></th>
              <td><code>{addressText(block.pc)}</code></td>
              <td class={`tier-${block.tier}`}>{TIER_TEXTS[block.tier]}</td>
              <td class="number">{block.insns.length}</td>
              <td class="number">{block.size}</td>
              <td class="number">{formatCount(block.executions)}</td>
              <td>
                {listing.edges
                  .filter(({ from }) => from === index)
                  .map(({ to, kind, count }) => `${to} (${KINDS[kind]}${count > 0 ? `, ${formatCount(count)}×` : ''})`)
                  .join(', ') || 'leaves'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
