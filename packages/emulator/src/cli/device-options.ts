/** `-device` and `-drive`: one row per device that can be asked for. */
import type { Settings } from './settings.ts';
import { oneOf, UsageError } from './usage-error.ts';
import { parseNumber, parseProperties } from './values.ts';

type Properties = ReadonlyMap<string, string>;

interface DeviceRow {
  readonly about: string;
  /** Properties that make a difference here. Others that QEMU knows are in {@link PLACEMENT}. */
  readonly properties: readonly string[];
  apply(settings: Settings, properties: Properties): void;
}

/** Where a device is plugged in and what it is called: we have one place for each. */
const PLACEMENT = ['id', 'bus', 'addr', 'drive', 'netdev', 'chardev', 'nr', 'disable-legacy', 'disable-modern', 'romfile'] as const;

const flag = (name: string, text: string | undefined): boolean => text !== undefined && oneOf(name, text === '' ? 'on' : text, ['on', 'off']) === 'on';

/** Devices by QEMU's names. */
export const DEVICES: Readonly<Record<string, DeviceRow>> = {
  'isa-debug-exit': {
    about: 'a write of v ends the run with exit code 2v + 1: iobase=0xf4,iosize=4', properties: ['iobase', 'iosize'],
    apply(s, properties) {
      s.debugExit = {
        iobase: parseNumber('isa-debug-exit iobase', properties.get('iobase') ?? '0x501', 0, 0xffff),
        iosize: parseNumber('isa-debug-exit iosize', properties.get('iosize') ?? '2', 1, 8),
      };
    },
  },
  'isa-debugcon': { about: 'port 0xe9 writes to standard output', properties: ['iobase'], apply: (s) => (s.debugPort = { kind: 'stdio' }) },
  'pc-testdev': { about: "test device of kvm-unit-tests", properties: [], apply: (s) => (s.testdev = true) },
  'pci-testdev': { about: 'passed over: there is none, tests that look for it do without', properties: [], apply: (s) => void s.notes.push('-device: there is no pci-testdev') },
  'virtio-rng-pci': { about: 'entropy source (there by default)', properties: ['rng', 'max-bytes', 'period'], apply: (s) => (s.rng = true) },
  'virtio-serial-pci': { about: 'console of virtio on the terminal, with virtconsole', properties: [], apply: () => undefined },
  virtconsole: { about: 'console of virtio on the terminal', properties: [], apply: (s) => (s.console = { kind: 'stdio' }) },
  'virtio-blk-pci': { about: 'the front of a -drive (there by itself)', properties: ['serial'], apply: () => undefined },
};

export function addDevice(settings: Settings, value: string): void {
  const { head, properties } = parseProperties(value);
  const name = oneOf('device', head, Object.keys(DEVICES));
  const row = DEVICES[name];
  for (const [key] of properties) oneOf(`property of ${name}`, key, [...row.properties, ...PLACEMENT]);
  row.apply(settings, new Map(properties));
}

/** `-drive file=…`. A comma in a file name is written twice, as in QEMU. */
export function addDrive(settings: Settings, value: string): void {
  const parts = value.replaceAll(',,', '\0').split(',').map((part) => part.replaceAll('\0', ','));
  const properties = new Map(parts.map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? ([part, ''] as const) : ([part.slice(0, at), part.slice(at + 1)] as const);
  }));
  for (const [key, text] of properties) {
    switch (oneOf('property of -drive', key, ['file', 'if', 'format', 'media', 'readonly', 'read-only', 'snapshot', 'cache', 'id', 'index', 'bus', 'unit'])) {
      case 'if': oneOf('interface of -drive', text, ['virtio', 'none']); break;
      case 'format': oneOf('format of -drive', text, ['raw']); break;
      case 'media': oneOf('medium of -drive', text, ['disk']); break;
      default: break;
    }
  }
  const file = properties.get('file');
  if (file === undefined || file === '') throw new UsageError('-drive without file', 'Write -drive file=disk.img,format=raw.');
  settings.drives.push({
    file,
    readonly: flag('-drive readonly', properties.get('readonly') ?? properties.get('read-only')),
    snapshot: flag('-drive snapshot', properties.get('snapshot')),
  });
}
