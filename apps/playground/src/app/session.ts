/** What outlives a change of view: the machine goes on running while the Lab is open, and each view comes back as it was left. */
import { effect, type ReadonlySignal } from '@preact/signals';
import { MachineController } from '../machine/controller.ts';
import { routeHash, type Route, type View } from './route.ts';

export class Session {
  readonly machine = new MachineController();
  readonly #addresses = new Map<View, string>();
  readonly #kept: object[] = [];

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

  /** What a view keeps while it is closed: one object of a class, made when it is first asked for. The frame knows nothing of it, so that views load late. */
  kept<T extends object>(type: abstract new (...args: never[]) => T, make: () => T): T {
    const found = this.#kept.find((object): object is T => object instanceof type);
    if (found !== undefined) return found;
    const made = make();
    this.#kept.push(made);
    return made;
  }
}
