/** The Machine view: guests boot, hear what is typed, survive a reload, get files. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Wrong } from '../rows.ts';
import { LINUX } from '../site/site.ts';
import { BOOT_LIMIT, compareBoots, judgeBoots } from '../speed/boot-time.ts';
import { PROMPT } from '../speed/prompt.ts';
import type { Story } from '../story.ts';
import { bootGuest, bootLinux, command, LINUX_PATIENCE, TINY_LAST } from './guest.ts';
import { chromiumTab, notice, openView, textOf } from './pages.ts';

const TINY_SECONDS = 30;
const LINUX_SECONDS = 90;

const tiny: Story = {
  name: 'tiny guest',
  short: true,
  browsers: ['chromium', 'firefox'],
  steps: ({ tab }) => [
    {
      name: 'one click, and it goes through all modes of the processor to its end',
      seconds: TINY_SECONDS,
      run: async () => `${(await bootGuest(tab, 'tiny', TINY_LAST, TINY_SECONDS * 1000)).toFixed(1)} s`,
    },
    { name: 'the page says that it has halted', run: async () => void (await notice(tab, /halted/)) },
  ],
};

const isolated: Story = {
  ...tiny,
  name: 'tiny guest, isolated',
  short: false,
  isolated: true,
  steps: (world) => [
    ...tiny.steps(world),
    {
      name: 'the page may share memory',
      run: async () => {
        if (!(await world.tab.evaluate(() => crossOriginIsolated, undefined))) throw new Wrong('the page is not isolated');
      },
    },
  ],
};

const linux: Story = {
  name: 'linux',
  short: true,
  browsers: ['chromium', 'firefox'],
  linux: true,
  steps: ({ tab }) => [
    { name: 'one click, and it boots to a shell', seconds: LINUX_SECONDS, run: async () => `${(await bootLinux(tab, LINUX)).toFixed(1)} s` },
    { name: 'a command typed in the terminal answers', run: async () => void (await command(tab, 'echo "sum=$((6 * 7)) $(uname -m)"', /sum=42 x86_64/)) },
  ],
};

const snapshot: Story = {
  name: 'snapshot',
  linux: true,
  steps: ({ tab, temporary }) => {
    const { page } = chromiumTab(tab);
    const file = join(temporary, 'machine.snapshot');
    return [
      { name: 'Linux boots', seconds: LINUX_SECONDS, run: async () => void (await bootLinux(tab, LINUX)) },
      { name: 'a variable is set in its shell', run: async () => void (await command(tab, 'KEPT=from-$((40 + 2)); echo set=$KEPT', /set=from-42/)) },
      {
        name: 'a snapshot is downloaded',
        seconds: 60,
        run: async () => {
          const [download] = await Promise.all([page.waitForEvent('download'), tab.click({ testId: 'machine-snapshot' })]);
          await download.saveAs(file);
          return `${((await readFile(file)).length / 2 ** 20).toFixed(1)} MiB, ${download.suggestedFilename()}`;
        },
      },
      { name: 'the machine goes on', run: async () => void (await command(tab, 'echo after=$KEPT', /after=from-42/)) },
      {
        name: 'a fresh page restores it',
        seconds: 60,
        run: async () => {
          await tab.reload();
          await openView(tab, 'machine');
          await page.getByTestId('machine-restore').setInputFiles(file);
          await textOf(tab, 'machine-status', /running/i, 60_000);
        },
      },
      { name: 'its shell still has the variable', run: async () => void (await command(tab, 'echo kept=$KEPT', /kept=from-42/)) },
    ];
  },
};

const TRANSFERRED = 'a line from the page\n';

const files: Story = {
  name: 'files',
  linux: true,
  steps: ({ tab, temporary }) => {
    const { page } = chromiumTab(tab);
    return [
      { name: 'Linux boots', seconds: LINUX_SECONDS, run: async () => void (await bootLinux(tab, LINUX)) },
      {
        name: 'a file sent with the page is received in the guest',
        run: async () => {
          const file = join(temporary, 'note.txt');
          await writeFile(file, TRANSFERRED);
          await page.getByTestId('machine-send').setInputFiles(file);
          await notice(tab, /Ready for the guest: note\.txt/);
          await command(tab, 'receive && echo got=$(cat note.txt | md5sum)', /got=[0-9a-f]{32}/);
          await command(tab, 'cat note.txt', new RegExp(TRANSFERRED.trim()));
        },
      },
      {
        name: 'a file that the guest sends is offered as a download',
        run: async () => {
          await command(tab, 'seq 1 1000 > numbers.txt && send numbers.txt && echo sent', /\nsent/);
          const [download] = await Promise.all([page.waitForEvent('download'), tab.click({ role: 'button', name: 'Save numbers.txt' })]);
          const text = await readFile(await download.path(), 'utf8');
          if (text !== Array.from({ length: 1000 }, (_, index) => `${index + 1}\n`).join('')) throw new Wrong(`the file has ${text.length} bytes and is not what was sent`);
        },
      },
    ];
  },
};

/** Boots the site's own Linux as somebody's files. */
const ownFiles: Story = {
  name: 'own files',
  linux: true,
  steps: ({ tab, site }) => [
    {
      name: 'kernel and initrd are dropped, and known for what they are',
      run: async () => {
        await openView(tab, 'machine');
        const paths = { kernel: site.linux?.kernel ?? '', initrd: site.linux?.initrd ?? '' };
        await tab.evaluate(async ({ kernel, initrd }) => {
          const file = async (path: string, name: string): Promise<File> => new File([await (await fetch(path)).blob()], name);
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(await file(kernel, 'vmlinuz'));
          dataTransfer.items.add(await file(initrd, 'initrd.img'));
          const zone = document.querySelector('[data-testid="machine-drop"]');
          for (const type of ['dragenter', 'dragover', 'drop']) zone?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        }, paths);
        return tab.waitFor(
          'both files with what they are used for',
          () => {
            const rows = [...document.querySelectorAll('main li')].filter((row) => row.querySelector('select') !== null);
            const used = rows.map((row) => `${row.querySelector('code')?.textContent} as ${row.querySelector('select')?.value}`).join(', ');
            return used === 'vmlinuz as kernel, initrd.img as initrd' && used;
          },
          undefined,
        ) as Promise<string>;
      },
    },
    {
      name: 'they boot to a shell',
      seconds: LINUX_SECONDS,
      run: async () => {
        await chromiumTab(tab).page.getByLabel('Kernel command line, added').fill('console=ttyS0');
        await tab.click({ role: 'button', name: 'Start' });
        await textOf(tab, 'machine-screen', PROMPT, LINUX_PATIENCE);
      },
    },
  ],
};

