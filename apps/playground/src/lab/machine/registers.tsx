import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { LabController } from '../controller.ts';
import type { RegisterView } from '../protocol.ts';
import { ValueField } from './value-field.tsx';

type Group = RegisterView['group'];

const MORE: readonly { readonly group: Group; readonly title: string }[] = [
  { group: 'segments', title: 'Segments' },
  { group: 'control', title: 'Control' },
  { group: 'x87', title: 'x87' },
  { group: 'sse', title: 'SSE' },
];

/** What each flag says when it is set. Intel SDM vol. 1, 3.4.3. */
const FLAGS: Readonly<Record<string, string>> = {
  cf: 'carry',
  pf: 'parity: an even number of bits in the low byte',
  af: 'carry out of the low four bits',
  zf: 'zero',
  sf: 'sign: negative',
  tf: 'trap: stop after each instruction',
  if: 'interrupts allowed',
  df: 'direction: strings go downwards',
  of: 'overflow',
  nt: 'nested task',
  rf: 'resume: no debug fault at the next instruction',
  vm: 'virtual-8086 mode',
  ac: 'alignment checks',
  vif: 'virtual interrupt flag',
  vip: 'virtual interrupt pending',
  id: 'CPUID is there',
};

/** All registers of the machine. What changed in the last step is marked. */
export function Registers({ lab }: { readonly lab: LabController }): JSX.Element {
  const registers = lab.view.value?.registers ?? [];
  const of = (group: Group): readonly RegisterView[] => registers.filter((register) => register.group === group);
  const flags = of('flags');
  return (
    <div class="all-registers" data-testid="lab-registers">
      <RegisterGrid lab={lab} label="General registers" registers={[...of('general'), ...flags.filter(({ bits }) => bits > 1)]} />
      <Flags lab={lab} flags={flags.filter(({ bits }) => bits === 1)} />
      {MORE.map(({ group, title }) => <MoreRegisters key={group} lab={lab} title={title} registers={of(group)} />)}
    </div>
  );
}

function RegisterGrid({ lab, label, registers }: { readonly lab: LabController; readonly label: string; readonly registers: readonly RegisterView[] }): JSX.Element {
  /** Position of the one that Tab reaches; up and down go to the others. */
  const current = useSignal(0);
  const at = Math.min(current.value, registers.length - 1);
  const disabled = !lab.ready.value;
  return (
    <div
      class={`registers ${registers.some(({ bits }) => bits === 64) ? 'bits-64' : ''}`}
      role="group"
      aria-label={label}
      onKeyDown={(event) => {
        const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
        if (step === 0) return;
        event.preventDefault();
        event.currentTarget.querySelectorAll('input')[at + step]?.focus();
      }}
    >
      {registers.map(({ name, value, bits, changed }, i) => (
        <ValueField
          key={name}
          name={name}
          value={value}
          bits={bits}
          changed={changed}
          disabled={disabled}
          tabIndex={i === at ? 0 : -1}
          onCommit={(next) => void lab.setRegister(name, next)}
          onFocus={() => {
            current.value = i;
          }}
        />
      ))}
    </div>
  );
}

function Flags({ lab, flags }: { readonly lab: LabController; readonly flags: readonly RegisterView[] }): JSX.Element {
  const disabled = !lab.ready.value;
  return (
    <div class="flags" role="group" aria-label="Flags">
      {flags.map(({ name, value, changed }) => (
        <button
          key={name}
          class={changed ? 'changed' : ''}
          aria-pressed={value !== 0n}
          aria-label={`${name.toUpperCase()}, ${FLAGS[name] ?? 'flag'}${changed ? ', changed' : ''}`}
          title={FLAGS[name]}
          disabled={disabled}
          onClick={() => void lab.setRegister(name, value === 0n ? 1n : 0n)}
        >
          {name.toUpperCase()}
        </button>
      ))}
    </div>
  );
}

/** Closed, it still says whether something in it changed. */
function MoreRegisters({ lab, title, registers }: { readonly lab: LabController; readonly title: string; readonly registers: readonly RegisterView[] }): JSX.Element | null {
  const open = useSignal(false);
  if (registers.length === 0) return null;
  const changed = registers.filter((register) => register.changed).length;
  return (
    <details
      class="more"
      open={open.value}
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>
        {title}
        {changed > 0 ? <span class="count"> {changed} changed</span> : null}
      </summary>
      {open.value ? <RegisterGrid lab={lab} label={title} registers={registers} /> : null}
    </details>
  );
}
