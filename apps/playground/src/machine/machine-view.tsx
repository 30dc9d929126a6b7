/** The Machine view: what to boot, then its terminal. The machine is the session's; leaving the view leaves it running. */
import type { JSX } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { ViewProps } from '../app/app.tsx';
import { MachineAddress, storedSettings } from './address.ts';
import { MachineAnnouncer } from './announcer.tsx';
import { RunScreen } from './run/run-screen.tsx';
import { StartScreen } from './start/start-screen.tsx';
import { StartingScreen } from './start/starting-screen.tsx';
import './machine.css';

export function MachineView({ session, route, theme }: ViewProps): JSX.Element {
  const { machine } = session;
  const address = useMemo(() => new MachineAddress(machine, storedSettings(), (hash) => location.replace(hash)), [machine]);
  useEffect(() => address.follow(route), [address, route]);
  useEffect(() => void machine.loadGuests(), [machine]);
  return (
    <div class="machine" data-status={machine.status}>
      <MachineAnnouncer machine={machine} />
      <Screen session={session} address={address} theme={theme} />
    </div>
  );
}

function Screen({ session, address, theme }: Pick<ViewProps, 'session' | 'theme'> & { readonly address: MachineAddress }): JSX.Element {
  const { machine } = session;
  switch (machine.status.value) {
    case 'off':
      return <StartScreen machine={machine} address={address} returning={machine.run.value > 0} />;
    case 'starting':
      return <StartingScreen machine={machine} />;
    default:
      return <RunScreen session={session} theme={theme} />;
  }
}
