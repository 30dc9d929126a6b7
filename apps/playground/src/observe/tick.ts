/** Short numbers for the axis: `1500` → `1.5k`. */
export function tick(value: number): string {
  const size = Math.abs(value);
  const [power, unit] = size >= 1e9 ? [1e9, 'G'] : size >= 1e6 ? [1e6, 'M'] : size >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${Number((value / power).toPrecision(3))}${unit}`;
}
