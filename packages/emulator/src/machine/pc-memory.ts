/** Physical memory of a PC: RAM with the display's window cut out of it; what the guest finds there at power-on. */
import type { Ram } from '@wasm-tcg/runtime';
import { LowMemory } from '../firmware/pc-map.ts';

/** End of the display's window: RAM again from here, which holds what firmware leaves. */
const WINDOW_END = 0xc0000;

export function mapRam(ram: Ram, bytes: number): void {
  const low = Math.min(bytes, LowMemory.conventionalEnd);
  ram.map({ kind: 'ram', physical: 0, size: low, offset: 0 });
  if (bytes > WINDOW_END) ram.map({ kind: 'ram', physical: WINDOW_END, size: bytes - WINDOW_END, offset: WINDOW_END });
}
