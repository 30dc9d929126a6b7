/**
 * Colours for pictures: mixes and scales in OKLab (B. Ottosson, "A perceptual color space for image processing", 2020), in which equal steps look equal. Ends and
 * tiers are design tokens, so that pictures follow the theme.
 */

/** Lightness 0 … 1, green–red, blue–yellow. */
export type Lab = readonly [number, number, number];

const toLinear = (channel: number): number => {
  const c = channel / 255;
  return c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
};
const fromLinear = (value: number): number => {
  const c = Math.min(1, Math.max(0, value));
  return Math.round(255 * (c <= 0.003_130_8 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055));
};

/** `rgb(1, 2, 3)`, as `getComputedStyle` writes an opaque colour. Throws TypeError for another notation. */
export function parseColor(text: string): Lab {
  const match = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(text);
  if (match === null) throw new TypeError(`not an rgb() colour: ${text}`);
  const [r, g, b] = [toLinear(Number(match[1])), toLinear(Number(match[2])), toLinear(Number(match[3]))];
  const l = Math.cbrt(0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b);
  const m = Math.cbrt(0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b);
  const s = Math.cbrt(0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b);
  return [
    0.210_454_255_3 * l + 0.793_617_785 * m - 0.004_072_046_8 * s,
    1.977_998_495_1 * l - 2.428_592_205 * m + 0.450_593_709_9 * s,
    0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766 * s,
  ];
}

/** As r, g, b of 0 … 255. */
export function labBytes([lightness, a, b]: Lab): readonly [number, number, number] {
  const l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b) ** 3;
  const m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b) ** 3;
  const s = (lightness - 0.089_484_177_5 * a - 1.291_485_548 * b) ** 3;
  return [
    fromLinear(4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s),
    fromLinear(-1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s),
    fromLinear(-0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s),
  ];
}

export function mix(from: Lab, to: Lab, amount: number): Lab {
  const part = (index: 0 | 1 | 2): number => from[index] + (to[index] - from[index]) * amount;
  return [part(0), part(1), part(2)];
}

/** The mean of colours by weight; `undefined` when nothing weighs anything. */
export function blend(colors: readonly Lab[], weights: readonly number[]): Lab | undefined {
  let sum = 0;
  const out: [number, number, number] = [0, 0, 0];
  for (const [index, color] of colors.entries()) {
    const weight = weights[index] ?? 0;
    sum += weight;
    for (const axis of [0, 1, 2] as const) out[axis] += color[axis] * weight;
  }
  return sum > 0 ? [out[0] / sum, out[1] / sum, out[2] / sum] : undefined;
}

/** A scale through colours at equal distances. @param position 0 … 1 */
export function along(stops: readonly Lab[], position: number): Lab {
  const place = Math.min(1, Math.max(0, position)) * (stops.length - 1);
  const below = Math.min(stops.length - 2, Math.floor(place));
  return mix(stops[below]!, stops[below + 1]!, place - below);
}

/** Shares that matter run over four decades; as a picture shows them: 0 → 0, 0.0001 → just above, 1 → 1, each decade an equal step. */
export function brightness(share: number): number {
  if (share <= 0) return 0;
  return Math.min(1, Math.max(0.08, 1 + Math.log10(share) / 4));
}
