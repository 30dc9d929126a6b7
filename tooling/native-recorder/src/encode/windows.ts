/** Where 16-bit code finds memory: in each segment the offsets that are mapped and allowed. */
import { REGIONS, SEGMENTS } from '@wasm-tcg/conformance';
import type { Region, SegmentName } from '@wasm-tcg/conformance';

export interface Window {
  /** First and last offset. */
  readonly first: number;
  readonly last: number;
}

function window(name: SegmentName, { address, length }: Region): Window {
  const { base, limit, kind } = SEGMENTS[16][name];
  const end = Number(address + BigInt(length) - base) - 1;
  return kind === 'down' ? { first: limit + 1, last: end } : { first: Math.max(0, Number(address - base)), last: Math.min(limit, end) };
}

export const WINDOWS: Readonly<Record<SegmentName, Window>> = {
  es: window('es', REGIONS.data), cs: window('cs', REGIONS.code), ss: window('ss', REGIONS.stack),
  ds: window('ds', REGIONS.data), fs: window('fs', REGIONS.data), gs: window('gs', REGIONS.data),
};
