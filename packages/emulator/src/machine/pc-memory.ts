/** Physical memory of a PC: RAM with the display's window cut out of it; what the guest finds there at power-on. */
import type { Ram } from '@wasm-tcg/runtime';
import { LowMemory } from '../firmware/pc-map.ts';

/** End of the display's window: RAM again from here, which holds what firmware leaves. */
const WINDOW_END = 0xc0000;

/**
 * Map what is RAM of an address range; nothing else of it is touched.
 * @param bytes RAM of the machine
 */
export function mapRam(ram: Ram, bytes: number, first = 0, end = bytes): void {
  for (const [from, to] of [[0, Math.min(bytes, LowMemory.conventionalEnd)], [WINDOW_END, bytes]] as const) {
    const physical = Math.max(from, first);
    const size = Math.min(to, end) - physical;
    if (size > 0) ram.map({ kind: 'ram', physical, size, offset: physical });
  }
}
