import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { LabAddress } from './address.ts';
import type { LabController } from './controller.ts';
import { EXAMPLES } from './examples.ts';
import { LabHelp } from './lab-help.tsx';
import { BitsChoice, ProgramSettings } from './program-settings.tsx';

/** What the program is, and where it can go. */
export function LabBar({ lab, address }: { readonly lab: LabController; readonly address: LabAddress }): JSX.Element {
  const example = EXAMPLES.find(({ program }) => program.text === lab.program.value.text);
  return (
    <div class="lab-bar">
      <div class="toolbar" role="group" aria-label="Program">
        <select
          aria-label="Example"
          data-testid="lab-examples"
          value={example?.id ?? ''}
          onChange={(event) => {
            const { value } = event.currentTarget;
            const chosen = EXAMPLES.find(({ id }) => id === value);
            if (chosen !== undefined) void lab.open(chosen.program, { unit: chosen.unit });
          }}
        >
          <option value="" disabled>Your program</option>
          {EXAMPLES.map(({ id, title }) => <option key={id} value={id}>{title}</option>)}
        </select>
        <BitsChoice lab={lab} />
        <ProgramSettings lab={lab} />
        <CopyLink address={address} />
        <LabHelp />
      </div>
      <p class="shows">{example?.shows ?? ''}</p>
    </div>
  );
}

/** Where the browser gives no access to the clipboard, the link stands in the address bar. */
function CopyLink({ address }: { readonly address: LabAddress }): JSX.Element {
  const said = useSignal('');
  const copy = async (): Promise<void> => {
    const link = await address.link();
    try {
      await navigator.clipboard.writeText(link);
      said.value = 'Copied';
    } catch {
      said.value = 'It is in the address bar';
    }
    setTimeout(() => {
      said.value = '';
    }, 3000);
  };
  return (
    <>
      <button title="A link that holds program and settings" onClick={() => void copy()}>Copy link</button>
      <span class="muted" role="status">{said.value}</span>
    </>
  );
}
