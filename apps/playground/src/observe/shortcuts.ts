/** Keys of the whole view. */
import { useEffect } from 'preact/hooks';
import { isTyping } from '../ui/help.tsx';
import type { Observation } from './observation.ts';
import { WINDOWS, type ViewState, type WindowName } from './view-state.ts';

/** What a key does, or nothing. */
export function shortcut(key: string, observation: Observation, state: ViewState): (() => void) | undefined {
  const names = Object.keys(WINDOWS) as WindowName[];
  const window = names[Number(key) - 1];
  if (window !== undefined) return () => (state.window.value = window);
  const actions: Readonly<Record<string, () => void>> = {
    h: () => observation.hold(!observation.held.peek()),
    m: () => state.show(state.picture.value === 'now' ? 'history' : 'now'),
    c: () => (state.measure.value = state.measure.value === 'tier' ? 'time' : 'tier'),
    t: () => state.toggleTable('heat'),
  };
  return actions[key];
}

export function useShortcuts(observation: Observation, state: ViewState): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const action = shortcut(event.key, observation, state);
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [observation, state]);
}
