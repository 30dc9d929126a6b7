import type { ComponentChildren, JSX } from 'preact';

export interface BusyButtonProps {
  readonly busy: boolean;
  readonly disabled?: boolean;
  readonly title?: string;
  readonly testId?: string;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

/** A button whose work takes a while. It keeps the focus meanwhile, which a disabled one would lose. */
export function BusyButton({ busy, disabled = false, title, testId, onClick, children }: BusyButtonProps): JSX.Element {
  return (
    <button aria-busy={busy} aria-disabled={busy} disabled={disabled} title={title} data-testid={testId} onClick={busy ? undefined : onClick}>
      {children}
    </button>
  );
}
