/** The Lab: each example in all stages with the right result, and what the page does beyond that. */
import { Wrong } from '../rows.ts';
import type { LabExample } from '../site/examples.ts';
import type { Step, Story } from '../story.ts';
import type { Tab } from '../tab.ts';
import { chooseExample, chooseUnit, labReady, openPanes, register, runnable, runToEnd, setProgram, STAGES, stageShown } from './lab-page.ts';
import { chromiumTab, expectEqual, textOf } from './pages.ts';

const RUN_PATIENCE = 60_000;
const COMPARE_PATIENCE = 90_000;

/** What the page says of a run's end. */
const ENDED: Readonly<Record<string, RegExp>> = { halted: /^Halted/, faulted: /^Faulted/, shutdown: /^Shut down/, stopped: /^Stopped/ };
const PAGE_FAULT = 14;

async function showsStages(tab: Tab, { id }: LabExample): Promise<string> {
  await chooseExample(tab, id);
  await openPanes(tab, STAGES);
  const counts: string[] = [];
  for (const stage of STAGES) counts.push(`${stage} ${(await stageShown(tab, stage)).length}`);
  return `lines on the screen: ${counts.join(', ')}`;
}

async function comesToItsEnd(tab: Tab, { end: { status, registers, output, fault } }: LabExample): Promise<string> {
  const said = await runToEnd(tab, RUN_PATIENCE);
  if (ENDED[status]?.test(said) !== true) throw new Wrong(`it ended with "${said}" instead of ${status}`);
  for (const [name, value] of Object.entries(registers)) expectEqual(name, (await register(tab, name)).toString(16), value.toString(16));
  if (output !== undefined) expectEqual('the output', await tab.evaluate(() => document.querySelector('[data-testid="lab-output"]')?.textContent, undefined), output);
  if (fault !== undefined) {
    const text = await textOf(tab, 'lab-fault', /./);
    if (fault.vector === PAGE_FAULT && !text.toLowerCase().includes(fault.cr2.toString(16))) throw new Wrong(`the fault does not name the address 0x${fault.cr2.toString(16)}: ${text}`);
  }
  return /^[^\n]*?instructions?/.exec(said)?.[0] ?? said;
}

async function modesAgree(tab: Tab): Promise<string> {
  await tab.click({ role: 'tab', name: 'Compare modes' });
  await tab.click({ role: 'button', name: 'Compare modes' });
  await tab.waitFor('the result of the comparison', () => /result/.test(document.querySelector('[data-testid="lab-compare"] .agreement')?.textContent ?? ''), undefined, COMPARE_PATIENCE);
  const text = await textOf(tab, 'lab-compare', /./);
  if (!text.includes('The same result in every mode')) throw new Wrong(text);
  const modes = await tab.evaluate(() => [...document.querySelectorAll('[data-testid="lab-compare"] thead th')].slice(1).map((head) => head.textContent), undefined);
  expectEqual('the number of modes', modes.length, 3);
  const times = await tab.evaluate(() => [...document.querySelectorAll('[data-testid="lab-compare"] tbody tr:first-child td')].map((cell) => cell.textContent), undefined);
  return modes.map((mode, index) => `${mode} ${times[index]}`).join(', ');
}

/** All examples in one tab: each begins where the one before has ended, as for a person. */
const examplesStory = (examples: readonly LabExample[]): Story => ({
  name: 'lab examples',
  short: true,
  steps: ({ tab }) => [
    { name: 'the Lab opens with code in all stages', run: () => labReady(tab) },
    ...examples.flatMap((example): Step[] => [
      { name: `${example.id} shows all stages`, seconds: 60, alone: true, run: () => showsStages(tab, example) },
      { name: `${example.id} comes to the right result`, seconds: 90, alone: true, run: () => comesToItsEnd(tab, example) },
    ]),
  ],
});

const compareStory = (examples: readonly LabExample[]): Story => ({
  name: 'lab modes',
  steps: ({ tab }) => [
    { name: 'the Lab opens', run: () => labReady(tab) },
    ...examples.map(
      (example): Step => ({
        name: `${example.id} has the same result in every mode`,
        seconds: 120,
        alone: true,
        run: async () => (await chooseExample(tab, example.id), modesAgree(tab)),
      }),
    ),
  ],
});

/** What Firefox is asked for, too. */
const oneExample = ([example]: readonly LabExample[]): Story => ({
  name: 'lab example',
  browsers: ['firefox'],
  short: true,
  steps: ({ tab }) => [
    { name: 'the Lab opens', run: () => labReady(tab) },
    { name: `${example.id} shows all stages`, seconds: 60, run: () => showsStages(tab, example) },
    { name: `${example.id} comes to the right result`, seconds: 90, run: () => comesToItsEnd(tab, example) },
    { name: `${example.id} has the same result in every mode`, seconds: 120, run: () => modesAgree(tab) },
  ],
});

