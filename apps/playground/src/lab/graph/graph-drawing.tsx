import { useSignal, useSignalEffect, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { ErrorNotice } from '../../ui/notice.tsx';
import type { ListingView } from '../protocol.ts';
import type { Reveal } from '../stages/linking.ts';
import { blockTitle } from '../stages/rows.ts';
import type { GraphEdge, GraphLayout, GraphNode } from './layout.ts';
import { CHAR, LINE } from './metrics.ts';

export interface GraphViewProps {
  readonly listing: ListingView;
  readonly selected: number | undefined;
  readonly onSelect: (block: number) => void;
}

export interface GraphDrawingProps extends GraphViewProps {
  readonly reveal: ReadonlySignal<Reveal | undefined>;
}

/** The graph as SVG. Its layout comes with dagre, which is loaded for the first one. */
export function GraphDrawing({ listing, selected, onSelect, reveal }: GraphDrawingProps): JSX.Element {
  const id = useId();
  const drawing = useRef<HTMLDivElement>(null);
  const drawn = useSignal<GraphLayout | undefined>(undefined);
  const failed = useSignal<unknown>(undefined);
  useEffect(() => {
    let stale = false;
    const draw = async (): Promise<void> => {
      const { layoutGraph } = await import('./layout.ts');
      if (!stale) drawn.value = layoutGraph(listing);
    };
    draw().catch((error: unknown) => {
      failed.value = error;
    });
    return () => {
      stale = true;
    };
  }, [listing, drawn, failed]);
  useSignalEffect(() => {
    const { place, by } = reveal.value ?? {};
    if (place === undefined || by === 'graph') return;
    drawing.current?.querySelector(`[data-block="${place.block}"]`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  if (failed.value !== undefined) return <ErrorNotice error={failed.value} />;
  if (drawn.value === undefined) return <p class="empty" role="status">Drawing…</p>;
  const { width, height, nodes, edges } = drawn.value;
  return (
    <div ref={drawing} class="drawing" tabIndex={0} role="group" aria-label="Drawing of the control flow">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="group" aria-label={`${nodes.length} blocks, ${edges.length} edges`}>
        <defs>
          <marker id={`${id}-arrow`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">
            <path class="arrow" d="M 0 0 L 8 4 L 0 8 z" />
          </marker>
        </defs>
        {edges.map((edge) => <Edge key={`${edge.edge.from}-${edge.edge.to}-${edge.edge.kind}`} edge={edge} arrow={`${id}-arrow`} />)}
        {nodes.map((node) => <Node key={node.block} node={node} listing={listing} selected={node.block === selected} onSelect={() => onSelect(node.block)} />)}
      </svg>
    </div>
  );
}

function Edge({ edge: { edge, path, width, label, x, y, back }, arrow }: { readonly edge: GraphEdge; readonly arrow: string }): JSX.Element {
  return (
    <g class={`edge ${edge.kind} ${back ? 'back' : ''}`}>
      <path d={path} stroke-width={width} marker-end={`url(#${arrow})`} />
      {label === '' ? null : <text x={x} y={y} text-anchor="middle" dominant-baseline="middle">{label}</text>}
    </g>
  );
}

interface NodeProps {
  readonly node: GraphNode;
  readonly listing: ListingView;
  readonly selected: boolean;
  readonly onSelect: () => void;
}

function Node({ node: { block, x, y, width, height, title, lines, tier }, listing, selected, onSelect }: NodeProps): JSX.Element {
  const view = listing.blocks[block];
  return (
    <g
      class={`node tier-${tier} ${selected ? 'selected' : ''}`}
      transform={`translate(${x} ${y})`}
      data-block={block}
      role="button"
      tabindex={0}
      aria-pressed={selected}
      onClick={onSelect}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onSelect();
      }}
    >
      {view === undefined ? null : <title>{`${blockTitle(view, block)}, ${view.insns.length} instructions`}</title>}
      <rect class="box" width={width} height={height} rx="4" />
      <rect class="stripe" width="4" height={height} rx="2" />
      <text class="title" x={CHAR + 4} y={LINE}>{title}</text>
      {lines.map((line, i) => <text key={i} x={CHAR + 4} y={(i + 2) * LINE}>{line}</text>)}
    </g>
  );
}
