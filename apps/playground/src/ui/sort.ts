/** The order of a table's rows, as its user chose it. */

/** What a row is sorted by in a column; `null` (nothing is known) comes last either way. */
export type SortValue = number | bigint | string | null;

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

function compare(a: SortValue, b: SortValue): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en', { numeric: true });
  if (a === b) return 0;
  return a! < b! ? -1 : 1;
}

/** Rows in order; equal ones stay as they were. */
export function sortRows<Row>(rows: readonly Row[], value: (row: Row) => SortValue, descending: boolean): Row[] {
  return rows.toSorted((x, y) => {
    const [a, b] = [value(x), value(y)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return descending ? compare(b, a) : compare(a, b);
  });
}

/** After a click on a column's head: the other way round, or by this column the way its numbers are wanted. */
export function nextSort(sort: Sort, column: string, descendingFirst: boolean): Sort {
  return sort.column === column ? { column, descending: !sort.descending } : { column, descending: descendingFirst };
}
