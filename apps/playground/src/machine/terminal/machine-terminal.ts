/**
 * The serial terminal: xterm.js, joined to a machine's serial line. It is made when the Machine view first shows a machine and kept by the session from then on;
 * the view mounts and unmounts its element.
 *
 * Tab belongs to the guest, so another way out is needed: Ctrl-Shift-arrow (`onLeave`).
 */
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { BootPhase } from '../boot-phase.ts';
import type { MachineConfig } from '../protocol.ts';
import type { SerialLine } from '../serial-line.ts';
import { controlOf, keySequence, type ScreenKey } from './keys.ts';
import { terminalTheme } from './palette.ts';
import { screenText } from './screen-text.ts';

/** ms between two looks at the screen's text; and while so much is printed that nobody reads it. */
const SCREEN_INTERVAL = 250;
const BUSY_INTERVAL = 1000;
/** Bytes in one interval that nobody reads. */
const MUCH = 4096;
const SCROLLBACK = 5000;
/** Of the letters' size: some fonts have their underscore below what they say is their height. */
const LINE_HEIGHT = 1.2;
/** Faint, since the guest did not print it. */
const RESUMED = '\u001b[2m[resumed; a snapshot does not hold the screen: Enter shows the prompt]\u001b[0m\r\n';

export interface TerminalOwner {
  readonly serial: SerialLine;
  /** Somebody takes what is typed. */
  readonly alive: ReadonlySignal<boolean>;
  /** Changes when another machine begins. */
  readonly run: ReadonlySignal<number>;
  /** Of that machine: set before `run` changes. */
  readonly config: ReadonlySignal<MachineConfig | undefined>;
  /** What is typed. */
  input(bytes: Uint8Array): void;
}

export class MachineTerminal {
  readonly #xterm: Terminal;
  readonly #fit = new FitAddon();
  readonly #owner: TerminalOwner;
  readonly #screen = signal('');
  readonly #phase = signal<string | undefined>(undefined);
  readonly #control = signal(false);
  #boot = new BootPhase();
  /** Bytes since the last look. */
  #printed = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onLeave: ((towards: 'before' | 'after') => void) | undefined;

  /** The last lines, a few times a second. */
  readonly screen: ReadonlySignal<string> = this.#screen;
  /** How far the guest has come, if that shows. */
  readonly phase: ReadonlySignal<string | undefined> = this.#phase;
  /** The next character becomes a control character. */
  readonly control: ReadonlySignal<boolean> = this.#control;

  constructor(owner: TerminalOwner) {
    this.#owner = owner;
    this.#xterm = new Terminal({ scrollback: SCROLLBACK, minimumContrastRatio: 4.5, cursorBlink: false, lineHeight: LINE_HEIGHT });
    this.#xterm.loadAddon(this.#fit);
    this.#xterm.onData((text) => this.#send(text));
    this.#xterm.onBinary((text) => owner.input(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    this.#xterm.onWriteParsed(() => this.#changed());
    this.#xterm.attachCustomKeyEventHandler((event) => this.#key(event));
    effect(() => {
      if (owner.run.value > 0) this.#clear();
    });
    owner.serial.attach((bytes) => this.#print(bytes));
  }

  /**
   * Show it in an element, as large as that is, from now on.
   * @param describedBy id of the text that tells the way out
   * @returns what takes it out again
   */
  mount(parent: HTMLElement, describedBy: string, onLeave: (towards: 'before' | 'after') => void): () => void {
    this.#onLeave = onLeave;
    const { element } = this.#xterm;
    if (element === undefined) {
      this.#xterm.options.fontFamily = getComputedStyle(parent).fontFamily;
      this.recolor(parent);
      this.#xterm.open(parent);
    } else {
      parent.append(element);
    }
    this.#xterm.textarea?.setAttribute('aria-label', 'Terminal of the machine');
    this.#xterm.textarea?.setAttribute('aria-describedby', describedBy);
    const fit = (): void => {
      // Smaller where there is little room: machine.css decides.
      this.#xterm.options.fontSize = Number.parseFloat(getComputedStyle(parent).fontSize);
      if (parent.clientHeight > 0) this.#fit.fit();
    };
    // Its first call is in the next frame: opening and fitting are two tasks of the page, each half as long.
    const observer = new ResizeObserver(fit);
    observer.observe(parent);
    this.#changed();
    return () => {
      observer.disconnect();
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#onLeave = undefined;
      this.#xterm.element?.remove();
    };
  }

  /** The theme has changed. */
  recolor(within: Element): void {
    this.#xterm.options.theme = terminalTheme(within);
  }

  /** Announce what is printed, and make the screen a list that can be read line by line. */
  get screenReader(): boolean {
    return this.#xterm.options.screenReaderMode === true;
  }

  set screenReader(on: boolean) {
    this.#xterm.options.screenReaderMode = on;
  }

  #clear(): void {
    this.#xterm.reset();
    this.#boot = new BootPhase();
    this.#phase.value = undefined;
    this.#screen.value = '';
    if (this.#owner.config.peek()?.source.kind === 'snapshot') this.#xterm.write(RESUMED);
  }

  focus(): void {
    this.#xterm.focus();
  }

  get size(): { readonly rows: number; readonly columns: number } {
    return { rows: this.#xterm.rows, columns: this.#xterm.cols };
  }

  /** Type text, as if it were pasted. */
  paste(text: string): void {
    this.#xterm.paste(text);
  }

  get selection(): string {
    return this.#xterm.getSelection();
  }

  press(key: ScreenKey): void {
    this.#send(keySequence(key, this.#xterm.modes.applicationCursorKeysMode));
  }

  toggleControl(): void {
    this.#control.value = !this.#control.value;
  }

  /** As a piece of text, past xterm. */
  type(text: string): void {
    this.#owner.input(new TextEncoder().encode(text));
  }

  #send(text: string): void {
    const control = this.#control.value;
    this.#control.value = false;
    this.type(control ? controlOf(text) : text);
  }

  #print(bytes: Uint8Array): Promise<void> {
    this.#boot.see(bytes);
    this.#printed += bytes.length;
    return new Promise((resolve) => {
      this.#xterm.write(bytes, resolve);
    });
  }

  #changed(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#printed = 0;
      this.#screen.value = screenText(this.#xterm.buffer.active);
      this.#phase.value = this.#boot.phase;
    }, this.#printed > MUCH ? BUSY_INTERVAL : SCREEN_INTERVAL);
  }

  /** @returns whether xterm may have the key */
  #key(event: KeyboardEvent): boolean {
    // Nobody is there: keys are the page's, Tab leads on.
    if (!this.#owner.alive.peek()) return false;
    if (!event.ctrlKey || !event.shiftKey) return true;
    const back = event.key === 'ArrowUp' || event.key === 'ArrowLeft';
    if (back || event.key === 'ArrowDown' || event.key === 'ArrowRight') {
      if (event.type === 'keydown') this.#onLeave?.(back ? 'before' : 'after');
      event.preventDefault();
      return false;
    }
    // The browser's own keys for these work on the text field and not on the screen.
    if (event.key.toLowerCase() === 'c' && this.selection !== '') {
      if (event.type === 'keydown') void navigator.clipboard.writeText(this.selection).catch(() => undefined);
      event.preventDefault();
      return false;
    }
    return true;
  }
}
