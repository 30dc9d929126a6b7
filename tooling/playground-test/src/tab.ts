/** A page in a browser, as far as every browser here can be driven: what stories are told with. Nothing waits for time, all for conditions. */

/** An element by its test id, by role and accessible name, or by a selector. */
export interface Target {
  readonly testId?: string;
  readonly role?: 'button' | 'checkbox' | 'combobox' | 'dialog' | 'link' | 'radio' | 'tab' | 'textbox' | 'spinbutton';
  /** Accessible name: all of it. */
  readonly name?: string;
  readonly css?: string;
}

/** Default time for a condition, ms. */
export const PATIENCE = 15_000;

export interface Tab {
  /** What nobody should see: errors on the console, uncaught errors, files that could not be had. */
  readonly problems: readonly string[];
  /** Opens the site at a fragment, as a fresh page. */
  open(fragment: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs a function in the page; it may use nothing but its argument and the page. */
  evaluate<A, R>(run: (argument: A) => R, argument: A): Promise<R>;
  /** Until a function in the page returns something else than false, null, undefined, 0 or ''. @throws naming `what` after `patience` ms */
  waitFor<A, R>(what: string, condition: (argument: A) => R, argument: A, patience?: number): Promise<R>;
  click(target: Target, patience?: number): Promise<void>;
  /** The keyboard: a key (`Tab`, `Control+Enter`), or text as a person types it. */
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  picture(path: string): Promise<void>;
  close(): Promise<void>;
}

/** How a target reads in a message. */
export function describeTarget({ testId, role, name, css }: Target): string {
  if (testId !== undefined) return testId;
  if (role !== undefined) return `${role} ${JSON.stringify(name ?? '')}`;
  return css ?? '?';
}
