/** The built-in guest, for who has nothing to boot. */
import type { FlatBoot } from '../api.ts';
import { TINY_GUEST_ADDRESS, tinyGuestImage } from '../generated/tiny-guest.ts';

/**
 * A few KiB that go from real through protected to long mode, check themselves, report on the debug port (0xe9) in lines that end in LF, and halt with
 * interrupts off. For `createMachine` and `createPc`; the CPU model needs long mode.
 */
export function tinyGuest(): FlatBoot & { readonly mode: 'real16' } {
  return { image: tinyGuestImage(), loadAddress: TINY_GUEST_ADDRESS, mode: 'real16' };
}
