/** Makes PCs. */
import type { PcDrive, PcOptions, SerialPort } from '../api.ts';
import type { SavedValue } from '../devices/device.ts';
import type { Drive } from '../drives/drive.ts';
import { MemoryDrive } from '../drives/memory-drive.ts';
import { startRegisters } from '../loaders/cpu-start.ts';
import { decodeSnapshot } from '../snapshot/format.ts';
import { planBoot, restoreBootPlan, saveBootPlan, type BootPlan } from './boot-plan.ts';
import { MachineClock } from './clock.ts';
import { Entropy } from './entropy.ts';
import { PcMachine } from './pc.ts';
import { Board } from './pc-board.ts';
import { pcConfig, type PcConfig } from './pc-config.ts';
import { checkDrives, epochOfHeader, optionsOfHeader, pcHeader, titleOfHeader } from './pc-header.ts';
import { mapRam } from './pc-memory.ts';
import { createParts, type MachineParts } from './parts.ts';

/** TB arena of a PC: an operating system's working set of code is tens of thousands of TBs. */
const ARENA_BYTES = 128 * 2 ** 20;

/**
 * Make a PC with what `options.boot` names loaded, or one that goes on from a snapshot, ready to be started.
 * @throws MachineError `bad-option`, `bad-image`, `bad-snapshot`, `aborted`; RuntimeError `out-of-memory`
 */
export async function createPc(options: PcOptions = {}): Promise<PcMachine> {
  if (options.from !== undefined) return restorePc(options.from, options);
  const config = pcConfig(options);
  const drives = drivesOf(options.drives);
  const entropy = new Entropy(config.seed);
  const plan = await planBoot({ boot: options.boot, config, random: (bytes) => entropy.fill(bytes) });
  return assemble({ config, plan, entropy, drives });
}

async function restorePc(snapshot: Uint8Array, options: PcOptions): Promise<PcMachine> {
  const { header, body } = await decodeSnapshot(snapshot);
  const config = { ...pcConfig(optionsOfHeader(header, options)), epoch: epochOfHeader(header) };
  const drives = drivesOf(options.drives);
  checkDrives(header, drives);
  const { plan, machine } = restoreBootPlan(body, config, titleOfHeader(header));
  const pc = assemble({ config, plan, entropy: new Entropy(config.seed), drives });
  pc.restore(machine);
  return pc;
}

function drivesOf(drives: readonly PcDrive[] = []): readonly Drive[] {
  return drives.map(({ image, readonly = false }) => (image instanceof Uint8Array ? new MemoryDrive(image, { readonly }) : image));
}

interface Ingredients {
  readonly config: PcConfig;
  readonly plan: BootPlan;
  readonly entropy: Entropy;
  readonly drives: readonly Drive[];
}

/** Parts call the machine, which is made of them: set before the first call. */
interface Late {
  board?: Board;
  pc?: PcMachine;
}

function assemble({ config, plan, entropy, drives }: Ingredients): PcMachine {
  const late: Late = {};
  const parts = createParts(
    {
      model: config.model, provides: ['apic', 'tsc_deadline'], ram: config.ram, shared: config.shared, arenaBytes: ARENA_BYTES,
      execution: config.execution, debug: config.debug, modules: config.modules,
    },
    {
      portStop: (access) => late.pc!.portStop(access),
      wantsHost: () => late.pc!.wantsHost,
      cpu: {
        readMsr: (_vcpu, msr) => late.board!.readMsr(msr),
        writeMsr: (_vcpu, msr, value) => late.board!.writeMsr(msr, value),
        readTpr: () => late.board!.interrupts.tpr >> 4,
        random32: () => entropy.next(),
        ferr: (_vcpu, asserted) => late.board!.ferr(asserted),
        writeTpr: (_vcpu, cr8) => {
          late.board!.interrupts.tpr = cr8 << 4;
        },
      },
    },
  );
  mapRam(parts.ram, config.ram);
  // TSC and virtual time both run at 1 GHz.
  const clock = new MachineClock(config.clock, () => parts.exec.now, () => late.pc?.wake(), config.epoch, (...time) => parts.context.setTime(...time));
  const board = new Board({
    parts, clock, entropy, drives, devices: config.devices, plan, wake: () => late.pc?.wake(),
    control: { reset: () => late.pc!.control.reset(), powerOff: () => late.pc!.control.powerOff(), exit: (code) => late.pc!.control.exit(code) },
  });
  late.board = board;
  const { devices } = board;
  // Memory is made of zeros, and is only there once it is touched: filling 256 MiB for the first start would take 100 ms and as much of the host's memory.
  let used = false;
  const startGuest = (): void => {
    if (used) parts.memory.fill(0, parts.memory.size, 0);
    used = true;
    boot(parts, board, plan);
  };
  const pc = new PcMachine(
    parts,
    {
      clock, interrupts: board.interrupts, devices, serial: board.serial satisfies readonly SerialPort[], console: board.console, powerButton: () => board.powerButton(),
      boot: startGuest, flush: () => board.flush(),
      snapshot: { state: { parts, clock, entropy, devices, drives }, header: () => pcHeader(config, drives, clock.now, plan.title), plan: (): SavedValue => saveBootPlan(plan) },
    },
    config,
  );
  late.pc = pc;
  pc.reset();
  return pc;
}

/** RAM, which is all zeros, and CPU as firmware and loader leave them. */
function boot({ memory, x86 }: MachineParts, board: Board, { firmware, image }: BootPlan): void {
  for (const { physical, bytes } of firmware.segments) memory.write(physical, bytes);
  board.programAsFirmware();
  if (image === undefined) return;
  for (const { physical, bytes } of image.segments) memory.write(physical, bytes);
  const registers = x86.registers(0);
  for (const [name, value] of startRegisters(image.start)) registers.set(name, value);
}
