/** Virtio devices, by a driver that goes through PCI, registers and rings. */
import { describe, expect, test } from 'vitest';
import { VirtioBlock } from '../../src/devices/virtio/block.ts';
import { VirtioConsole } from '../../src/devices/virtio/console.ts';
import { VirtioEntropy } from '../../src/devices/virtio/entropy.ts';
import type { Drive } from '../../src/drives/drive.ts';
import { MemoryDrive } from '../../src/drives/memory-drive.ts';
import { savedCopy } from './fake-bus.ts';
import { Bit, Flag, RAM_BYTES, Status, VirtioDriver, VirtioMachine, type Buffer } from './virtio-driver.ts';
import { generator } from './abuse.ts';

const SECTORS = 64;
const pattern = (length: number, seed = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) + seed) & 0xff);

function blockMachine(drive: Drive): { readonly machine: VirtioMachine; readonly driver: VirtioDriver } {
  const machine = new VirtioMachine(new VirtioBlock(drive, { serial: 'disk7' }));
  return { machine, driver: new VirtioDriver(machine) };
}

const entropyMachine = (): VirtioMachine => new VirtioMachine(new VirtioEntropy((target) => void target.fill(0x5a)));

function header(type: number, sector = 0): Buffer {
  const out = new Uint8Array(16);
  new DataView(out.buffer).setUint32(0, type, true);
  new DataView(out.buffer).setUint32(8, sector, true);
  new DataView(out.buffer).setUint32(12, Math.floor(sector / 2 ** 32), true);
  return { out };
}
const READ = 0;
const WRITE = 1;
const FLUSH = 4;
const GET_ID = 8;

/** A drive that answers when told to. */
class SlowDrive extends MemoryDrive {
  readonly waiting: (() => void)[] = [];
  #wait(): Promise<void> {
    return new Promise((resolve) => void this.waiting.push(resolve));
  }
  override read(offset: number, target: Uint8Array): Promise<void> {
    return this.#wait().then(() => super.read(offset, target)) as Promise<void>;
  }
  override write(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#wait().then(() => super.write(offset, bytes)) as Promise<void>;
  }
}