const power: Story = {
  name: 'power',
  linux: true,
  steps: ({ tab }) => [
    { name: 'Linux boots by a link', seconds: LINUX_SECONDS, run: async () => (await openView(tab, 'machine', `boot=${LINUX}&mode=tiered`), void (await textOf(tab, 'machine-screen', PROMPT, LINUX_PATIENCE))) },
    {
      name: 'it pauses and goes on',
      run: async () => {
        await tab.click({ role: 'button', name: 'Pause' });
        await textOf(tab, 'machine-status', /Paused/);
        await tab.click({ role: 'button', name: 'Resume' });
        await command(tab, 'echo awake=$((40 + 2))', /awake=42/);
      },
    },
    {
      name: 'reset starts it over',
      seconds: LINUX_SECONDS,
      run: async () => {
        await command(tab, 'clear; echo before=$((40 + 2))', /before=42/);
        await tab.click({ role: 'button', name: 'Reset' });
        await tab.waitFor('the guest begins anew', () => document.querySelector('[data-testid="machine-screen"]')?.textContent.includes('before=42') === false, undefined, 60_000);
        await textOf(tab, 'machine-screen', PROMPT, LINUX_PATIENCE);
      },
    },
    {
      name: 'the plug is pulled only after a question',
      run: async () => {
        await tab.click({ role: 'button', name: 'Power off' });
        await tab.waitFor('the question', () => document.querySelector('dialog[open]') !== null, undefined);
        await tab.press('Escape');
        await tab.waitFor('no question', () => document.querySelector('dialog[open]') === null, undefined);
        await command(tab, 'echo alive=$((40 + 2))', /alive=42/);
      },
    },
    {
      name: 'at the power button, the guest switches itself off',
      seconds: 60,
      run: async () => {
        await tab.click({ role: 'button', name: 'Power button' });
        return notice(tab, /switched itself off/, 60_000);
      },
    },
  ],
};

/** Files that are not what they are taken for: each is answered by what happened and what to do. */
const badFiles: Story = {
  name: 'bad files',
  steps: ({ tab, temporary }) => {
    const { page } = chromiumTab(tab);
    return [
      {
        name: 'a snapshot that is none',
        run: async () => {
          const file = join(temporary, 'bad.snapshot');
          await writeFile(file, 'not a machine');
          await openView(tab, 'machine');
          await page.getByTestId('machine-restore').setInputFiles(file);
          return notice(tab, /snapshot/i);
        },
      },
      {
        name: 'a guest that the site does not have',
        run: async () => {
          await openView(tab, 'machine', 'boot=nothing');
          return notice(tab, /no guest/);
        },
      },
    ];
  },
};

const bootTime: Story = {
  name: 'boot time',
  linux: true,
  steps: ({ browser, site }) => [
    {
      name: 'Linux boots about as fast as in Node',
      seconds: (6 * BOOT_LIMIT) / 1000,
      run: async () => {
        const { linux: guest } = site;
        if (guest === undefined) throw new TypeError('not without Linux');
        const bootInPage = async (): Promise<number> => {
          const tab = await browser.newTab({ address: site.address });
          try {
            return await bootLinux(tab, LINUX, BOOT_LIMIT);
          } finally {
            await tab.close();
          }
        };
        return judgeBoots(await compareBoots(bootInPage, site.folder, guest));
      },
    },
  ],
};

export const MACHINE_STORIES: readonly Story[] = [tiny, isolated, linux, snapshot, files, ownFiles, power, badFiles, bootTime];
