/** Rows of facts: sorted by a click on a column's head, scrolling inside, a part of a long list at a time. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { nextSort, sortRows, type Sort, type SortValue } from './sort.ts';
import '../styles/data-table.css';

export interface TableColumn<Row> {
  readonly key: string;
  readonly title: string;
  /** What it means, where the title is too short for it. */
  readonly hint?: string;
  /** Numbers stand at the right and are wanted with the greatest first. */
  readonly numeric?: boolean;
  /** What to sort by; without it, the column cannot be sorted by. */
  readonly value?: (row: Row) => SortValue;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
  readonly sort: Sort;
  /** Said when there are no rows. */
  readonly empty: string;
  /** Rows shown at first, and more at a time. */
  readonly step?: number;
  readonly testId?: string;
}

/** A screen or two: rows that nobody has scrolled to cost time, and these change while one looks. */
const STEP = 50;

export function DataTable<Row>({ caption, columns, rows, rowKey, sort: first, empty, step = STEP, testId }: DataTableProps<Row>): JSX.Element {
  const sort = useSignal(first);
  const shown = useSignal(step);
  const { column, descending } = sort.value;
  const value = columns.find(({ key }) => key === column)?.value;
  const sorted = value === undefined ? rows : sortRows(rows, value, descending);
  const left = rows.length - shown.value;
  return (
    <div class="data-table" role="region" aria-label={caption} tabIndex={0} data-testid={testId}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((head) => (
              <Head key={head.key} column={head} sort={sort.value} onSort={(next) => (sort.value = next)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, shown.value).map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ key, numeric, cell }) => (
                <td key={key} class={numeric === true ? 'numeric' : undefined}>{cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 ? <p class="muted empty">{empty}</p> : null}
      {left > 0 ? <button class="more" onClick={() => (shown.value += step)}>{`Show ${Math.min(step, left)} more of ${left}`}</button> : null}
    </div>
  );
}

interface HeadProps<Row> {
  readonly column: TableColumn<Row>;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function Head<Row>({ column: { key, title, hint, numeric = false, value }, sort, onSort }: HeadProps<Row>): JSX.Element {
  const className = numeric ? 'numeric' : undefined;
  if (value === undefined) return <th scope="col" class={className} title={hint}>{title}</th>;
  const order = sort.descending ? 'descending' : 'ascending';
  const active = sort.column === key;
  return (
    <th scope="col" class={className} title={hint} aria-sort={active ? order : undefined}>
      <button onClick={() => onSort(nextSort(sort, key, numeric))}>
        {title}
        <span class="order" aria-hidden="true">{active ? (sort.descending ? '▾' : '▴') : ''}</span>
      </button>
    </th>
  );
}
