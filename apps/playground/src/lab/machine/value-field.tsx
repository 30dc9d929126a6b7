import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { editText, fieldText, parseNumber, readings } from './numbers.ts';

export interface ValueFieldProps {
  readonly name: string;
  readonly value: bigint;
  readonly bits: number;
  readonly changed: boolean;
  readonly disabled: boolean;
  readonly tabIndex: number;
  readonly onCommit: (value: bigint) => void;
  readonly onFocus: () => void;
}

/** A register, edited in place: Enter commits, Escape or leaving the field does not. */
export function ValueField({ name, value, bits, changed, disabled, tabIndex, onCommit, onFocus }: ValueFieldProps): JSX.Element {
  const editing = useSignal<string | undefined>(undefined);
  const parsed = editing.value === undefined ? undefined : parseNumber(editing.value, bits);
  const problem = parsed?.problem;
  const leave = (): void => {
    editing.value = undefined;
  };
  return (
    <label class={`value-field ${changed ? 'changed' : ''} ${value === 0n ? 'zero' : ''} ${bits > 64 ? 'long' : ''}`}>
      <span class="name">{name}</span>
      <input
        aria-label={changed ? `${name}, changed` : name}
        aria-invalid={problem !== undefined}
        autocomplete="off"
        spellcheck={false}
        readOnly={disabled}
        tabIndex={tabIndex}
        title={problem ?? readings(value, bits)}
        value={editing.value ?? fieldText(value, bits)}
        onFocus={(event) => {
          onFocus();
          if (disabled) return;
          const input = event.currentTarget;
          editing.value = editText(value);
          // After the new text is in it; who has tabbed on by then would be fetched back, since select() focuses.
          requestAnimationFrame(() => {
            if (document.activeElement === input) input.select();
          });
        }}
        onBlur={leave}
        onInput={(event) => {
          editing.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && parsed !== undefined && parsed.problem === undefined) {
            if (parsed.value !== value) onCommit(parsed.value);
            editing.value = editText(parsed.value);
          } else if (event.key === 'Escape' && editing.value !== undefined) {
            event.stopPropagation();
            editing.value = editText(value);
          }
        }}
      />
      {problem === undefined ? null : <span class="problem" role="alert">{problem}</span>}
    </label>
  );
}
