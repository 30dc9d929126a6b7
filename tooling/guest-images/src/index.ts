/** What other tools use: boot files of guests, by name. */
export { Cache, defaultCacheFolder, sha256Of } from './cache.ts';
export { ensureGuest, type EnsureGuestOptions, type GuestImage } from './ensure-guest.ts';
export { GuestImageError, type GuestImageErrorCode } from './errors.ts';
export { GUEST_NAMES, GUESTS, isGuestName, type GuestDefinition, type GuestName } from './guests.ts';
export { initramfsOf, joinInitramfs, readInitramfsFile } from './initramfs.ts';
export { publishGuests, type PublishedGuest } from './publish.ts';
export { makeTestDisk } from './test-disk.ts';
