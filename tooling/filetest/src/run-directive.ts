/**
 * `; run: r0=5, [0x100]=0a0b -> r0=6, goto_tb 0`: set globals and guest memory of the toy guest, evaluate the TB as it is and
 * optimised, print what is asked for. Nothing behind the arrow asks for how the TB ended and every global it changed.
 */
import { evalTb, Optimizer, parseTb, TOY_HELPERS, TOY_TARGET, ToyMachine, type EvalResult, type TbIr } from '@wasm-tcg/ir';
import { FiletestError } from './file.ts';

const NAMES = TOY_TARGET.globals.map((g) => g.name);
/** Where the page base of a run starts. */
const PAGE_BASE = 0x40_0000n;

function number(n: bigint): string {
  return n < 10n ? `${n}` : `0x${n.toString(16)}`;
}

function endText(result: EvalResult): string {
  switch (result.kind) {
    case 'goto_tb': return `goto_tb ${result.slot}`;
    case 'exit_tb': return `exit_tb ${result.exit}`;
    case 'leave': return `leave ${result.exitCode} insn ${result.insn}`;
    default: return result.kind;
  }
}

function set(m: ToyMachine, item: string): void {
  const [name, text] = item.split('=');
  if (name === undefined || text === undefined) throw new FiletestError(`"${item}" is no assignment.`);
  const memory = /^\[(0x[0-9a-f]+|\d+)\]$/.exec(name);
  if (memory) {
    if (!/^([0-9a-f]{2})+$/.test(text)) throw new FiletestError(`"${item}": memory is set as hex bytes.`);
    m.ram.set(text.match(/../g)!.map((b) => parseInt(b, 16)), Number(memory[1]));
    return;
  }
  if (!NAMES.includes(name)) throw new FiletestError(`The toy guest has no global ${name}.`);
  m.setGlobal(name, BigInt.asUintN(128, text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)));
}

function ask(m: ToyMachine, item: string, result: EvalResult): string {
  const memory = /^\[(0x[0-9a-f]+|\d+)\]=(([0-9a-f]{2})*)$/.exec(item);
  if (memory) {
    const bytes = m.ram.subarray(Number(memory[1]), Number(memory[1]) + memory[2]!.length / 2);
    return `[${memory[1]}]=${Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')}`;
  }
  const name = item.split('=')[0]!;
  return NAMES.includes(name) ? `${name}=${number(m.global(name))}` : endText(result);
}

function start(inputs: readonly string[]): ToyMachine {
  const m = new ToyMachine();
  m.setGlobal('page_base', PAGE_BASE);
  inputs.forEach((item) => set(m, item));
  return m;
}

function evaluate(tb: TbIr, inputs: readonly string[], asked: readonly string[]): string {
  const m = start(inputs);
  const result = evalTb(tb, TOY_HELPERS, m);
  if (asked.length > 0) return asked.map((item) => ask(m, item, result)).join(', ');
  const before = start(inputs);
  const changed = NAMES.filter((name) => m.global(name) !== before.global(name)).map((name) => `${name}=${number(m.global(name))}`);
  return [...changed, endText(result)].join(', ');
}

const items = (text: string): string[] => text.split(',').map((s) => s.trim()).filter((s) => s !== '');

/** The directive's argument with its result filled in. */
export function runDirective(input: string, argument: string): string {
  const [before = '', after = ''] = argument.split('->');
  const [inputs, asked] = [items(before), items(after)];
  const tb = parseTb(input, TOY_TARGET, TOY_HELPERS);
  const plain = evaluate(tb, inputs, asked);
  new Optimizer(TOY_TARGET, TOY_HELPERS).optimize(tb, { verify: true });
  const optimised = evaluate(tb, inputs, asked);
  if (optimised !== plain) throw new FiletestError(`run ${before.trim()}: ${plain}, but optimised: ${optimised}`);
  return `${inputs.join(', ')}${inputs.length > 0 ? ' ' : ''}-> ${plain}`;
}
