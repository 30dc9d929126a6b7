import { describe, expect, it } from 'vitest';
import { parseOptions } from '../src/options.ts';
import { chooseStories, type Story } from '../src/story.ts';

const story = (name: string, more: Partial<Story> = {}): Story => ({ name, steps: () => [], ...more });
const STORIES = [story('a', { short: true }), story('b', { browsers: ['chromium', 'firefox'] }), story('ab', { short: true, browsers: ['firefox'] })];

describe('the command line', () => {
  it.each([
    [[], ['a', 'b']],
    [['--short'], ['a']],
    [['--browser', 'firefox'], ['b', 'ab']],
    [['--browser', 'firefox', '--short'], ['ab']],
    [['--only', 'b'], ['b']],
    [['--only', 'a', '--only', 'b'], ['a', 'b']],
    [['--only', 'none'], []],
  ])('%j chooses %j', (args, names) => {
    expect(chooseStories(STORIES, parseOptions(args)).map(({ name }) => name)).toEqual(names);
  });

  it.each([[['--browser', 'lynx']], [['--nonsense']], [['stray']]])('%j is no usage', (args) => {
    expect(() => parseOptions(args)).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
  });
});
