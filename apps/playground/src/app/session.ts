/** What outlives a change of view: the machine goes on running while the Lab is open, and each view comes back as it was left. */
import { effect, type ReadonlySignal } from '@preact/signals';
import { MachineController } from '../machine/controller.ts';
import { routeHash, type Route, type View } from './route.ts';

export class Session {
  readonly machine = new MachineController();
  readonly #addresses = new Map<View, string>();

  constructor(route: ReadonlySignal<Route>) {
    effect(() => {
      const { view, query } = route.value;
      this.#addresses.set(view, routeHash(view, query));
    });
  }

  /** Where a view's tab leads: to where the view was left. */
  lastAddress(view: View): string {
    return this.#addresses.get(view) ?? routeHash(view);
  }
}
