import { useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { hex } from '../../ui/format.ts';
import type { LabController } from '../controller.ts';
import { COLUMNS, MemoryWindow, WINDOW } from './memory-window.ts';

const KEYS: Readonly<Record<string, number>> = {
  ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS, PageUp: -WINDOW, PageDown: WINDOW,
};

/** Memory as hex and text, edited by typing over it. */
export function Memory({ lab }: { readonly lab: LabController }): JSX.Element {
  const window = useMemo(() => new MemoryWindow(lab, `0x${lab.program.peek().origin.toString(16)}`), [lab]);
  useSignalEffect(() => {
    if (lab.view.value !== undefined) void window.refresh();
  });
  return (
    <div class="memory" data-testid="lab-memory">
      <form
        class="toolbar"
        onSubmit={(event) => {
          event.preventDefault();
          const field = new FormData(event.currentTarget).get('address');
          if (typeof field === 'string') void window.go(field);
        }}
      >
        <h3 id="memory-title">Memory</h3>
        <label class="visually-hidden" for="memory-address">Address: a number, or a register and an offset</label>
        <input id="memory-address" name="address" autocomplete="off" spellcheck={false} placeholder="0x1000 or rsp+8" value={window.address.value} aria-invalid={window.problem.value !== ''} />
        <button type="submit">Show</button>
        {window.problem.value === '' ? null : <span class="problem" role="alert">{window.problem.value}</span>}
      </form>
      {window.bytes.value === undefined
        ? <p class="empty">{lab.view.value === undefined ? 'No machine yet.' : 'There is no memory at this address.'}</p>
        : <MemoryGrid lab={lab} window={window} />}
    </div>
  );
}

function MemoryGrid({ lab, window }: { readonly lab: LabController; readonly window: MemoryWindow }): JSX.Element {
  const grid = useRef<HTMLDivElement>(null);
  const focused = useRef(false);
  const cursor = window.cursor.value;
  // The cell under the cursor has the focus, if the grid has it.
  useEffect(() => {
    if (focused.current) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }, [cursor, window.base.value]);
  const bytes = window.bytes.value ?? new Uint8Array();
  const base = window.base.value;
  const digits = base + BigInt(WINDOW) > 0xffff_ffffn ? 64 : 32;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const by = KEYS[event.key] ?? (event.key === 'Home' ? -(cursor % COLUMNS) : event.key === 'End' ? COLUMNS - 1 - (cursor % COLUMNS) : undefined);
    if (by !== undefined) window.move(by);
    else if (/^[\da-f]$/i.test(event.key)) {
      if (lab.ready.peek()) window.type(Number.parseInt(event.key, 16));
    } else if (event.key === 'Escape') window.cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={grid}
      class="hex"
      role="grid"
      aria-label="Bytes of memory; type hex digits to change them"
      onKeyDown={onKeyDown}
      onFocusIn={() => {
        focused.current = true;
      }}
      onFocusOut={(event) => {
        focused.current = event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget);
      }}
    >
      {window.rows.value.map((row) => (
        <div key={row} class="row" role="row">
          <span class="address" role="rowheader">{hex(base + BigInt(row), digits)}</span>
          {Array.from(bytes.subarray(row, row + COLUMNS), (byte, column) => {
            const position = row + column;
            const current = position === cursor;
            const digit = current ? window.digit.value : undefined;
            return (
              <span
                key={column}
                role="gridcell"
                class={`byte ${window.changed.value.has(position) ? 'changed' : ''} ${byte === 0 ? 'zero' : ''}`}
                tabIndex={current ? 0 : -1}
                aria-selected={current}
                onClick={() => window.moveTo(position)}
              >
                {digit === undefined ? hex(byte, 8) : `${digit.toString(16)}_`}
              </span>
            );
          })}
          <span class="text" role="gridcell">{printable(bytes.subarray(row, row + COLUMNS))}</span>
        </div>
      ))}
    </div>
  );
}

function printable(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
}
