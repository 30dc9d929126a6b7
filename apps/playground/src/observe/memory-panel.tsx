/** Guest memory as it is now, a page or so of it, with what changes marked. It looks only while it can be seen. */
import { useComputed, useSignal, useSignalEffect, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useId } from 'preact/hooks';
import type { MachineController } from '../machine/controller.ts';
import { hex } from '../ui/format.ts';
import { Panel } from '../ui/panel.tsx';
import { MemoryReader } from './memory-reader.ts';
import { alignView, memoryLines, parseAddress, type MemoryLine } from './memory-text.ts';
import type { Observation } from './observation.ts';
import { useVisible } from './use-visible.ts';
import { useWidth } from './use-width.ts';

export interface MemoryPanelProps {
  readonly machine: MachineController;
  readonly observation: Observation;
  /** Physical address that is shown. */
  readonly address: Signal<number>;
}

/** ms between two looks. */
const INTERVAL = 250;
const LINES = 16;
/** Widths (CSS pixels) from which a line has so many bytes. */
const BYTES_PER_LINE = [[1080, 32], [600, 16], [0, 8]] as const;

interface Look {
  readonly address: number;
  readonly perLine: number;
  readonly bytes: Uint8Array;
  readonly lines: readonly MemoryLine[];
}

export function MemoryPanel({ machine, observation, address }: MemoryPanelProps): JSX.Element {
  const { ref, width } = useWidth<HTMLDivElement>();
  const visible = useVisible(ref);
  const reader = useSignal<MemoryReader | undefined>(undefined);
  const look = useSignal<Look | undefined>(undefined);
  const perLine = useComputed(() => BYTES_PER_LINE.find(([from]) => width.value >= from)?.[1] ?? 8);

  // A machine has its memory once it runs; another machine has another one.
  useSignalEffect(() => {
    const [run, alive] = [machine.run.value, machine.alive.value || machine.status.value === 'ended'];
    if (!alive) return;
    void MemoryReader.open(machine).then((opened) => {
      if (run === machine.run.peek()) reader.value = opened;
    });
  });

  useSignalEffect(() => {
    const source = reader.value;
    const wanted = { address: address.value, perLine: perLine.value };
    if (source === undefined || !visible.value) return undefined;
    let over = false;
    const update = async (): Promise<void> => {
      const length = LINES * wanted.perLine;
      const start = alignView(wanted.address, wanted.perLine, length, source.size);
      const bytes = await source.read(start, length);
      if (over || bytes === undefined) return;
      const before = look.peek();
      const same = before?.address === start && before.perLine === wanted.perLine;
      look.value = { address: start, perLine: wanted.perLine, bytes, lines: memoryLines(start, bytes, wanted.perLine, same ? before.bytes : undefined) };
    };
    void update();
    const timer = setInterval(() => {
      if (machine.status.peek() === 'running' && !observation.held.peek()) void update();
    }, INTERVAL);
    return () => {
      over = true;
      clearInterval(timer);
    };
  });

  const size = reader.value?.size ?? 0;
  return (
    <Panel title="Memory" class="observe-memory" testId="observe-memory" tools={<AddressField address={address} size={size} />}>
      <div ref={ref}>
        <MemoryLines look={look.value} address={address} size={size} />
        <p class="muted source">
          {reader.value === undefined
            ? 'No machine has memory now.'
            : reader.value.isShared
              ? 'Read from the guest’s memory itself, while it runs. Bytes that changed since the last look are marked.'
              : 'Asked of the machine four times a second. Bytes that changed since the last look are marked.'}
        </p>
      </div>
    </Panel>
  );
}

function MemoryLines({ look, address, size }: { readonly look: Look | undefined; readonly address: Signal<number>; readonly size: number }): JSX.Element {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (look === undefined) return;
    const { perLine } = look;
    const length = LINES * perLine;
    const steps: Readonly<Record<string, number>> = { ArrowUp: -perLine, ArrowDown: perLine, PageUp: -length, PageDown: length, Home: -size, End: size };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    address.value = alignView(look.address + step, perLine, length, size);
  };
  return (
    <div class="lines" tabIndex={0} role="group" aria-label="Bytes of physical memory. Arrow and page keys move through them." onKeyDown={onKeyDown}>
      {look?.lines.map(({ address: at, runs, text }) => (
        <div key={at}>
          <span class="at">{hex(at, 32)}</span>
          <span class="bytes">{runs.map((run, index) => (run.changed ? <mark key={index}>{run.text} </mark> : `${run.text} `))}</span>
          <span class="text">{text}</span>
        </div>
      ))}
    </div>
  );
}

function AddressField({ address, size }: { readonly address: Signal<number>; readonly size: number }): JSX.Element {
  const id = useId();
  const draft = useSignal<string | undefined>(undefined);
  const wrong = draft.value !== undefined && parseAddress(draft.value, size) === undefined;
  useEffect(() => address.subscribe(() => (draft.value = undefined)), [address, draft]);
  return (
    <form
      class="address"
      onSubmit={(event) => {
        event.preventDefault();
        const wanted = draft.value === undefined ? undefined : parseAddress(draft.value, size);
        if (wanted === undefined) return;
        address.value = wanted;
        draft.value = undefined;
      }}
    >
      <label for={id}>Physical address</label>
      <input
        id={id}
        value={draft.value ?? hex(address.value, 32)}
        size={10}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={wrong}
        title={wrong ? `A hex address below ${size.toString(16)}` : 'Hex; Enter goes there'}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') draft.value = undefined;
        }}
      />
      <button type="submit" disabled={wrong}>Go</button>
    </form>
  );
}