describe('transport', () => {
  test('is found by ids, class and capabilities', () => {
    const { machine, driver } = blockMachine(new MemoryDrive(pattern(SECTORS * 512)));
    expect([machine.config(0, 4), machine.config(8, 4), machine.config(0x2c, 4)]).toEqual([0x10421af4, 0x01000001, 0x10421af4]);
    expect(driver.offered).toEqual([2, 6, 9, Bit.indirect, Bit.eventIndex, Bit.version1]);
    expect([driver.read(18, 2), driver.read(24, 2), driver.read(30, 2), driver.status]).toEqual([1, 256, 0, 0]);
    driver.write(22, 2, 1);
    expect([driver.read(24, 2), driver.read(28, 2)]).toEqual([0, 0]);
  });

  test.each([
    ['without version 1', [2], false],
    ['one that was not offered', [3, Bit.version1], false],
    ['one of the high word that was not offered', [33, Bit.version1], false],
    ['all that are offered', [2, 6, 9, Bit.indirect, Bit.eventIndex, Bit.version1], true],
  ] as const)('features: %s', (_name, features, good) => {
    const { driver } = blockMachine(new MemoryDrive(pattern(SECTORS * 512)));
    driver.accept(features);
    driver.status = Status.acknowledge | Status.driver | Status.featuresOk;
    expect((driver.status & Status.featuresOk) !== 0).toBe(good);
    if (!good) return;
    driver.accept([]);
    driver.write(8, 4, 1);
    expect(driver.read(12, 4)).toBe(1);
  });

  test('queue registers: sizes are powers of two, and fixed once the queue is enabled', () => {
    const driver = new VirtioDriver(entropyMachine());
    for (const [size, becomes] of [[4, 4], [3, 4], [16, 4], [0, 4], [8, 8]] as const) {
      driver.write(24, 2, size);
      expect(driver.read(24, 2)).toBe(becomes);
    }
    driver.write(36, 4, 0x12);
    expect([driver.read(36, 4), driver.read(36, 1), driver.read(38, 2)]).toEqual([0x12, 0x12, 0]);
    driver.write(36, 4, 0);
    driver.write(28, 2, 1);
    driver.write(24, 2, 4);
    driver.write(32, 4, 0x1000);
    driver.write(28, 2, 0);
    expect([driver.read(24, 2), driver.read(32, 4), driver.read(28, 2)]).toEqual([8, 0, 1]);
    driver.status = 0;
    expect([driver.read(24, 2), driver.read(28, 2)]).toEqual([8, 0]);
  });

  test('INTx: status, cleared by reading', () => {
    const machine = entropyMachine();
    const driver = new VirtioDriver(machine).start();
    driver.queue(0).request([{ in: 10 }]);
    expect(machine.intx).toBe(true);
    expect([machine.bus.mmioRead(driver.isrAt, 1), machine.intx, machine.bus.mmioRead(driver.isrAt, 1)]).toEqual([1, false, 0]);
    driver.queue(0).noInterrupt = true;
    driver.queue(0).request([{ in: 10 }]);
    expect(machine.intx).toBe(false);
  });

  test('MSI-X: vectors of queue and configuration', () => {
    const machine = entropyMachine();
    const driver = new VirtioDriver(machine);
    const table = (machine.config(0x14, 4) & ~0xf) >>> 0;
    [0, 1].forEach((vector) => [0xfee00000, 0, 0x30 + vector, 0].forEach((word, i) => machine.bus.mmioWrite(table + 16 * vector + 4 * i, word)));
    machine.config(machine.capability(0, 0x11) + 2, 2, 0x8000);
    driver.start();
    driver.write(22, 2, 0);
    for (const [register, vector, becomes] of [[26, 1, 1], [26, 2, 0xffff], [26, 1, 1], [16, 0, 0]] as const) {
      driver.write(register, 2, vector);
      expect(driver.read(register, 2)).toBe(becomes);
    }
    driver.queue(0).request([{ in: 10 }]);
    expect([machine.messages, machine.intx]).toEqual([[0x31], false]);
    driver.queue(0).offer(99);
    driver.queue(0).notify();
    expect([machine.messages, driver.status & Status.needsReset]).toEqual([[0x31, 0x30], Status.needsReset]);
  });

  test('event indices: the device interrupts and is notified only where asked', () => {
    const machine = entropyMachine();
    const driver = new VirtioDriver(machine).start({ features: [Bit.eventIndex, Bit.version1] });
    const queue = driver.queue(0);
    const interrupts: boolean[] = [];
    for (let i = 0; i < 5; i++) {
      queue.add([{ in: 4 }]);
      queue.notify();
      interrupts.push(machine.bus.mmioRead(driver.isrAt, 1) === 1);
      queue.take();
      queue.usedEvent = 3;
    }
    expect([interrupts, queue.availableEvent]).toEqual([[true, false, false, true, false], 5]);
  });

  test('structures are reachable through configuration space', () => {
    const machine = entropyMachine();
    const driver = new VirtioDriver(machine);
    const at = machine.capability(5);
    machine.config(at + 4, 1, 0);
    machine.config(at + 12, 4, 1);
    machine.config(at + 8, 4, 20);
    machine.config(at + 16, 1, 3);
    expect([driver.status, machine.config(at + 16, 1), machine.config(at + 16, 4)]).toEqual([3, 3, 0]);
    machine.config(at + 8, 4, 0xfffffffc);
    machine.config(at + 12, 4, 4);
    expect(machine.config(at + 16, 4, 5)).toBe(0);
  });

  test('without bus mastering nothing moves', () => {
    const machine = entropyMachine();
    const driver = new VirtioDriver(machine).start();
    machine.config(4, 2, 2);
    driver.queue(0).add([{ in: 4 }]);
    driver.queue(0).notify();
    expect(driver.queue(0).take()).toEqual([]);
  });

  test('more than a ring of requests, around the ends of ring and 16-bit index', () => {
    const machine = entropyMachine();
    const driver = new VirtioDriver(machine).start({ size: 4 });
    for (let i = 0; i < 66_000; i++) {
      const { written } = driver.queue(0).request([{ in: i % 7 }, { in: 3 }]);
      if (written !== (i % 7) + 3) throw new Error(`request ${i}: ${written}`);
    }
  });
});