const LINKED_PANES = ['x86', 'ir', 'opt', 'tci', 'wat'] as const;
/** Assembles to two bytes that no example has. */
const LINKED_PROGRAM = 'mov eax, 0x1234\nadd eax, 0x4321\nimul ecx, eax\nhlt\n';

const linking: Story = {
  name: 'lab linking',
  steps: ({ tab }) => {
    const { page } = chromiumTab(tab);
    const linked = (): Promise<Record<string, number>> =>
      tab.evaluate(
        (panes) => Object.fromEntries(panes.map((pane) => [pane, document.querySelectorAll(`[data-testid="lab-pane-${pane}"] .code-row.linked`).length])),
        LINKED_PANES,
      );
    return [
      {
        name: 'a program is typed, and shown in all stages',
        seconds: 60,
        run: async () => {
          await labReady(tab);
          await setProgram(tab, LINKED_PROGRAM);
          await chooseUnit(tab, 'tb');
          await openPanes(tab, STAGES);
          await tab.waitFor('the program in the pane x86', () => document.querySelector('[data-testid="lab-pane-x86"]')?.textContent.includes('0x4321') === true, undefined);
          for (const stage of STAGES) await stageShown(tab, stage);
        },
      },
      {
        name: 'pointing at an instruction marks what it became, in every pane and in the source',
        run: async () => {
          await page.locator('[data-testid="lab-pane-x86"] .code-row', { hasText: '0x4321' }).hover();
          await tab.waitFor('linked lines in every pane', (panes) => panes.every((pane) => document.querySelector(`[data-testid="lab-pane-${pane}"] .code-row.linked`) !== null), LINKED_PANES);
          await tab.waitFor('the line in the source', () => document.querySelector('[data-testid="lab-editor"] .cm-linked-line')?.textContent.includes('0x4321') === true, undefined);
          return JSON.stringify(await linked());
        },
      },
      {
        name: 'arrow keys go from instruction to instruction',
        run: async () => {
          await page.locator('[data-testid="lab-pane-ir"] [role=listbox]').focus();
          await page.mouse.move(0, 0);
          await tab.press('ArrowDown');
          await tab.waitFor('the first instruction is linked', () => document.querySelector('[data-testid="lab-pane-x86"] .code-row.linked')?.textContent.includes('0x1234') === true, undefined);
          await tab.press('ArrowDown');
          await tab.waitFor('the second one is', () => document.querySelector('[data-testid="lab-pane-x86"] .code-row.linked')?.textContent.includes('0x4321') === true, undefined);
        },
      },
    ];
  },
};

const graph: Story = {
  name: 'lab graph',
  steps: ({ tab }) => [
    {
      name: 'a region shows its blocks and the ways between them',
      seconds: 60,
      run: async () => {
        await labReady(tab);
        await chooseExample(tab, 'call');
        await chooseUnit(tab, 'region');
        const found = await tab.waitFor(
          'a graph with blocks and edges',
          () => {
            const [nodes, edges] = ['.node', '.edge'].map((name) => document.querySelectorAll(`[data-testid="lab-graph"] svg ${name}`).length);
            return nodes > 1 && edges > 1 && { nodes, edges };
          },
          undefined,
        );
        return JSON.stringify(found);
      },
    },
    {
      name: 'the same as a table',
      run: async () => {
        const nodes = await tab.evaluate(() => document.querySelectorAll('[data-testid="lab-graph"] svg .node').length, undefined);
        await tab.click({ css: '[data-testid="lab-graph"] button[aria-pressed]' });
        await tab.waitFor('a row for each block', (count) => document.querySelectorAll('[data-testid="lab-graph"] tbody tr').length === count, nodes);
      },
    },
  ],
};

const link: Story = {
  name: 'lab link',
  steps: ({ tab, browser, site }) => {
    const { page } = chromiumTab(tab);
    return [
      {
        name: 'the address follows program and settings',
        run: async () => {
          await labReady(tab);
          await setProgram(tab, LINKED_PROGRAM);
          await chooseUnit(tab, 'batch');
          await tab.click({ role: 'button', name: 'Copy link' });
          await tab.waitFor('an address that holds the program', () => location.hash.startsWith('#/lab?s='), undefined);
          return `${page.url().length} characters`;
        },
      },
      {
        name: 'opened elsewhere, it brings both back',
        run: async () => {
          const other = await browser.newTab({ address: site.address });
          try {
            await other.open(new URL(page.url()).hash);
            await other.waitFor('the program', (text) => document.querySelector('[data-testid="lab-editor"]')?.textContent.includes(text) === true, '0x4321');
            await other.waitFor('the unit', () => document.querySelector<HTMLInputElement>('input[type=radio][value=batch]')?.checked === true, undefined);
            await stageShown(other, 'x86');
            expectEqual('the number of problems', other.problems.length, 0);
          } finally {
            await other.close();
          }
        },
      },
      {
        name: 'a damaged one is answered by what is wrong',
        run: async () => {
          const other = await browser.newTab({ address: site.address });
          try {
            await other.open(`${new URL(page.url()).hash.slice(0, -9)}zzzz`);
            return await other.waitFor('an error', () => document.querySelector<HTMLElement>('main .notice.error')?.innerText.replaceAll('\n', ' ') ?? '', undefined);
          } finally {
            await other.close();
          }
        },
      },
    ];
  },
};

