import type { JSX } from 'preact';
import type { Stage } from '../protocol.ts';
import type { Row } from './rows.ts';
import { tokenize } from './tokens.ts';

export interface CodeRowProps {
  readonly id: string;
  readonly stage: Stage;
  readonly row: Row;
  readonly position: number;
  readonly rows: number;
  readonly linked: boolean;
  readonly pinned: boolean;
  /** The machine is here. */
  readonly machine: boolean;
  /** First of the rows that it is at. */
  readonly arrow: boolean;
  readonly cursor: boolean;
  readonly onPoint: () => void;
  readonly onPin: () => void;
  readonly onList: () => void;
}

const SIGNS: Readonly<Record<Row['kind'], string>> = { added: '+', removed: '−', code: ' ', head: ' ' };

export function CodeRow({ id, stage, row, position, rows, linked, pinned, machine, arrow, cursor, onPoint, onPin, onList }: CodeRowProps): JSX.Element {
  const classes = ['code-row', row.kind, linked ? 'linked' : '', pinned ? 'pinned' : '', machine ? 'here' : '', cursor ? 'cursor' : ''];
  return (
    <div
      id={id}
      class={classes.filter((name) => name !== '').join(' ')}
      role="option"
      aria-selected={pinned}
      aria-posinset={position + 1}
      aria-setsize={rows}
      onPointerEnter={onPoint}
      onClick={onPin}
      onDblClick={onList}
      onMouseDown={(event) => {
        // A double click lists; it does not select a word, too.
        if (event.detail > 1) event.preventDefault();
      }}
    >
      <span class="mark">{machine && arrow ? '▶' : stage === 'opt' ? SIGNS[row.kind] : ' '}</span>
      {row.address === undefined ? null : <span class="address">{row.address}</span>}
      {row.bytes === undefined ? null : <span class="bytes">{row.bytes}</span>}
      {row.kind === 'head' ? row.text : tokenize(stage, row.text).map(({ kind, text }, i) => (kind === 'plain' ? text : <span key={i} class={`t-${kind}`}>{text}</span>))}
    </div>
  );
}
