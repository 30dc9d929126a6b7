/**
 * What firmware would have left in memory: ACPI tables at the top of RAM, the pointers to them and the MP table below 1 MiB, the BIOS data
 * area and the few BIOS calls that real-mode images make, and the memory map that tells of all of it. A pure function of the machine's configuration.
 */
import { MachineError } from '../errors.ts';
import type { PlacedBytes } from '../loaders/plan.ts';
import { dsdt } from './acpi/dsdt.ts';
import { facs, fadt } from './acpi/fadt.ts';
import { hpet, madt } from './acpi/madt.ts';
import { rsdp, rsdt, xsdt } from './acpi/table.ts';
import { biosDataArea, extendedBiosDataArea } from './bda.ts';
import { biosServices } from './bios/services.ts';
import { E820Type, pcMemoryMap, type E820Range } from './e820.ts';
import { mpFloatingPointer, mpTable } from './mp-table.ts';
import { LowMemory } from './pc-map.ts';

export interface FirmwareConfig {
  /** RAM from address 0: 2 MiB … 3 GiB, a multiple of 4096. */
  readonly ramBytes: number;
  /** Serial ports that exist: 0 = COM1 … 3 = COM4. */
  readonly serialPorts: readonly number[];
  /** Processors, with APIC ids from 0. Default 1. */
  readonly cpus?: number;
  /** Low half of the HPET's capability register; without it there is none. */
  readonly hpet?: number;
  /** Is there a VGA-compatible display? Default false. */
  readonly vga?: boolean;
}

export interface FirmwarePlan {
  /** To be written before an image's segments, which may lie over the interrupt vectors. */
  readonly segments: readonly PlacedBytes[];
  readonly e820: readonly E820Range[];
  /** Physical address of the ACPI root pointer. */
  readonly rsdp: number;
}

const PAGE = 4096;
const SMALLEST_RAM = 2 * 2 ** 20;
/** Alignment of tables: the FACS wants 64. */
const TABLE_ALIGN = 64;
/** Places in the BIOS segment: multiples of 16, so that a search finds them. */
const RSDP = LowMemory.bios;
const MP_POINTER = LowMemory.bios + 0x40;
const MP_TABLE = LowMemory.bios + 0x100;

/** @throws MachineError `bad-option` for less RAM than any PC has */
export function planFirmware(config: FirmwareConfig): FirmwarePlan {
  const { ramBytes, serialPorts, cpus = 1 } = config;
  if (!(ramBytes >= SMALLEST_RAM && ramBytes % PAGE === 0)) {
    throw new MachineError('bad-option', `a PC with ${ramBytes} bytes of RAM`, 'give it 2 MiB or more `memory`, in whole pages');
  }
  const acpi = layOutAcpi(config);
  const e820 = pcMemoryMap(ramBytes, acpi.ranges);
  const segments: PlacedBytes[] = [
    ...biosServices(e820),
    biosDataArea(serialPorts),
    { name: 'ebda', physical: LowMemory.ebda, bytes: extendedBiosDataArea() },
    { name: 'rsdp', physical: RSDP, bytes: rsdp(acpi.rsdt, acpi.xsdt) },
    { name: 'mp-pointer', physical: MP_POINTER, bytes: mpFloatingPointer(MP_TABLE) },
    { name: 'mp-table', physical: MP_TABLE, bytes: mpTable(cpus) },
    ...acpi.segments,
  ];
  return { segments, e820, rsdp: RSDP };
}

interface AcpiLayout {
  readonly segments: readonly PlacedBytes[];
  readonly ranges: readonly E820Range[];
  readonly rsdt: number;
  readonly xsdt: number;
}

const alignUp = (value: number, to: number): number => Math.ceil(value / to) * to;

/** Tables in reclaimable memory, the FACS in a page of NVS above them, both at the end of RAM. */
function layOutAcpi({ ramBytes, serialPorts, cpus = 1, hpet: hpetId, vga = false }: FirmwareConfig): AcpiLayout {
  const nvs = ramBytes - PAGE;
  // All but the FADT and the roots, which hold addresses; these have the same size wherever they are.
  const dsdtBytes = dsdt({ serialPorts, hpet: hpetId !== undefined });
  const others = [
    { name: 'madt', bytes: madt(cpus) },
    ...(hpetId === undefined ? [] : [{ name: 'hpet', bytes: hpet(hpetId) }]),
  ];
  const unplaced = [0, ...others.map(() => 0)];
  const sized = [
    dsdtBytes.length, fadt({ facs: 0, dsdt: 0, vga }).length, ...others.map(({ bytes }) => bytes.length),
    rsdt(unplaced).length, xsdt(unplaced).length,
  ];
  const total = sized.reduce((sum, length) => sum + alignUp(length, TABLE_ALIGN), 0);
  const start = nvs - alignUp(total, PAGE);

  const segments: PlacedBytes[] = [{ name: 'facs', physical: nvs, bytes: facs() }];
  let next = start;
  const place = (name: string, bytes: Uint8Array): number => {
    const physical = next;
    segments.push({ name, physical, bytes });
    next = alignUp(next + bytes.length, TABLE_ALIGN);
    return physical;
  };
  const dsdtAt = place('dsdt', dsdtBytes);
  const listed = [place('fadt', fadt({ facs: nvs, dsdt: dsdtAt, vga })), ...others.map(({ name, bytes }) => place(name, bytes))];
  return {
    rsdt: place('rsdt', rsdt(listed)),
    xsdt: place('xsdt', xsdt(listed)),
    segments,
    ranges: [
      { base: start, size: nvs - start, type: E820Type.acpi },
      { base: nvs, size: PAGE, type: E820Type.nvs },
    ],
  };
}