describe('block', () => {
  test('configuration', () => {
    const { machine, driver } = blockMachine(new MemoryDrive(pattern(SECTORS * 512)));
    expect([0, 4, 12, 20, 24].map((at) => machine.bus.mmioRead(driver.deviceConfig + at))).toEqual([SECTORS, 0, 254, 512, 0]);
    expect(blockMachine(new MemoryDrive(pattern(512), { readonly: true })).driver.offered).toContain(5);
  });

  test.each([false, true])('reads and writes, in any layout; indirect: %s', (indirect) => {
    const image = pattern(SECTORS * 512);
    const { driver } = blockMachine(new MemoryDrive(image));
    const queue = driver.start({ features: [Bit.indirect, Bit.version1] }).queue(0);
    const { out } = header(READ, 3);
    const answer = queue.request([{ out: out!.subarray(0, 5) }, { out: out!.subarray(5) }, { in: 1000 }, { in: 0 }, { in: 24 + 1 }], { indirect });
    expect(answer.written).toBe(1025);
    expect(answer.bytes).toEqual(Uint8Array.of(...image.subarray(3 * 512, 5 * 512), 0));

    const data = pattern(1024, 99);
    expect(queue.request([header(WRITE, 62), { out: data.subarray(0, 100) }, { out: data.subarray(100) }, { in: 1 }], { indirect })).toEqual({ head: expect.any(Number) as number, written: 1, bytes: Uint8Array.of(0) });
    expect(image.subarray(62 * 512)).toEqual(data);
    expect(queue.request([header(FLUSH), { in: 1 }]).bytes).toEqual(Uint8Array.of(0));
    expect(new TextDecoder().decode(queue.request([header(GET_ID), { in: 20 }, { in: 1 }]).bytes)).toBe(`disk7${'\0'.repeat(16)}`);
  });

  const failing = Object.assign(new MemoryDrive(pattern(SECTORS * 512)), { read: () => { throw new Error('broken disk'); }, flush: () => Promise.reject(new Error('broken')) });
  test.each([
    ['a read past the end', new MemoryDrive(pattern(SECTORS * 512)), [header(READ, SECTORS - 1), { in: 1024 }, { in: 1 }], 1],
    ['a read far past the end', new MemoryDrive(pattern(SECTORS * 512)), [header(READ, 2 ** 63), { in: 512 }, { in: 1 }], 1],
    ['a write past the end', new MemoryDrive(pattern(SECTORS * 512)), [header(WRITE, SECTORS), { out: new Uint8Array(512) }, { in: 1 }], 1],
    ['part of a sector', new MemoryDrive(pattern(SECTORS * 512)), [header(READ), { in: 100 }, { in: 1 }], 1],
    ['a write to a read-only disk', new MemoryDrive(pattern(SECTORS * 512), { readonly: true }), [header(WRITE), { out: new Uint8Array(512) }, { in: 1 }], 1],
    ['an unknown request', new MemoryDrive(pattern(SECTORS * 512)), [header(77), { in: 1 }], 2],
    ['a drive that throws', failing, [header(READ), { in: 512 }, { in: 1 }], 1],
  ] as const)('%s is an error to the guest alone', (_name, drive, buffers, status) => {
    const { driver } = blockMachine(drive);
    const answer = driver.start().queue(0).request(buffers);
    expect([answer.bytes.at(-1), answer.written, driver.status & Status.needsReset]).toEqual([status, 1, 0]);
  });

  test('a slow drive: requests end later, and out of order', async () => {
    const image = pattern(SECTORS * 512);
    const drive = new SlowDrive(image);
    const { machine, driver } = blockMachine(drive);
    const queue = driver.start().queue(0);
    const heads = [queue.add([header(READ, 1), { in: 512 }, { in: 1 }]), queue.add([header(READ, 2), { in: 512 }, { in: 1 }])];
    queue.notify();
    expect([queue.take(), machine.intx, drive.waiting.length]).toEqual([[], false, 2]);
    drive.waiting[1]!();
    await Promise.resolve().then(() => new Promise(setImmediate));
    const [answer] = queue.take();
    expect([answer!.head, answer!.bytes.subarray(0, 512), machine.intx]).toEqual([heads[1], image.subarray(1024, 1536), true]);
    // The driver resets the device: what comes then changes nothing.
    machine.bus.mmioRead(driver.isrAt, 1);
    const before = machine.bus.ram.slice();
    driver.status = 0;
    drive.waiting[0]!();
    await new Promise(setImmediate);
    expect([machine.intx, Buffer.compare(machine.bus.ram, before)]).toEqual([false, 0]);
  });

  test('a request under way goes into a snapshot, and is begun again', async () => {
    const image = pattern(SECTORS * 512);
    const one = blockMachine(new SlowDrive(image));
    const queue = one.driver.start({ features: [Bit.eventIndex, Bit.version1] }).queue(0);
    queue.add([header(READ, 7), { in: 512 }, { in: 1 }]);
    queue.notify();
    const [pci, saved] = [savedCopy(one.machine.pci), savedCopy(one.machine.device)];

    const other = blockMachine(new MemoryDrive(image));
    other.machine.bus.ram.set(one.machine.bus.ram);
    other.machine.pci.load(pci);
    other.machine.device.load(saved);
    expect(structuredClone(other.machine.device.save())).toEqual({ ...(saved as object), nextRound: 0 });
    expect(other.machine.intx).toBe(false);
    other.machine.bus.clock.fireDue();
    expect(other.machine.intx).toBe(true);
    expect(other.machine.ram.getUint16(queue.base + 0x3002, true)).toBe(1);
    one.machine.bus.ram.set(other.machine.bus.ram);
    expect(queue.take()[0]!.bytes).toEqual(Uint8Array.of(...image.subarray(7 * 512, 8 * 512), 0));
    await Promise.resolve();
  });
});

