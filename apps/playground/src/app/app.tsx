/** The frame: navigation, theme, what the browser lacks, and the view that the address names. Views load when they are first opened. */
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';
import { lazy, Suspense } from 'preact/compat';
import type { Session } from './session.ts';
import type { MissingFeature } from './features.ts';
import { routeHash, VIEWS, type Route, type View } from './route.ts';
import { THEMES, type Theme } from './theme.ts';
import { Notice } from '../ui/notice.tsx';

export interface ViewProps {
  readonly session: Session;
  readonly route: ReadonlySignal<Route>;
  readonly theme: ReadonlySignal<Theme>;
}

const TITLES: Readonly<Record<View, string>> = { lab: 'Lab', machine: 'Machine', observe: 'Observe' };

const PAGES: Readonly<Record<View, ComponentType<ViewProps>>> = {
  lab: lazy(async () => (await import('../lab/lab-view.tsx')).LabView),
  machine: lazy(async () => (await import('../machine/machine-view.tsx')).MachineView),
  observe: lazy(async () => (await import('../observe/observe-view.tsx')).ObserveView),
};

export interface AppProps {
  readonly session: Session;
  readonly route: ReadonlySignal<Route>;
  readonly theme: Signal<Theme>;
  readonly missing: readonly MissingFeature[];
}

export function App({ session, route, theme, missing }: AppProps): JSX.Element {
  const { view } = route.value;
  const Page = PAGES[view];
  const fatal = missing.some((feature) => feature.fatal);
  return (
    <>
      <a class="skip-link" href="#main" onClick={skipToMain}>Skip to the content</a>
      <header class="site-bar">
        <a class="brand" href={routeHash('lab')}>wasm-tcg</a>
        <nav aria-label="Views">
          {VIEWS.map((name) => (
            <a key={name} href={session.lastAddress(name)} aria-current={name === view ? 'page' : undefined}>{TITLES[name]}</a>
          ))}
        </nav>
        <div class="end">
          <ThemeChoice theme={theme} />
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        <h1 class="visually-hidden">{TITLES[view]}</h1>
        {missing.map(({ name, effect, fatal: serious }) => (
          <Notice key={name} kind={serious ? 'error' : 'warning'} what={`This browser has no ${name}: ${effect}.`} hint="A current Chromium, Firefox or Safari has it." />
        ))}
        {fatal ? null : (
          <Suspense fallback={<p class="muted" role="status">Loading…</p>}>
            <Page session={session} route={route} theme={theme} />
          </Suspense>
        )}
      </main>
    </>
  );
}

/** The fragment is the address of a view, so the link may not change it. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}

function ThemeChoice({ theme }: { readonly theme: Signal<Theme> }): JSX.Element {
  return (
    <select
      aria-label="Colours"
      value={theme.value}
      onChange={(event) => {
        const { value } = event.currentTarget;
        theme.value = THEMES.find((name) => name === value) ?? 'system';
      }}
    >
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
