import { useSignalEffect, type ReadonlySignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Theme } from '../../app/theme.ts';
import type { MachineTerminal } from '../terminal/machine-terminal.ts';
import { WAY_OUT_ID } from './status-line.tsx';

export interface TerminalPaneProps {
  readonly terminal: MachineTerminal;
  readonly theme: ReadonlySignal<Theme>;
  /** Files hang over the page. */
  readonly over: ReadonlySignal<boolean>;
}

/** Where Ctrl-Shift-arrow leads from the terminal. */
const NEIGHBOURS = { before: '.machine-toolbar button:not(:disabled)', after: '.machine-status' } as const;

/** @returns what takes it away */
function showTerminal(terminal: MachineTerminal, element: HTMLElement): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const recolor = (): void => terminal.recolor(element);
  const unmount = terminal.mount(element, WAY_OUT_ID, (towards) => document.querySelector<HTMLElement>(NEIGHBOURS[towards])?.focus());
  dark.addEventListener('change', recolor);
  return () => {
    dark.removeEventListener('change', recolor);
    unmount();
  };
}

/** The terminal's place: as large as the page leaves. */
export function TerminalPane({ terminal, theme, over }: TerminalPaneProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    let unmount: (() => void) | undefined;
    // In a task of its own: making the view was one already.
    const timer = setTimeout(() => {
      unmount = showTerminal(terminal, element);
      // What had the focus, a button of the start screen, is gone.
      if (document.activeElement === null || document.activeElement === document.body) terminal.focus();
    });
    return () => {
      clearTimeout(timer);
      unmount?.();
    };
  }, [terminal]);
  useSignalEffect(() => {
    // The page's attribute follows the same signal, in an effect of its own: look after it.
    if (theme.value !== undefined) queueMicrotask(() => place.current !== null && terminal.recolor(place.current));
  });
  return (
    <div class="terminal-frame" data-testid="machine-terminal" data-drop={over}>
      <div class="terminal-place" ref={place} />
      <p class="terminal-drop" aria-hidden="true">Drop files to send them to the guest</p>
      <output class="visually-hidden terminal-screen" data-testid="machine-screen" aria-live="off" aria-label="Screen of the terminal">
        {terminal.screen}
      </output>
    </div>
  );
}
