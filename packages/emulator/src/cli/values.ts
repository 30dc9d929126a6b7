/** Values of options as people write them: numbers, address ranges, property lists. All throw {@link UsageError}. */
import { UsageError } from './usage-error.ts';

/** Decimal or 0x… number from `low` to `high`; `what` names the option. */
export function parseNumber(what: string, text: string, low = 0, high = Number.MAX_SAFE_INTEGER): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!(value >= low && value <= high)) {
    throw new UsageError(`${what}: ${text || 'nothing'} is no number from ${low} to ${high}`, 'Write it in decimal or as 0x….');
  }
  return value;
}

/** RAM size: a number of MiB, or with one of the suffixes K, M, G (as QEMU's `-m`, also `size=…`). In bytes. */
export function parseMemory(text: string): number {
  const match = /^(?:size=)?(\d+)([KMG]?)(?:i?B)?$/i.exec(text);
  const unit = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[match?.[2]?.toUpperCase() || 'M'];
  if (match === null || unit === undefined || Number(match[1]) === 0) {
    throw new UsageError(`-m: ${text} is no size`, 'Write MiB or a suffix: -m 64, -m 64M, -m 1G.');
  }
  return Number(match[1]) * unit;
}

function parseAddress(what: string, text: string): bigint {
  if (!/^(0x[0-9a-f]{1,16}|\d{1,19})$/i.test(text)) throw new UsageError(`${what}: ${text || 'nothing'} is no address`, 'Write it as 0x….');
  return BigInt(text);
}

/** QEMU's `-dfilter`: ranges `first..last`, `start+size`, `end-size`, separated by commas. Returns [first, last] pairs. */
export function parseRanges(text: string): (readonly [bigint, bigint])[] {
  return text.split(',').map((range) => {
    const match = /^([^.+-]+)(\.\.|\+|-)([^.+-]+)$/.exec(range);
    if (match === null) throw new UsageError(`-dfilter: ${range || 'nothing'} is no range`, 'Write 0x8000..0x8fff or 0x8000+0x1000 or 0x8fff-0x1000.');
    const a = parseAddress('-dfilter', match[1]);
    const b = parseAddress('-dfilter', match[3]);
    const [first, last] = match[2] === '..' ? [a, b] : match[2] === '+' ? [a, a + b - 1n] : [a - b + 1n, a];
    if (first > last || first < 0n) throw new UsageError(`-dfilter: ${range} is empty`, 'The first address must not lie behind the last.');
    return [first, last] as const;
  });
}

/** `head,key=value,…` as QEMU writes it. */
export function parseProperties(text: string): { readonly head: string; readonly properties: readonly (readonly [string, string])[] } {
  const [head, ...rest] = text.split(',');
  return {
    head,
    properties: rest.map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? ([part, ''] as const) : ([part.slice(0, at), part.slice(at + 1)] as const);
    }),
  };
}
