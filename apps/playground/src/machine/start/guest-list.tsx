import type { JSX } from 'preact';
import { formatBytes } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import type { SiteGuest } from '../protocol.ts';
import type { StartProps } from './start-screen.tsx';

/** Built in: every site has it. */
const BUILT_IN = 'tiny';

/** The guests of the site, each with one button that boots it. */
export function GuestList({ machine, address }: StartProps): JSX.Element {
  const guests = machine.guests.value;
  if (guests === undefined) return <p class="muted" role="status">Looking for guests…</p>;
  const more = guests.some((guest) => guest.name !== BUILT_IN);
  return (
    <section aria-label="Guests of this site">
      <ul class="guests">
        {guests.map((guest, index) => <GuestCard key={guest.name} guest={guest} primary={index === 0} onBoot={() => void address.boot(guest.name)} />)}
        {more ? null : (
          <li>
            <Notice what="This site has no Linux." hint="Whoever builds it can add it: npm run playground:build -- --with-guests. Or start a kernel and an initrd of your own, below." />
          </li>
        )}
      </ul>
    </section>
  );
}

interface GuestCardProps {
  readonly guest: SiteGuest;
  readonly primary: boolean;
  readonly onBoot: () => void;
}

function GuestCard({ guest, primary, onBoot }: GuestCardProps): JSX.Element {
  const { name, title, description, bits, bytes, memory } = guest;
  return (
    <li class="guest">
      <h2>{title}</h2>
      <p>{description}</p>
      <dl class="facts">
        <div><dt>Code</dt><dd>{bits}-bit</dd></div>
        <div><dt>Memory</dt><dd>{formatBytes(memory * 2 ** 20)}</dd></div>
        <div><dt>To fetch</dt><dd>{bytes === 0 ? 'nothing' : formatBytes(bytes)}</dd></div>
      </dl>
      <button class={primary ? 'primary' : ''} data-testid={`machine-start-${name}`} aria-label={`Boot ${title}`} onClick={onBoot}>Boot</button>
    </li>
  );
}
