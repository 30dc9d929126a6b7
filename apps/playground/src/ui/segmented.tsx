import type { JSX } from 'preact';

export interface SegmentedProps<T extends string> {
  /** What is chosen, for who cannot see it. */
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string; readonly title?: string }[];
  readonly onChange: (value: T) => void;
  readonly disabled?: boolean;
}

/** One of a few: radio buttons that look like one control, with the keys of radio buttons. */
export function Segmented<T extends string>({ label, value, options, onChange, disabled = false }: SegmentedProps<T>): JSX.Element {
  const name = `segmented-${label.replaceAll(/\W+/g, '-')}`;
  return (
    <fieldset class="segmented" role="radiogroup" aria-label={label} disabled={disabled}>
      {options.map((option) => (
        <label key={option.value} title={option.title}>
          <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChange(option.value)} />
          {option.text}
        </label>
      ))}
    </fieldset>
  );
}
