import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { CPU_MODEL_NAMES } from '@wasm-tcg/emulator';
import { Dialog } from '../ui/dialog.tsx';
import { Segmented } from '../ui/segmented.tsx';
import type { LabController } from './controller.ts';
import { parseNumber } from './machine/numbers.ts';
import { ORIGINS, type Bits, type Program } from './protocol.ts';

const BITS = [
  { value: '16', text: '16', title: 'Real mode' },
  { value: '32', text: '32', title: 'Protected mode' },
  { value: '64', text: '64', title: 'Long mode' },
] as const;

const SYNTAXES = [
  { value: 'asm', text: 'Assembly', title: 'Intel syntax, 32- and 64-bit code' },
  { value: 'hex', text: 'Hex', title: 'Bytes, with labels and comments' },
] as const satisfies readonly { readonly value: Program['syntax']; readonly text: string; readonly title: string }[];

/** Width of the code. 16-bit code is written as bytes: the assembler has none. */
export function BitsChoice({ lab }: { readonly lab: LabController }): JSX.Element {
  const { bits, syntax, origin } = lab.program.value;
  const onChange = (value: `${Bits}`): void => {
    const next = Number(value) as Bits;
    const [lowest, highest] = ORIGINS[next];
    lab.edit({ bits: next, syntax: next === 16 ? 'hex' : syntax, origin: Math.min(Math.max(origin, lowest), highest) });
  };
  return <Segmented label="Width of the code, bits" value={`${bits}`} options={BITS} onChange={onChange} />;
}

/** What is set once for a program: syntax, origin, processor. */
export function ProgramSettings({ lab }: { readonly lab: LabController }): JSX.Element {
  const open = useSignal(false);
  return (
    <>
      <button onClick={() => (open.value = true)}>Settings</button>
      {open.value ? <SettingsDialog lab={lab} onClose={() => (open.value = false)} /> : null}
    </>
  );
}

function SettingsDialog({ lab, onClose }: { readonly lab: LabController; readonly onClose: () => void }): JSX.Element {
  const { bits, syntax, origin, model } = lab.program.value;
  const typed = useSignal(`0x${origin.toString(16)}`);
  const problem = originProblem(typed.value, bits);
  const [lowest, highest] = ORIGINS[bits];
  return (
    <Dialog title="Program settings" onClose={onClose}>
      <div class="settings">
        <div class="field">
          <span class="label">Source</span>
          <Segmented label="Source" value={syntax} options={SYNTAXES} disabled={bits === 16} onChange={(value) => lab.edit({ syntax: value })} />
          {bits === 16 ? <span class="muted">16-bit code is written as bytes: the assembler knows 32- and 64-bit code only.</span> : null}
        </div>
        <label class="field">
          <span class="label">Origin: where the program is loaded and starts</span>
          <input
            value={typed.value}
            aria-invalid={problem !== ''}
            aria-describedby="origin-problem"
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
              const parsed = parseNumber(typed.value, 32);
              if (originProblem(typed.value, bits) === '' && parsed.problem === undefined) lab.edit({ origin: Number(parsed.value) });
            }}
          />
          <span id="origin-problem" class={problem === '' ? 'muted' : 'problem'}>{problem === '' ? `0x${lowest.toString(16)} … 0x${highest.toString(16)}` : problem}</span>
        </label>
        <label class="field">
          <span class="label">Processor</span>
          <select
            value={model}
            onChange={(event) => {
              const { value } = event.currentTarget;
              const next = CPU_MODEL_NAMES.find((name) => name === value);
              if (next !== undefined) lab.edit({ model: next });
            }}
          >
            {CPU_MODEL_NAMES.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      </div>
    </Dialog>
  );
}

function originProblem(text: string, bits: Bits): string {
  const parsed = parseNumber(text, 32);
  if (parsed.problem !== undefined) return parsed.problem;
  const [lowest, highest] = ORIGINS[bits];
  return parsed.value < BigInt(lowest) || parsed.value > BigInt(highest) ? `must be 0x${lowest.toString(16)} … 0x${highest.toString(16)} in ${bits}-bit code` : '';
}
