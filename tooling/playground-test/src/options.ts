/** The command line. */
import { parseArgs } from 'node:util';
import { BROWSER_NAMES, type BrowserName } from './browser/names.ts';
import { PlaygroundTestError } from './errors.ts';

export const USAGE = `usage: npm run playground:test [-- OPTIONS]

  --short            what every change has to pass: examples, boots, accessibility, errors (under 90 s)
  --browser NAME     ${BROWSER_NAMES.join(', ')} (default chromium); firefox runs what both can be driven to do
  --only TEXT        stories whose name contains TEXT (may be repeated)
  --list             names the stories and ends
  --screens DIR      where pictures go (default .cache/playground-test/screens)
  --site DIR         a built site, instead of building one
  --no-guests        build the site without Linux; what needs it is not run
  --show             a window, where there is a display

Rows go to standard output, the last line is the sum. Exit code 0 when all passed, 1 when a row failed, 2 for wrong usage,
3 when there is no browser and none can be fetched.
`;

export interface Options {
  readonly help: boolean;
  readonly list: boolean;
  readonly short: boolean;
  readonly show: boolean;
  readonly guests: boolean;
  readonly browser: BrowserName;
  readonly only: readonly string[];
  readonly screens: string | undefined;
  readonly site: string | undefined;
}

/** @throws PlaygroundTestError `usage` */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parse(args);
  const browser = BROWSER_NAMES.find((name) => name === values.browser);
  if (browser === undefined) throw new PlaygroundTestError('usage', `no browser ${values.browser}`, USAGE);
  return {
    help: values.help,
    list: values.list,
    short: values.short,
    show: values.show,
    guests: !values['no-guests'],
    browser,
    only: values.only,
    screens: values.screens,
    site: values.site,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        list: { type: 'boolean', default: false },
        short: { type: 'boolean', default: false },
        show: { type: 'boolean', default: false },
        'no-guests': { type: 'boolean', default: false },
        browser: { type: 'string', default: 'chromium' },
        only: { type: 'string', multiple: true, default: [] },
        screens: { type: 'string' },
        site: { type: 'string' },
      },
    });
  } catch (error) {
    throw new PlaygroundTestError('usage', error instanceof Error ? error.message : String(error), USAGE, { cause: error });
  }
}
