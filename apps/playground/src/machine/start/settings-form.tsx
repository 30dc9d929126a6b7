import { useSignal, useSignalEffect } from '@preact/signals';
import type { JSX } from 'preact';
import { Panel } from '../../ui/panel.tsx';
import type { MachineAddress } from '../address.ts';
import { CLOCKS, DEFAULT_SETTINGS, memoryProblem, MODELS, MODES, settingsToQuery, type MachineSettings } from '../settings.ts';

const MODE_TEXTS: Readonly<Record<MachineSettings['mode'], string>> = {
  tiered: 'Tiered, the fastest',
  'tb-per-module': 'A module per block, as QEMU',
  tci: 'Interpreter only',
};
const CLOCK_TEXTS: Readonly<Record<MachineSettings['clock'], string>> = {
  host: 'This computer’s',
  icount: 'Instructions: runs are the same',
};

/** How machines are made. What is left empty is what the guest is made for. Remembered, and part of the address. */
export function SettingsForm({ address }: { readonly address: MachineAddress }): JSX.Element {
  const settings = address.settings.value;
  const memory = useSignal(textOf(settings.memory));
  const problem = memoryProblem(memory.value);
  const change = (part: Partial<MachineSettings>): void => address.change({ ...settings, ...part });
  useSignalEffect(() => {
    // Another address has other settings; what is being typed, and is no number yet, is left alone.
    const text = textOf(address.settings.value.memory);
    if (memoryProblem(memory.peek()) === undefined) memory.value = text;
  });
  return (
    <Panel
      title="Settings"
      class="settings"
      tools={settingsToQuery(settings).size === 0 ? undefined : <button onClick={() => address.change(DEFAULT_SETTINGS)}>Defaults</button>}
    >
      <form class="fields" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          <span class="label">Memory, MiB</span>
          <input
            inputMode="numeric"
            autocomplete="off"
            placeholder="as the guest needs"
            value={memory.value}
            aria-invalid={problem !== undefined}
            aria-describedby="machine-memory-problem"
            onInput={(event) => {
              const { value } = event.currentTarget;
              memory.value = value;
              if (memoryProblem(value) === undefined) change({ memory: value.trim() === '' ? undefined : Number(value) });
            }}
          />
          <span id="machine-memory-problem" class="problem" role="status">{problem === undefined ? '' : `Takes ${problem}`}</span>
        </label>
        <Choice label="Processor" value={settings.model ?? ''} names={['', ...MODELS]} text={(name) => (name === '' ? 'as the guest needs' : name)} onChange={(name) => change({ model: name === '' ? undefined : name })} />
        <Choice label="Execution" value={settings.mode} names={MODES} text={(name) => MODE_TEXTS[name]} onChange={(mode) => change({ mode })} />
        <Choice label="Clock" value={settings.clock} names={CLOCKS} text={(name) => CLOCK_TEXTS[name]} onChange={(clock) => change({ clock })} />
        <label class="field wide">
          <span class="label">Kernel command line, added</span>
          <input
            class="code"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            placeholder="console=ttyS0"
            value={settings.append}
            onInput={(event) => change({ append: event.currentTarget.value })}
          />
        </label>
      </form>
    </Panel>
  );
}

const textOf = (memory: number | undefined): string => (memory === undefined ? '' : String(memory));

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly names: readonly T[];
  readonly text: (name: T) => string;
  readonly onChange: (name: T) => void;
}

function Choice<T extends string>({ label, value, names, text, onChange }: ChoiceProps<T>): JSX.Element {
  return (
    <label class="field">
      <span class="label">{label}</span>
      <select
        value={value}
        onChange={(event) => {
          const name = names.find((candidate) => candidate === event.currentTarget.value);
          if (name !== undefined) onChange(name);
        }}
      >
        {names.map((name) => <option key={name} value={name}>{text(name)}</option>)}
      </select>
    </label>
  );
}