test('a snapshot whose queue is nowhere breaks the queue, not the host', () => {
  const machine = entropyMachine();
  const driver = new VirtioDriver(machine).start();
  driver.queue(0).request([{ in: 4 }]);
  const saved = savedCopy(machine.device) as unknown as { readonly queues: readonly object[] };
  const areas = Array.from({ length: 6 }, () => 0xffffffff);
  for (const change of [{ taken: [1] }, {}]) {
    machine.device.load({ ...saved, queues: [{ ...saved.queues[0], areas, ...change }] } as never);
    machine.bus.clock.fireDue();
    driver.queue(0).notify();
    expect(driver.status & Status.needsReset).toBe(Status.needsReset);
  }
  // A queue that nothing is taken from, with something to tell.
  const idle = new VirtioMachine(new VirtioConsole(() => undefined));
  const other = new VirtioDriver(idle).start();
  const { queues, ...rest } = savedCopy(idle.device) as unknown as { readonly queues: readonly object[] };
  idle.device.load({ ...rest, queues: [{ ...queues[0], areas, told: 5 }, queues[1]] } as never);
  other.queue(0).notify();
  expect(other.status & Status.needsReset).toBe(0);
});

test('entropy: as much as a buffer holds, within reason', () => {
  const driver = new VirtioDriver(entropyMachine()).start();
  expect(driver.queue(0).request([{ in: 5 }, { in: 3 }])).toMatchObject({ written: 8, bytes: new Uint8Array(8).fill(0x5a) });
  expect(driver.queue(0).request([{ in: 5000 }]).written).toBe(4096);
  expect(driver.queue(0).request([{ out: Uint8Array.of(1) }]).written).toBe(0);
});

