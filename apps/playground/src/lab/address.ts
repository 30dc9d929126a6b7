/**
 * The Lab in the address bar: the fragment follows program and settings, and an address that somebody opens restores them. The history does not grow: going
 * back leaves the Lab, and not one's typing.
 */
import { effect, type ReadonlySignal } from '@preact/signals';
import { parseRoute, routeHash, type Route } from '../app/route.ts';
import type { LabController } from './controller.ts';
import { EXAMPLES } from './examples.ts';
import { decodeLink, encodeLink } from './link.ts';
import type { LabSettings, Program } from './protocol.ts';

/** Name of the query's part. */
const KEY = 's';
/** From the last change to a new address, ms: browsers count changes and refuse more than a hundred in half a minute. */
const PAUSE = 500;

export class LabAddress {
  readonly #lab: LabController;
  readonly #window: Window;
  /** The state that is in the address bar. */
  #present: string | undefined;

  constructor(lab: LabController, target: Window) {
    this.#lab = lab;
    this.#window = target;
  }

  /** Connect both. Returns what ends it. */
  bind(route: ReadonlySignal<Route>): () => void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopReading = effect(() => {
      const { view, query } = route.value;
      if (view === 'lab') void this.#read(query.get(KEY) ?? undefined);
    });
    const stopWriting = effect(() => {
      const program = this.#lab.program.value;
      const settings = this.#lab.settings.value;
      if (!this.#lab.opened.value) return;
      clearTimeout(timer);
      timer = setTimeout(() => void this.#write(program, settings), PAUSE);
    });
    return () => {
      clearTimeout(timer);
      stopReading();
      stopWriting();
    };
  }

  /** The page's address with the state of now in it, to be given away. */
  async link(): Promise<string> {
    await this.#write(this.#lab.program.peek(), this.#lab.settings.peek());
    return this.#window.location.href;
  }

  async #read(state: string | undefined): Promise<void> {
    const { opened } = this.#lab;
    if (state === undefined) {
      const [first] = EXAMPLES;
      if (!opened.peek()) return this.#lab.open(first.program, { unit: first.unit });
      this.#present = undefined;
      return this.#write(this.#lab.program.peek(), this.#lab.settings.peek());
    }
    if (opened.peek() && state === this.#present) return;
    this.#present = state;
    try {
      const { program, settings } = await decodeLink(state);
      await this.#lab.open(program, settings);
    } catch (error) {
      const [first] = EXAMPLES;
      if (!opened.peek()) void this.#lab.open(first.program, { unit: first.unit });
      this.#lab.report(error);
    }
  }

  async #write(program: Program, settings: LabSettings): Promise<void> {
    try {
      const state = await encodeLink(program, settings);
      if (program !== this.#lab.program.peek() || settings !== this.#lab.settings.peek() || state === this.#present) return;
      const { history, location } = this.#window;
      // Encoding takes a while: another view may have been opened meanwhile, and is not to be undone.
      if (parseRoute(location.hash).view !== 'lab') return;
      this.#present = state;
      history.replaceState(null, '', routeHash('lab', new URLSearchParams({ [KEY]: state })));
      // The frame keeps the address of each view: it hears of changes by this event only.
      this.#window.dispatchEvent(new HashChangeEvent('hashchange', { newURL: location.href }));
    } catch (error) {
      this.#lab.report(error);
    }
  }
}
