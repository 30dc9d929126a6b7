import type { JSX } from 'preact';
import type { ViewState } from './view-state.ts';

/** Switches a panel between its picture and the same as a table. */
export function TableToggle({ state, panel }: { readonly state: ViewState; readonly panel: string }): JSX.Element {
  return (
    <button class="table-toggle" aria-pressed={state.tables.value.has(panel)} data-testid={`observe-toggle-${panel}`} onClick={() => state.toggleTable(panel)}>
      Table
    </button>
  );
}
