import type { ComponentChildren, JSX } from 'preact';
import { describeError } from '../rpc/errors.ts';

export interface NoticeProps {
  readonly kind?: 'info' | 'warning' | 'error';
  /** What happened. */
  readonly what: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
  readonly actions?: ComponentChildren;
}

/** One thing a person should know: what happened, and what to do. Errors are read out. */
export function Notice({ kind = 'info', what, hint, actions }: NoticeProps): JSX.Element {
  return (
    <div class={`notice ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <div class="what">{what}</div>
      {hint === undefined || hint === '' ? null : <div>{hint}</div>}
      {actions === undefined ? null : <div class="actions">{actions}</div>}
    </div>
  );
}

export interface ErrorNoticeProps {
  readonly error: unknown;
  readonly onClose?: () => void;
  /** What else can be done about it. */
  readonly actions?: ComponentChildren;
}

/** An error of ours, of a worker's, or of anything. */
export function ErrorNotice({ error, onClose, actions }: ErrorNoticeProps): JSX.Element {
  const { message, hint } = describeError(error);
  const buttons = onClose === undefined ? actions : <>{actions}<button onClick={onClose}>Dismiss</button></>;
  return <Notice kind="error" what={message} hint={hint} actions={buttons} />;
}
