/** Numbers for people. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** `1536` → `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `1234567` → `1.23 M`. */
export function formatCount(count: number): string {
  if (count < 1000) return String(Math.round(count));
  const power = count >= 1e9 ? 1e9 : count >= 1e6 ? 1e6 : 1e3;
  const value = count / power;
  return `${value >= 100 ? Math.round(value) : value.toPrecision(3)} ${power === 1e9 ? 'G' : power === 1e6 ? 'M' : 'k'}`;
}

/** Milliseconds: `0.42 ms`, `35 ms`, `1.2 s`, `2 min 5 s`. */
export function formatTime(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** A number as hex digits of a width in bits: `(255, 16)` → `00ff`. */
export function hex(value: bigint | number, bits: number): string {
  return BigInt.asUintN(bits, BigInt(value)).toString(16).padStart(Math.ceil(bits / 4), '0');
}