describe('console', () => {
  const RECEIVE = 0;
  const TRANSMIT = 1;
  function build(): { readonly model: VirtioConsole; readonly machine: VirtioMachine; readonly driver: VirtioDriver; readonly output: number[] } {
    const output: number[] = [];
    const model = new VirtioConsole((bytes) => void output.push(...bytes));
    const machine = new VirtioMachine(model);
    return { model, machine, driver: new VirtioDriver(machine), output };
  }
  const text = (bytes: Uint8Array | readonly number[]): string => new TextDecoder().decode(Uint8Array.from(bytes));
  const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

  test('output', () => {
    const { driver, output } = build();
    driver.start().queue(TRANSMIT).request([{ out: bytes('hello, ') }, { out: bytes('world') }]);
    expect(text(output)).toBe('hello, world');
  });

  test('input waits for the driver, and for its buffers', () => {
    const { model, machine, driver } = build();
    model.receive(bytes('early '));
    const queue = driver.start().queue(RECEIVE);
    model.receive(bytes('input'));
    expect(queue.take()).toEqual([]);
    queue.add([{ in: 4 }]);
    queue.add([{ in: 100 }]);
    queue.notify();
    expect(queue.take().map(({ written, bytes: got }) => text(got.subarray(0, written)))).toEqual(['earl', 'y input']);
    queue.add([{ in: 100 }]);
    queue.notify();
    machine.bus.mmioRead(driver.isrAt, 1);
    expect([queue.take(), machine.intx]).toEqual([[], false]);
    model.receive(bytes('more'));
    expect([text(queue.take()[0]!.bytes.subarray(0, 4)), machine.intx]).toEqual(['more', true]);
  });

  test('input that waits is part of a snapshot', () => {
    const one = build();
    one.model.receive(bytes('waits'));
    const other = build();
    other.machine.device.load(savedCopy(one.machine.device));
    const queue = other.driver.start().queue(RECEIVE);
    queue.add([{ in: 10 }]);
    queue.notify();
    expect(queue.take()[0]!.written).toBe(5);
  });
});

describe('a driver that breaks the rules', () => {
  type Break = (driver: VirtioDriver) => void;
  const chain = (...descriptors: readonly (readonly [address: number, length: number, flags: number, next: number])[]): Break => (driver) => {
    const queue = driver.queue(0);
    descriptors.forEach((descriptor, i) => queue.setDescriptor(queue.base, i, ...descriptor));
    queue.offer(0);
  };
  test.each<readonly [string, Break]>([
    ['a head out of range', (driver) => driver.queue(0).offer(8)],
    ['more available than the ring holds', (driver) => void (driver.queue(0).availableIndex = 9)],
    ['a chain that is a loop', chain([0x10000, 4, Flag.write | Flag.next, 1], [0x10000, 4, Flag.write | Flag.next, 0])],
    ['a next out of range', chain([0x10000, 4, Flag.write | Flag.next, 8])],
    ['readable after writable', chain([0x10000, 4, Flag.write | Flag.next, 1], [0x10000, 4, 0, 0])],
    ['a buffer past the end of addresses', chain([0xfffffffe, 4, Flag.write, 0])],
    ['a buffer above 4 GiB', chain([2 ** 40, 4, Flag.write, 0])],
    ['too many bytes', chain([0x10000, 0xf0000000, Flag.write, 0])],
    ['an indirect table that was not negotiated', chain([0x10000, 32, Flag.indirect, 0])],
    ['areas above 4 GiB', (driver) => {
      driver.status = 0;
      driver.accept([Bit.version1]);
      driver.status = Status.featuresOk;
      driver.write(44, 4, 1);
      driver.write(28, 2, 1);
      driver.status = Status.featuresOk | Status.driverOk;
    }],
  ])('%s: needs reset, and works after one', (_name, breakIt) => {
    const machine = entropyMachine();
    const driver = new VirtioDriver(machine).start();
    breakIt(driver);
    driver.queue(0).notify();
    expect([driver.status & Status.needsReset, machine.bus.mmioRead(driver.isrAt, 1)]).toEqual([Status.needsReset, 2]);
    driver.status = Status.driverOk;
    driver.queue(0).notify();
    expect(driver.status & Status.needsReset).toBe(Status.needsReset);
    expect(driver.start().queue(0).request([{ in: 4 }]).written).toBe(4);
    expect(driver.status & Status.needsReset).toBe(0);
  });

  test.each<readonly [string, number, number, readonly [number, number, number, number] | undefined]>([
    ['of no whole number of descriptors', 0x10000, 24, undefined],
    ['empty', 0x10000, 0, undefined],
    ['in an indirect table', 0x10000, 16, [0x10100, 16, Flag.indirect, 0]],
    ['that is a loop', 0x10000, 16, [0x10000, 4, Flag.next, 0]],
    ['that goes on too long', 0x10000, 16 * 60000, [0x10000, 0, Flag.next, 0]],
  ])('an indirect table %s', (_name, table, length, descriptor) => {
    const driver = new VirtioDriver(entropyMachine()).start({ features: [Bit.indirect, Bit.version1] });
    const queue = driver.queue(0);
    if (descriptor !== undefined) queue.setDescriptor(table, 0, ...descriptor);
    queue.setDescriptor(0x10100, 0, 0x10200, 4, Flag.write, 0);
    queue.setDescriptor(queue.base, 0, table, length, Flag.indirect, 0);
    queue.offer(0);
    queue.notify();
    expect(driver.status & Status.needsReset).toBe(Status.needsReset);
  });

  test('a block request without header or room for the status', () => {
    for (const buffers of [[{ in: 1 }], [header(READ)], [{ out: new Uint8Array(15) }, { in: 1 }]] as const) {
      const { driver } = blockMachine(new MemoryDrive(pattern(512)));
      const queue = driver.start().queue(0);
      queue.add(buffers);
      queue.notify();
      expect(driver.status & Status.needsReset).toBe(Status.needsReset);
    }
  });

  test('a ring that refills itself: random bytes land on the available index', () => {
    const machine = new VirtioMachine(new VirtioEntropy((target) => {
      // What the device writes makes one more chain available, each time.
      new DataView(target.buffer).setUint16(0, machine.ram.getUint16(0x2002, true) + 1, true);
    }));
    const driver = new VirtioDriver(machine).start();
    const queue = driver.queue(0);
    queue.setDescriptor(queue.base, 0, 0x2002, 2, Flag.write, 0);
    queue.offer(0);
    queue.notify();
    expect(machine.ram.getUint16(0x3002, true)).toBe(8);
    const { next } = machine.bus.clock;
    expect([next > 0, next < Infinity]).toEqual([true, true]);
    machine.bus.clock.advance(next);
    expect(machine.ram.getUint16(0x3002, true)).toBe(16);
    driver.status = 0;
    expect(machine.bus.clock.next).toBe(Infinity);
  });
});

