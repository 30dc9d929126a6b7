/** Addresses and sizes of pages for people. */
import { formatBytes, hex } from '../ui/format.ts';
import { PAGE_SIZE, type PageRange } from './address-heat.ts';

/** Where a page starts: `0x01a40000`. */
export const formatAddress = (page: number): string => `0x${hex(page * PAGE_SIZE, 32)}`;

/** First and last byte: `0x01a40000 – 0x01a7ffff`. */
export const formatRange = ({ first, count }: PageRange): string => `${formatAddress(first)} – 0x${hex((first + count) * PAGE_SIZE - 1, 32)}`;

export const formatSize = ({ count }: PageRange): string => formatBytes(count * PAGE_SIZE);

/** `0.1234` → `12.3 %`. */
export function formatShare(share: number): string {
  if (share === 0) return '0 %';
  if (share < 0.0001) return '< 0.01 %';
  return `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;
}
