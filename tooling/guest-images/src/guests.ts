/** The guests and what each is made of: one row per guest, one per package family. Versions and hashes are the lock file's. */

export type Architecture = 'amd64' | 'i386';

/** A package the guests use, whatever its present version. */
export interface PackageFamily {
  /** Name to ask a package manager for; for a kernel a metapackage that depends on the real one. */
  readonly name: string;
  readonly architecture: Architecture;
  /** Names of the packages that carry the files. */
  readonly real: RegExp;
  /** SPDX. */
  readonly licence: string;
}

/** `linux-image-6.1.0-50-686` and `linux-image-6.12.4+deb13-686` are members of `linux-image-686`; `…-rt-686` is none. */
const kernel = (flavour: string, architecture: Architecture): PackageFamily => ({
  name: `linux-image-${flavour}`,
  architecture,
  real: new RegExp(`^linux-image-\\d[\\w.+]*(-\\d+)?-${flavour}$`),
  licence: 'GPL-2.0-only',
});

const busybox = (architecture: Architecture): PackageFamily => ({
  name: 'busybox-static',
  architecture,
  real: /^busybox-static$/,
  licence: 'GPL-2.0-only',
});

export interface GuestDefinition {
  /** For a card: short. */
  readonly title: string;
  readonly about: string;
  /** Width of its code. */
  readonly bits: 32 | 64;
  readonly kernel: PackageFamily;
  readonly busybox: PackageFamily;
  /** A busybox of 32-bit code beside it, at /bin32/busybox. */
  readonly busybox32?: PackageFamily;
  /** Kernel modules the init loads, without what they depend on. */
  readonly modules: readonly string[];
  /** Kernel command line. */
  readonly append: string;
  /** RAM it is comfortable with, in QEMU's notation. */
  readonly memory: string;
}

const VIRTIO = ['virtio_pci', 'virtio_blk', 'virtio_console', 'virtio_rng'] as const;
/** An event device for acpid to listen to. */
const POWER_BUTTON = ['button', 'evdev'] as const;
const COMMON = { modules: [...VIRTIO, ...POWER_BUTTON], append: 'console=ttyS0', memory: '256M' } as const;

export const GUESTS = {
  'linux-cloud-amd64': {
    ...COMMON,
    title: 'Linux, 64-bit',
    bits: 64,
    about: "Debian's 64-bit kernel for virtual machines, with IA32 emulation",
    kernel: kernel('cloud-amd64', 'amd64'),
    busybox: busybox('amd64'),
    busybox32: busybox('i386'),
  },
  'linux-686': {
    ...COMMON,
    title: 'Linux, 32-bit',
    bits: 32,
    about: "Debian's 32-bit kernel without PAE",
    kernel: kernel('686', 'i386'),
    busybox: busybox('i386'),
  },
  'linux-686-pae': {
    ...COMMON,
    title: 'Linux, 32-bit with PAE',
    bits: 32,
    about: "Debian's 32-bit kernel with PAE and NX",
    kernel: kernel('686-pae', 'i386'),
    busybox: busybox('i386'),
  },
} as const satisfies Readonly<Record<string, GuestDefinition>>;

export type GuestName = keyof typeof GUESTS;
export const GUEST_NAMES: readonly GuestName[] = Object.keys(GUESTS) as GuestName[];
export const isGuestName = (word: string): word is GuestName => Object.hasOwn(GUESTS, word);

/** The packages of a guest, by what they are for. */
export function familiesOf(name: GuestName): readonly PackageFamily[] {
  const guest: GuestDefinition = GUESTS[name];
  return [guest.kernel, guest.busybox, ...(guest.busybox32 === undefined ? [] : [guest.busybox32])];
}