describe.each([1, 2, 3, 4])('garbage, seed %i', (seed) => {
  test('harms nobody', () => {
    const random = generator(seed * 0x9e3779b9);
    const models = [
      () => new VirtioBlock(new MemoryDrive(pattern(SECTORS * 512)), { serial: 'x' }),
      () => new VirtioConsole(() => undefined),
      () => new VirtioEntropy((target) => void target.fill(1)),
    ];
    for (const model of models) {
      const machine = new VirtioMachine(model());
      const driver = new VirtioDriver(machine);
      const queues = driver.read(18, 2);
      let broken = 0;
      for (let round = 0; round < 300; round++) {
        driver.start({ features: [Bit.indirect, Bit.eventIndex, Bit.version1].filter((bit) => bit === Bit.version1 || random(2) === 0), size: 2 ** random(4) });
        const queue = driver.queue(random(queues));
        for (let step = 0; step < 30; step++) {
          const near = (): number => (random(8) === 0 ? random(2 ** 32) : random(RAM_BYTES + 0x1000));
          switch (random(6)) {
            case 0: case 1:
              queue.setDescriptor(random(4) === 0 ? near() % (RAM_BYTES - 0x200) : queue.base, random(10), near(), random(3) === 0 ? 16 * random(9) : random(3000), random(8), random(10));
              break;
            case 2: queue.offer(random(random(8) === 0 ? 0x10000 : queue.size)); break;
            case 3: queue.notify(); break;
            case 4: {
              const size = ([1, 2, 4] as const)[random(3)]!;
              driver.write(random(16) === 0 ? random(60) : 26, size, random(2 ** (8 * size)));
              break;
            }
            default: machine.bus.ram[random(0x8000)] = random(256);
          }
          if (random(64) === 0) {
            const saved = savedCopy(machine.device);
            machine.device.load(saved);
          }
        }
        machine.bus.clock.jump(100_000);
        if ((driver.status & Status.needsReset) !== 0) broken++;
        expect(driver.status).toBeLessThan(256);
      }
      expect(broken).toBeGreaterThan(20);
      machine.bus.ram.fill(0);
      expect(driver.start().status & Status.needsReset).toBe(0);
      if (queues === 1) expect(driver.queue(0).request([header(READ, 1), { in: 512 }, { in: 1 }]).written).toBe(513);
    }
  });
});
