/** Observe: what the machine is doing, while it does it. */
import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { ViewProps } from '../app/app.tsx';
import type { MachineController } from '../machine/controller.ts';
import type { KeptSample } from '../machine/sample-ring.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { BlocksPanel } from './blocks-panel.tsx';
import { ChartPanel } from './chart-panel.tsx';
import { CHARTS } from './chart-specs.ts';
import { EmptyState } from './empty-state.tsx';
import { HeatPanel } from './heat-panel.tsx';
import type { HotBlock } from './hot-blocks.ts';
import { MemoryPanel } from './memory-panel.tsx';
import { ObserveHelp } from './observe-help.tsx';
import { Observation } from './observation.ts';
import { labAddress } from './open-in-lab.ts';
import { usePalette } from './palette.ts';
import { rememberedRates, startOf, visibleRange, windowPoints } from './rates.ts';
import { useShortcuts } from './shortcuts.ts';
import { StatusText } from './status-text.tsx';
import { useStages } from './use-stages.ts';
import { ViewState, WINDOWS, type WindowName } from './view-state.ts';
import './observe.css';

const WINDOW_OPTIONS = (Object.keys(WINDOWS) as WindowName[]).map((name) => ({ value: name, text: name }));

/** The samples of a machine, with its beginning; of one that was restored, that is not known. */
function* wholeRun({ samples, config }: MachineController): Iterable<KeptSample> {
  const first = samples.at(0);
  if (first !== undefined && config.peek()?.source.kind !== 'snapshot') yield startOf(first);
  yield* samples;
}

/** Memory map, blocks, each chart, memory. */
const STAGES = CHARTS.length + 3;
/** ms between the drawings of two charts. */
const STAGGER = 20;

export function ObserveView({ session, theme }: ViewProps): JSX.Element {
  const { machine } = session;
  const observation = session.kept(Observation, () => new Observation(machine));
  const state = session.kept(ViewState, () => new ViewState(machine.run));
  const palette = usePalette(theme);
  const hover = useSignal<number | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const memory = useRef<HTMLDivElement>(null);
  const stage = useStages(STAGES);
  useEffect(() => {
    // From now on, also while other views are open: who comes back finds what happened meanwhile.
    void machine.observe(true);
  }, [machine]);
  useShortcuts(observation, state);

  const rates = useMemo(rememberedRates, []);
  const points = useComputed(() => {
    void observation.version.value;
    return windowPoints(wholeRun(machine), { length: state.windowLength.value, end: observation.end }, rates);
  });
  const range = useComputed((): readonly [number, number] => {
    void observation.version.value;
    return visibleRange(observation.end, state.windowLength.value);
  });
  const open = async (block: HotBlock): Promise<void> => {
    try {
      location.hash = await labAddress(machine, block);
    } catch (problem) {
      error.value = problem;
    }
  };
  // An ended machine still has its memory.
  const present = useComputed(() => machine.alive.value || machine.status.value === 'ended');
  const show = (physical: number): void => {
    state.address.value = physical;
    memory.current?.scrollIntoView({ block: 'nearest' });
  };
  const hasData = useComputed(() => observation.version.value >= 0 && machine.samples.length > 0);

  const missed = useComputed(() => {
    void observation.version.value;
    return !machine.alive.value && machine.status.value !== 'starting' && observation.blocks.total('all') === 0;
  });

  if (!hasData.value) return <EmptyState machine={machine} />;
  const { held } = observation;
  return (
    <div class="observe">
      <div class="toolbar">
        <StatusText machine={machine} />
        <div class="end">
          <button aria-pressed={held.value} onClick={() => observation.hold(!held.value)}>{held.value ? 'Display held' : 'Hold display'}</button>
          <Segmented label="Time shown" value={state.window.value} options={WINDOW_OPTIONS} onChange={(value) => (state.window.value = value)} />
          <ObserveHelp />
        </div>
      </div>
      {error.value === undefined ? null : <ErrorNotice error={error.value} onClose={() => (error.value = undefined)} />}
      {missed.value ? (
        <Notice
          what="This machine ended before it was observed"
          hint="Where its code lies and what is hot are found by sampling, while this view is open. The charts below come from counters, which are always there."
          actions={<button class="primary" onClick={() => void machine.restart()}>Start it again</button>}
        />
      ) : null}
      <div class="observe-main">
        <HeatPanel observation={observation} state={state} palette={palette} />
        {stage.value < 2 ? null : <BlocksPanel observation={observation} state={state} canOpen={present} onOpen={(block) => void open(block)} onShow={show} />}
      </div>
      <div class="observe-charts">
        {CHARTS.slice(0, Math.max(0, stage.value - 2)).map((spec, index) => (
          <ChartPanel key={spec.id} spec={spec} points={points} delay={(index + 1) * STAGGER} range={range} hover={hover} palette={palette} state={state} />
        ))}
      </div>
      <div ref={memory}>
        {stage.value < STAGES ? null : <MemoryPanel machine={machine} observation={observation} address={state.address} />}
      </div>
    </div>
  );
}
