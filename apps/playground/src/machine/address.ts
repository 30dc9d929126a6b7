/**
 * The address of the Machine view and what it does: `#/machine?boot=NAME&memory=512…`. A link reproduces a start, so an address with `boot` starts that guest once,
 * and what is started by hand is written into the address. Only guests of the site start that way: an address can name nothing else.
 */
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { routeHash, type Route } from '../app/route.ts';
import type { MachineController } from './controller.ts';
import { DEFAULT_SETTINGS, settingsFromQuery, settingsToQuery, type MachineSettings } from './settings.ts';

/** Where the choices of the last visit are. */
export interface SettingsMemory {
  load(): string;
  save(text: string): void;
}

export class MachineAddress {
  readonly #controller: MachineController;
  readonly #memory: SettingsMemory;
  readonly #replace: (hash: string) => void;
  readonly #settings;
  #written: string | undefined;

  /** @param replace put another fragment in the place of the present one */
  constructor(controller: MachineController, memory: SettingsMemory, replace: (hash: string) => void) {
    this.#controller = controller;
    this.#memory = memory;
    this.#replace = replace;
    this.#settings = signal<MachineSettings>(settingsFromQuery(new URLSearchParams(memory.load())));
  }

  get settings(): ReadonlySignal<MachineSettings> {
    return this.#settings;
  }

  /** Follow the address until the result is called. */
  follow(route: ReadonlySignal<Route>): () => void {
    let alive = this.#controller.status.peek() !== 'off';
    const stopRoute = effect(() => {
      const { view, query } = route.value;
      if (view === 'machine') this.#adopt(query);
    });
    const stopStatus = effect(() => {
      const was = alive;
      alive = this.#controller.status.value !== 'off';
      if (was && !alive) this.#write(undefined);
    });
    return () => {
      stopRoute();
      stopStatus();
    };
  }

  /** Other settings, remembered. */
  change(settings: MachineSettings): void {
    this.#settings.value = settings;
    this.#memory.save(settingsToQuery(settings).toString());
    this.#write(undefined);
  }

  /** Boot a guest of the site, and let the address say so. */
  async boot(name: string): Promise<void> {
    this.#write(name);
    await this.#controller.startGuest(name, this.#settings.value);
    if (this.#controller.status.peek() === 'off') this.#write(undefined);
  }

  #adopt(query: URLSearchParams): void {
    const text = query.toString();
    if (text === this.#written) return;
    this.#written = text;
    if (text !== '') this.#settings.value = settingsFromQuery(query, DEFAULT_SETTINGS);
    const name = query.get('boot');
    const idle = this.#controller.status.peek() === 'off' && this.#controller.error.peek() === undefined;
    if (name !== null && idle) void this.boot(name);
  }

  #write(boot: string | undefined): void {
    const query = settingsToQuery(this.#settings.peek(), boot);
    if (query.toString() === this.#written) return;
    this.#written = query.toString();
    this.#replace(routeHash('machine', query));
  }
}

/** In the browser's storage; a page that may not use it remembers nothing. */
export function storedSettings(): SettingsMemory {
  const KEY = 'wasm-tcg-machine';
  return {
    load: () => {
      try {
        return localStorage.getItem(KEY) ?? '';
      } catch {
        return '';
      }
    },
    save: (text) => {
      try {
        localStorage.setItem(KEY, text);
      } catch {
        // Nothing to keep it in: the choice holds for this visit.
      }
    },
  };
}
