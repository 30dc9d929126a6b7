/** The command line: what it accepts, and what the processes that it starts get. */
import { expect, it } from 'vitest';
import { OptionError, argumentsFor, parseOptions } from '../src/options.ts';

it.each([
  [[], { modes: ['tiered', 'tb-per-module', 'tci', 'compatibility'], show: 3, list: false }],
  [['--mode', 'modules', '--group', '64-alu', '--form', 'adc'], { modes: ['modules'], group: '64-alu', form: 'adc' }],
  [['--limit', '3', '--show', '0', '--list'], { perForm: 3, show: 0, list: true }],
])('%j', (args, expected) => {
  expect(parseOptions(args)).toMatchObject(expected);
});

it.each([[['--mode', 'jit'], /no mode is called jit/], [['--limit', 'x'], /needs a number/], [['--group'], /needs a value/], [['alu'], /unknown option alu/], [['--fp'], /unknown option --fp/]])('refuses %j', (args, text) => {
  expect(() => parseOptions(args)).toThrow(OptionError);
  expect(() => parseOptions(args)).toThrow(text);
});

it('says the same to a process for one mode', () => {
  const options = parseOptions(['--limit', '3', '--group', '64', '--form', 'add']);
  expect(parseOptions(argumentsFor(options, 'tci'))).toEqual({ ...options, modes: ['tci'] });
});
