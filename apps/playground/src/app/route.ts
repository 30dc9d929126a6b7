/** Where the page is: `#/lab?…`, `#/machine?…`, `#/observe`. The fragment is the whole state, so that a link, reload and the back button work without a server. */
import { signal, type ReadonlySignal } from '@preact/signals';

export const VIEWS = ['lab', 'machine', 'observe'] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  readonly view: View;
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const view = VIEWS.find((name) => name === path) ?? 'lab';
  return { view, query: new URLSearchParams(query) };
}

export function routeHash(view: View, query?: URLSearchParams): string {
  const text = query?.toString() ?? '';
  return `#/${view}${text === '' ? '' : `?${text}`}`;
}

/** The route of this window, kept up to date. */
export function watchRoute(target: Window): ReadonlySignal<Route> {
  const route = signal(parseRoute(target.location.hash));
  target.addEventListener('hashchange', () => {
    route.value = parseRoute(target.location.hash);
  });
  return route;
}
