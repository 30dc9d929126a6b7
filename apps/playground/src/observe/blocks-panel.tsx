/** The blocks that most time goes to. A row stands still while it is pointed at: what one is about to click must not move away. */
import { useComputed, useSignal, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { hex } from '../ui/format.ts';
import { DataTable, type TableColumn } from '../ui/data-table.tsx';
import { Panel } from '../ui/panel.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { formatShare } from './address-text.ts';
import type { HotBlock, Span } from './hot-blocks.ts';
import type { Observation } from './observation.ts';
import { mainTier, TIER_NAMES, TIERS } from './tiers.ts';
import { READABLE, useLate } from './use-late.ts';
import type { ViewState } from './view-state.ts';

export interface BlocksPanelProps {
  readonly observation: Observation;
  readonly state: ViewState;
  /** Show a block in the Lab. */
  readonly onOpen: (block: HotBlock) => void;
  /** Show the memory at a physical address. */
  readonly onShow: (physical: number) => void;
  /** The machine is there, so that its code can be read. */
  readonly canOpen: ReadonlySignal<boolean>;
}

/** The table has the hottest ones only: the rest are a sample or two each. */
const MAX_ROWS = 200;
const STEP = 25;

interface Shown {
  readonly rows: readonly HotBlock[];
  /** Samples they are out of. */
  readonly total: number;
}

export function BlocksPanel({ observation, state, onOpen, onShow, canOpen }: BlocksPanelProps): JSX.Element {
  const { span } = state;
  const held = useSignal<Shown | undefined>(undefined);
  const version = useLate(observation.version, READABLE);
  const now = useComputed((): Shown => {
    void version.value;
    const rows = observation.blocks.rows(span.value).toSorted((a, b) => b.hits - a.hits);
    return { rows: rows.slice(0, MAX_ROWS), total: observation.blocks.total(span.value) };
  });
  const { rows, total } = held.value ?? now.value;
  const hold = (): void => {
    held.value ??= now.peek();
  };
  const release = (): void => {
    held.value = undefined;
  };
  return (
    <Panel
      title="Hottest blocks"
      class="observe-blocks"
      testId="observe-top"
      tools={
        <>
          {held.value === undefined ? null : <span class="unit">held while pointed at</span>}
          <Segmented<Span>
            label="Time counted"
            value={span.value}
            options={[{ value: 'recent', text: 'Last 10 s' }, { value: 'all', text: 'All', title: 'Since this machine was first observed' }]}
            onChange={(value) => {
              release();
              span.value = value;
            }}
          />
        </>
      }
    >
      <div
        class="observe-fit"
        onPointerEnter={hold}
        onPointerLeave={release}
        onFocusIn={(event) => {
          if (event.target instanceof Element && event.target.closest('tbody') !== null) hold();
        }}
        onFocusOut={release}
      >
        <DataTable
          testId="observe-table-top"
          caption={`Blocks in which the most instructions were executed, out of ${total} samples`}
          columns={columnsOf(rows[0]?.share ?? 1, onOpen, onShow, canOpen.value)}
          rows={rows}
          rowKey={({ key }) => key}
          sort={{ column: 'share', descending: true }}
          step={STEP}
          empty={span.value === 'recent' ? 'The guest is idle: nothing was executed in the last 10 seconds.' : 'Nothing was executed since this machine is observed.'}
        />
      </div>
    </Panel>
  );
}

function columnsOf(most: number, onOpen: (block: HotBlock) => void, onShow: (physical: number) => void, canOpen: boolean): TableColumn<HotBlock>[] {
  return [
    { key: 'share', title: 'Share', hint: 'Of executed instructions', numeric: true, value: ({ share }) => share, cell: (block) => <Share block={block} most={most} /> },
    {
      key: 'pc',
      title: 'Address',
      hint: 'Opens in the Lab, with the bytes that are there now',
      value: ({ pc }) => pc,
      cell: (block) => {
        const address = hex(block.pc, block.pc > 0xffff_ffffn ? 64 : 32);
        return <button class="link" disabled={!canOpen} title="Open in the Lab" aria-label={`${address}: open in the Lab`} onClick={() => onOpen(block)}><code>{address}</code></button>;
      },
    },
    { key: 'physical', title: 'Physical', value: ({ physical }) => physical, cell: ({ physical }) => <button class="link" title="Show the memory there" onClick={() => onShow(physical)}><code>{hex(physical, 32)}</code></button> },
    { key: 'tier', title: 'Tier', hint: 'The tier that ran it most', value: mainTier, cell: (block) => <span class={`tier-${mainTier(block)}`}>{TIER_NAMES[mainTier(block)]}</span> },
    { key: 'user', title: 'Mode', value: ({ user }) => (user ? 'user' : 'kernel'), cell: ({ user }) => (user ? 'user' : 'kernel') },
    { key: 'insns', title: 'Insns', hint: 'Guest instructions of the block', numeric: true, value: ({ insns }) => insns, cell: ({ insns }) => insns },
  ];
}

/** How much of the time, by tier; the bar in proportion to the hottest block's. */
function Share({ block, most }: { readonly block: HotBlock; readonly most: number }): JSX.Element {
  return (
    <span class="observe-share">
      <span class="bar" aria-hidden="true">
        {TIERS.map((tier) => (block[tier] === 0 ? null : <span key={tier} class={`ink-${tier}`} style={{ width: `${(100 * block.share * block[tier]) / (most * block.hits)}%` }} />))}
      </span>
      <span class="number">{formatShare(block.share)}</span>
    </span>
  );
}
