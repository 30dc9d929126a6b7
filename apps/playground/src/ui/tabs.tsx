import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import '../styles/tabs.css';

export interface TabsProps<T extends string> {
  /** What the tabs are of, for who cannot see it. */
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly onChange: (value: T) => void;
  /** Id of the element that each tab shows. */
  readonly panelId: (value: T) => string;
}

/** A bar of tabs: one is in the tab order, the arrow keys go to the others and open them. */
export function Tabs<T extends string>({ label, value, options, onChange, panelId }: TabsProps<T>): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = options.findIndex((option) => option.value === value);
    const last = options.length - 1;
    const targets: Readonly<Record<string, number>> = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last };
    const to = targets[event.key];
    const option = to === undefined ? undefined : options[to];
    if (to === undefined || option === undefined) return;
    event.preventDefault();
    onChange(option.value);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[to]?.focus();
  };
  return (
    <div ref={list} class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {options.map((option) => (
        <button
          key={option.value}
          role="tab"
          id={`${panelId(option.value)}-tab`}
          aria-selected={option.value === value}
          aria-controls={option.value === value ? panelId(option.value) : undefined}
          tabIndex={option.value === value ? 0 : -1}
          onClick={() => onChange(option.value)}
        >
          {option.text}
        </button>
      ))}
    </div>
  );
}
