/** Where blocks and edges of a listing stand in the drawing. Sizes are in characters and lines, so that a font change moves nothing else. */
import { Graph, layout } from '@dagrejs/dagre';
import type { CodeEdge, CodeTier } from '@wasm-tcg/emulator';
import { formatCount } from '../../ui/format.ts';
import { addressText } from '../stages/rows.ts';
import { CHAR, LINE } from './metrics.ts';
import type { BlockView, ListingView } from '../protocol.ts';

const PADDING = 8;
/** Instructions of a block that its node shows: first ones and the last, which jumps. */
const SHOWN = 6;
const MAX_CHARS = 34;
/** Around the drawing. */
const MARGIN = 12;
/** How far a block's edge to itself leans out. */
const BOW = 40;

export interface GraphNode {
  readonly block: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly lines: readonly string[];
  readonly tier: CodeTier;
}

export interface GraphEdge {
  readonly edge: CodeEdge;
  /** SVG path. */
  readonly path: string;
  /** Stroke width by how often it was taken. */
  readonly width: number;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** Against the flow: a loop. */
  readonly back: boolean;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function cut(text: string): string {
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS - 1)}…` : text;
}

/** Instructions as the node shows them. */
export function nodeLines({ insns }: BlockView): string[] {
  const texts = insns.map(({ text }) => cut(text));
  return texts.length <= SHOWN ? texts : [...texts.slice(0, SHOWN - 2), `… ${texts.length - SHOWN + 1} more`, texts.at(-1)!];
}

/** Stroke width by a logarithm: counts differ by orders of magnitude. */
export function strokeWidth(count: number): number {
  return Math.min(5, 1 + Math.log10(1 + count) * 0.7);
}

export function layoutGraph(listing: ListingView): GraphLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 36, edgesep: 16, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  const contents = listing.blocks.map((block, index) => ({ title: `${index}  ${addressText(block.pc)}`, lines: nodeLines(block) }));
  for (const [index, { title, lines }] of contents.entries()) {
    const chars = Math.max(title.length + 10, ...lines.map((line) => line.length));
    graph.setNode(String(index), { width: chars * CHAR + 2 * PADDING, height: (lines.length + 1) * LINE + 2 * PADDING });
  }
  for (const [index, edge] of listing.edges.entries()) {
    const label = edgeLabel(edge);
    graph.setEdge(String(edge.from), String(edge.to), { width: label.length * CHAR, height: LINE, labelpos: 'c' }, String(index));
  }
  layout(graph);
  const nodes = contents.map(({ title, lines }, block): GraphNode => {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(String(block)) as Partial<Point & { width: number; height: number }>;
    return { block, x: x - width / 2, y: y - height / 2, width, height, title, lines, tier: listing.blocks[block]!.tier };
  });
  const edges = listing.edges.map((edge, index): GraphEdge => {
    const { points = [], x = 0, y = 0 } = graph.edge(String(edge.from), String(edge.to), String(index)) as Partial<Point> & { points?: readonly Point[] };
    const node = nodes[edge.from]!;
    if (edge.from === edge.to) return selfEdge(edge, node);
    return { edge, path: smooth(points), width: strokeWidth(edge.count), label: edgeLabel(edge), x, y, back: (nodes[edge.to]?.y ?? 0) <= (nodes[edge.from]?.y ?? 0) };
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const right = Math.max(width, ...edges.map(({ x, label }) => x + (label.length * CHAR) / 2 + MARGIN));
  return { width: right, height, nodes, edges };
}

/** A block that goes to itself: a bow at its right, where dagre keeps room for the label. */
function selfEdge(edge: CodeEdge, { x, y, width, height }: GraphNode): GraphEdge {
  const side = x + width;
  const label = edgeLabel(edge);
  return {
    edge,
    path: `M ${side} ${y + height * 0.75} C ${side + BOW} ${y + height * 0.9} ${side + BOW} ${y + height * 0.1} ${side} ${y + height * 0.25}`,
    width: strokeWidth(edge.count),
    label,
    x: side + BOW * 0.75 + (label.length * CHAR) / 2 + PADDING,
    y: y + height / 2,
    back: true,
  };
}

function edgeLabel({ count, kind }: CodeEdge): string {
  const taken = count > 0 ? `${formatCount(count)}×` : '';
  return kind === 'indirect' ? `${taken} indirect`.trim() : taken;
}

/** Straight between the ends, rounded at each bend: quadratic curves from middle to middle. */
export function smooth(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const at = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  let path = `M ${at(first)}`;
  for (const [i, point] of rest.slice(0, -1).entries()) {
    const next = rest[i + 1]!;
    const end = i === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += ` Q ${at(point)} ${at(end)}`;
  }
  return rest.length === 1 ? `${path} L ${at(last)}` : path;
}
