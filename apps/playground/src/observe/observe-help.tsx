import type { JSX } from 'preact';
import { Help } from '../ui/help.tsx';

const SHORTCUTS = [
  { keys: ['h'], does: 'hold the display, or let it go on' },
  { keys: ['1', '2', '3'], does: 'show 30 seconds, 2 minutes, 10 minutes' },
  { keys: ['m'], does: 'memory now, or over time' },
  { keys: ['c'], does: 'colour by tier, or by time spent' },
  { keys: ['t'], does: 'memory as a table' },
  { keys: ['←', '→', '↑', '↓'], does: 'in the memory picture: choose a cell; in a chart: move through time' },
  { keys: ['Enter'], does: 'zoom into the chosen cell' },
  { keys: ['Esc'], does: 'zoom out' },
] as const;

/** What Observe shows, for who does not know the project. */
export function ObserveHelp(): JSX.Element {
  return (
    <Help title="Observe" shortcuts={SHORTCUTS}>
      <p>
        The machine of the Machine view, from the inside. Guest code is first run by an <b class="tier-tci">interpreter (TCI)</b>; blocks that turn out hot are compiled to WebAssembly,
        first as <b class="tier-module">modules</b> of single blocks, then as <b class="tier-region">regions</b> of many blocks that are optimised together.
      </p>
      <p>
        <b>Physical memory</b> shows where translated code lies and where instructions are executed. <b>Hottest blocks</b> are found by sampling; an address opens in the Lab with
        its bytes, to see every stage of its translation. The <b>charts</b> share one crosshair. Every picture is also a table.
      </p>
      <p>From when this view is first opened, machines take samples; that costs them a few percent of their speed.</p>
    </Help>
  );
}