const stepping: Story = {
  name: 'lab stepping',
  steps: ({ tab }) => {
    const { page } = chromiumTab(tab);
    const field = (name: string) => page.locator(`[data-testid="lab-registers"] input[aria-label^="${name}"]`).first();
    return [
      { name: 'a program is typed', run: async () => (await labReady(tab), setProgram(tab, LINKED_PROGRAM)) },
      {
        name: 'one instruction changes its register, and marks it',
        run: async () => {
          await tab.click({ role: 'button', name: 'Step insn' });
          await tab.waitFor('EAX is marked', () => document.querySelector('[data-testid="lab-registers"] input[aria-label$=", changed"]') !== null, undefined);
          expectEqual('eax', (await register(tab, 'eax')).toString(16), '1234');
        },
      },
      {
        name: 'a register is edited in place',
        run: async () => {
          await field('eax').click();
          await page.keyboard.press('Control+A');
          await tab.type('0x10');
          await tab.press('Enter');
          await tab.press('Escape');
          await tab.click({ role: 'button', name: 'Step insn' });
          await tab.waitFor('two instructions', () => document.querySelector('[data-testid="lab-status"]')?.textContent.includes('after 2 instructions') === true, undefined);
          expectEqual('eax', (await register(tab, 'eax')).toString(16), (0x10 + 0x4321).toString(16));
        },
      },
      {
        name: 'ops are stepped through one by one, then the block is finished',
        run: async () => {
          await tab.click({ role: 'button', name: 'Step op' });
          await tab.waitFor('an op', () => /before op \d+ of \d+/.test(document.querySelector('[data-testid="lab-status"]')?.textContent ?? ''), undefined);
          const before = await tab.evaluate(() => document.querySelector('[data-testid="lab-status"]')?.textContent ?? '', undefined);
          await tab.click({ role: 'button', name: 'Step op' });
          await tab.waitFor('the next op', (text) => document.querySelector('[data-testid="lab-status"]')?.textContent !== text, before);
          await tab.click({ role: 'button', name: 'Finish block' });
          await tab.waitFor('the end of the block', () => !/before op/.test(document.querySelector('[data-testid="lab-status"]')?.textContent ?? ''), undefined);
        },
      },
    ];
  },
};

/** What a program may be, by accident or not: the page stays usable. */
const nonsense: Story = {
  name: 'lab nonsense',
  steps: ({ tab }) => [
    {
      name: 'a program with mistakes has them marked',
      run: async () => {
        await labReady(tab);
        await setProgram(tab, 'mov eax, 1\nthis is no code\nhlt\n', false);
        await tab.waitFor('the problem', () => /problem/.test(document.querySelector('[data-testid="lab-status"]')?.textContent ?? '') && document.querySelector('[data-testid="lab-editor"] [class*=cm-lint]') !== null, undefined);
      },
    },
    {
      name: 'an endless loop is stopped',
      seconds: 60,
      run: async () => {
        await setProgram(tab, 'again: jmp again\n');
        await tab.click({ role: 'button', name: 'Run' });
        await tab.click({ role: 'button', name: 'Stop' });
        await tab.waitFor('the machine has stopped', () => document.querySelector('[data-testid="lab-status"]')?.textContent.includes('Stopped') === true, undefined);
      },
    },
    {
      name: 'a program that destroys its own tables ends',
      seconds: 60,
      run: async () => {
        await setProgram(tab, 'lidt [0x2000]\nud2\n');
        return (await runToEnd(tab)).slice(0, 80);
      },
    },
    {
      name: 'a source that is too long is answered',
      seconds: 60,
      run: async () => {
        await setProgram(tab, 'nop\n'.repeat(100_000), false);
        return tab.waitFor('the problem', () => (/problem/.test(document.querySelector('[data-testid="lab-status"]')?.textContent ?? '') ? document.querySelector('.problems')?.textContent : ''), undefined);
      },
    },
    {
      name: 'and after all that, a program runs',
      seconds: 60,
      run: async () => {
        await setProgram(tab, 'mov eax, 42\nhlt\n');
        await runnable(tab);
        await runToEnd(tab);
        expectEqual('eax', await register(tab, 'eax'), 42n);
      },
    },
  ],
};

export const labStories = (examples: readonly LabExample[]): readonly Story[] => [examplesStory(examples), oneExample(examples), compareStory(examples), linking, graph, link, stepping, nonsense];
