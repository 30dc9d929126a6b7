/**
 * PCI, virtio and fw_cfg on one bus, hammered at random as by a guest that runs wild: nothing throws, every read is a value of its width, and a board that
 * was saved and loaded in between behaves the same from there on.
 */
import { expect, test } from 'vitest';
import type { Device, SavedValue } from '../../src/devices/device.ts';
import { FwCfg, FwCfgKey, fwCfgNumber } from '../../src/devices/fw-cfg.ts';
import { FIRST_PCI_SLOT, PciBus } from '../../src/devices/pci/pci-bus.ts';
import { VirtioBlock } from '../../src/devices/virtio/block.ts';
import { VirtioConsole } from '../../src/devices/virtio/console.ts';
import { VirtioEntropy } from '../../src/devices/virtio/entropy.ts';
import { VirtioPci } from '../../src/devices/virtio/virtio-pci.ts';
import { MemoryDrive } from '../../src/drives/memory-drive.ts';
import { PciWindow } from '../../src/firmware/pc-map.ts';
import { FakeBus } from './fake-bus.ts';
import { damaged, generator } from './abuse.ts';

const RAM_BYTES = 0x20000;
const PORTS = [0xcf8, 0xcf9, 0xcfb, 0xcfc, 0xcfd, 0xcfe, 0xcff, 0x510, 0x511, 0x514, 0x518, 0xc000] as const;
/** Where things are in a BAR: registers of the common structure, ISR, configuration, notify. */
const OFFSETS = [0, 4, 8, 12, 16, 20, 22, 24, 26, 28, 32, 36, 40, 44, 48, 52, 0x1000, 0x2000, 0x3000, 0x3004, 0x4000, 0x400c, 0x4800] as const;
const VALUES = [0, 1, 2, 3, 4, 6, 7, 8, 0xf, 0x20, 0x400, 0x406, 0x8000, 0xc000, 0x1000, 0x2000, 0x30000000, 0xfee00000, 0x80001000, 0x80001804, 0xe0000000, 0xffffffff] as const;
const STRIDE = 0x8000;

interface Board {
  readonly bus: FakeBus;
  readonly devices: readonly Device[];
  readonly sent: number[];
  readonly console: VirtioConsole;
}

function build(ram?: Uint8Array): Board {
  const bus = new FakeBus({ ramBytes: RAM_BYTES });
  if (ram !== undefined) bus.ram.set(ram);
  const sent: number[] = [];
  const pci = new PciBus(bus, { msi: (address, data) => void sent.push(address, data) });
  const console = new VirtioConsole((bytes) => void sent.push(...bytes));
  const models = [new VirtioEntropy((target) => void target.fill(7)), console, new VirtioBlock(new MemoryDrive(new Uint8Array(512 * 64), { readonly: true }), { serial: 'd' })];
  const virtio = models.map((model, i) => new VirtioPci(bus, pci, { id: `virtio${i}`, slot: FIRST_PCI_SLOT + i, model }));
  const devices = [pci, ...virtio, new FwCfg(bus, { items: new Map([[FwCfgKey.cpus, fwCfgNumber(1, 2)]]), files: new Map([['etc/x', new Uint8Array(300)]]) })];
  pci.assignResources();
  for (let slot = FIRST_PCI_SLOT; slot < FIRST_PCI_SLOT + models.length; slot++) {
    bus.outl(0xcf8, 0x80000004 + slot * 0x800);
    bus.outw(0xcfc, 6);
  }
  return { bus, devices, sent, console };
}

function checked(value: number, size: number): number {
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size))) throw new Error(`${size} bytes read as ${value}`);
  return value;
}

function step({ bus, console }: Board, random: (below: number) => number): number | undefined {
  const size = ([1, 2, 4] as const)[random(3)]!;
  const value = (random(3) === 0 ? random(2 ** 32) : VALUES[random(VALUES.length)]!) % 2 ** (8 * size);
  const port = PORTS[random(PORTS.length)]!;
  const address = PciWindow.memory.first + random(3) * STRIDE + OFFSETS[random(OFFSETS.length)]!;
  switch (random(10)) {
    case 0: return checked(bus.ports.read(port, size), size);
    case 1: bus.ports.write(port, value, size); return undefined;
    case 2: {
      // Configuration of something that is there.
      bus.outl(0xcf8, 0x80000000 + random(6) * 0x800 + random(64) * 4);
      if (random(3) === 0 && random(8) !== 0) return checked(bus.ports.read(0xcfc + random(4), size), size);
      if (random(16) === 0) bus.ports.write(0xcfc, value, size);
      return undefined;
    }
    case 3: case 4: return checked(bus.mmioRead(address, size), size);
    case 5: case 6: case 7: bus.mmioWrite(address, value, size); return undefined;
    case 8:
      if (random(4) === 0) console.receive(Uint8Array.of(random(256)));
      else bus.clock.jump(random(20_000));
      return bus.clock.now;
    default: {
      const at = random(4) === 0 ? random(RAM_BYTES) : random(0x400);
      bus.ram[at] = random(2) === 0 ? random(256) : random(4);
      return undefined;
    }
  }
}

/** For a quick comparison. */
const text = (saved: readonly SavedValue[]): string => JSON.stringify(saved, (_key, value: unknown) => (value instanceof Uint8Array ? String(value) : value));

test.each([1, 2, 3, 4])('seed %i', (seed) => {
  const random = generator(seed * 0x9e3779b9);
  const board = build();
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 2000; i++) step(board, random);
    const saved = structuredClone(board.devices.map((device) => device.save()));
    const copy = build(board.bus.ram);
    copy.bus.clock.now = board.bus.clock.now;
    copy.devices.forEach((device, index) => device.load(saved[index]!));
    expect(text(copy.devices.map((device) => device.save()))).toBe(text(saved));
    expect(copy.bus.lines.map(({ level }) => level)).toEqual(board.bus.lines.map(({ level }) => level));

    const same = random(2 ** 31) + 1;
    const [one, other] = [generator(same), generator(same)];
    board.sent.length = 0;
    copy.sent.length = 0;
    for (let i = 0; i < 300; i++) expect(step(copy, other)).toBe(step(board, one));
    expect(copy.sent).toEqual(board.sent);
    expect(Buffer.compare(copy.bus.ram, board.bus.ram)).toBe(0);
  }
  for (const device of board.devices) device.reset();
  expect(board.bus.lines.some(({ level }) => level)).toBe(false);
});

test('a damaged snapshot is refused, whichever field it is', () => {
  const random = generator(77);
  const board = build();
  for (let i = 0; i < 3000; i++) step(board, random);
  let refused = 0;
  for (const device of board.devices) {
    for (const bad of damaged(device.save())) {
      // A disk and an entropy source have no state of their own to damage.
      if (text([bad]).includes('"model":"damage"') && device !== board.devices[2]) continue;
      expect(() => device.load(bad), `${device.id}: ${text([bad]).slice(0, 200)}`).toThrow(expect.objectContaining({ code: 'bad-snapshot' }));
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
  for (let i = 0; i < 3000; i++) step(board, random);
});
