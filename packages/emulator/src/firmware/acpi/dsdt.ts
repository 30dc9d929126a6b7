/** DSDT: what a guest cannot find by probing. Soft-off, the PCI root with its windows and interrupt routing, the devices of the ISA bus. */
import { COM_PORTS, HPET_BASE, PCI_SLOTS, PIRQ_LINES, PciWindow, pciGsi, pciPirq, SLEEP_TYPE_S5 } from '../pc-map.ts';
import { arg, device, eisaId, integer, method, name, path, pkg, returns, scope, store, when, type Aml } from './aml/encode.ts';
import { busWindow, irq, memory32, memoryWindow, portWindow, ports, resourceTemplate, type Resource } from './aml/resources.ts';
import { acpiTable } from './table.ts';

export interface DsdtOptions {
  /** Serial ports that exist: 0 = COM1 … 3 = COM4. */
  readonly serialPorts: readonly number[];
  readonly hpet: boolean;
}

const PINS = [0, 1, 2, 3] as const;

export function dsdt(options: DsdtOptions): Uint8Array {
  const body = [
    name('\\_S5', pkg(integer(SLEEP_TYPE_S5), integer(SLEEP_TYPE_S5), integer(0), integer(0))),
    // 0 until the guest says that it uses the IOAPIC: _PIC (section 5.8.1).
    name('\\PICF', integer(0)),
    method('\\_PIC', 1, store(arg(0), path('\\PICF'))),
    scope('\\_SB', pciRoot(options), ...(options.hpet ? [hpetDevice()] : [])),
  ];
  const bytes = Uint8Array.from(body.flatMap((term) => [...term]));
  // Revision 2: integers have 64 bits.
  return acpiTable({ signature: 'DSDT', revision: 2 }, bytes);
}

function pciRoot({ serialPorts }: DsdtOptions): Aml {
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_BBN', integer(0)),
    name('_CRS', resourceTemplate(
      busWindow({ first: 0, last: 0xff }),
      // Configuration mechanism 1 belongs to the bridge itself and splits the ports in two.
      ports(0xcf8, 8),
      portWindow({ first: 0, last: 0xcf7 }),
      portWindow({ first: 0xd00, last: 0xffff }),
      memoryWindow({ first: 0xa0000, last: 0xbffff }, true),
      memoryWindow(PciWindow.memory, false),
    )),
    name('PRTA', routing(pciGsi)),
    name('PRTP', routing((slot, pin) => PIRQ_LINES[pciPirq(slot, pin)]!)),
    method('_PRT', 0, when(path('\\PICF'), returns(path('PRTA'))), returns(path('PRTP'))),
    device('ISA_', name('_ADR', integer(0x00010000)), ...isaDevices(serialPorts)),
  );
}

/** _PRT: all functions of a slot, pin, no link device, global system interrupt (section 6.2.13). */
function routing(line: (slot: number, pin: number) => number): Aml {
  const slots = Array.from({ length: PCI_SLOTS - 1 }, (_, i) => i + 1);
  const ALL_FUNCTIONS = 0xffff;
  return pkg(...slots.flatMap((slot) =>
    PINS.map((pin) => pkg(integer(slot * 0x10000 + ALL_FUNCTIONS), integer(pin), integer(0), integer(line(slot, pin))))));
}

function isaDevices(serialPorts: readonly number[]): readonly Aml[] {
  return [
    isaDevice('KBD_', 'PNP0303', [ports(0x60, 1), ports(0x64, 1), irq(1)]),
    isaDevice('MOU_', 'PNP0F13', [irq(12)]),
    isaDevice('RTC_', 'PNP0B00', [ports(0x70, 2), irq(8)]),
    ...serialPorts.map((n) => {
      const { port, line } = COM_PORTS[n]!;
      return isaDevice(`COM${n + 1}`, 'PNP0501', [ports(port, 8), irq(line)], n + 1);
    }),
  ];
}

function isaDevice(where: string, id: string, resources: readonly Resource[], unit?: number): Aml {
  return device(
    where,
    name('_HID', eisaId(id)),
    ...(unit === undefined ? [] : [name('_UID', integer(unit))]),
    name('_CRS', resourceTemplate(...resources)),
  );
}

function hpetDevice(): Aml {
  return device('HPET', name('_HID', eisaId('PNP0103')), name('_UID', integer(0)), name('_CRS', resourceTemplate(memory32(HPET_BASE, 0x400))));
}
