import type { JSX } from 'preact';
import type { ViewProps } from '../app/app.tsx';

export function ObserveView({ session }: ViewProps): JSX.Element {
  return <p>{session.machine.status.value}</p>;
}
