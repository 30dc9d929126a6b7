/**
 * A PC in a snapshot: what it is (header: enough to make one like it) and how it is (body: CPU, RAM, clock, devices, disks, boot images).
 *
 * Derived state stays out: translated code, TLBs. Both the machine that is saved and the one that is restored go on with empty TLBs, so that they
 * walk the same page tables.
 */
import type { Device, SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import type { Drive } from '../drives/drive.ts';
import { MachineError } from '../errors.ts';
import type { MachineClock } from '../machine/clock.ts';
import type { Entropy } from '../machine/entropy.ts';
import type { MachineParts } from '../machine/parts.ts';
import { loadRam, saveRam } from './ram-pages.ts';

/** The parts of a PC that have state. */
export interface PcState {
  readonly parts: MachineParts;
  readonly clock: MachineClock;
  readonly entropy: Entropy;
  readonly devices: readonly Device[];
  readonly drives: readonly Drive[];
}

function ramOf({ machine }: MachineParts): Uint8Array {
  const { ramBase, ramSize } = machine.map;
  return machine.views().u8.subarray(ramBase, ramBase + ramSize);
}

/**
 * Between two instructions.
 * @param halted the CPU waits for an interrupt
 */
export function savePc({ parts, clock, entropy, devices, drives }: PcState, halted: boolean): SavedValue {
  const { x86, exec, core, context } = parts;
  const saved = {
    cpu: x86.saveState(0),
    halted,
    instructions: exec.instructions,
    clock: clock.save(),
    entropy: entropy.save(),
    devices: Object.fromEntries(devices.map((device) => [device.id, device.save()])),
    drives: drives.map((drive) => copyOf(drive.save())),
    ram: saveRam(ramOf(parts)),
  };
  core.tlb_flush(context.env);
  return saved;
}

/**
 * Into a machine made for the snapshot's header and reset.
 * @returns whether the CPU waits for an interrupt
 * @throws MachineError `bad-snapshot`; the machine is then good for nothing
 */
export function loadPc(state: PcState, saved: SavedValue): boolean {
  const { parts, clock, entropy, devices, drives } = state;
  const fields = new SavedFields(saved, 'machine');
  const cpu = fields.value('cpu');
  if (!(cpu instanceof Uint8Array)) throw damaged('has no CPU state');
  // RAM first: devices may map themselves over it, and their loading looks at nothing in it.
  loadRam(ramOf(parts), fields.value('ram'));
  parts.exec.flush();
  parts.exec.instructions = fields.int('instructions', 0, Number.MAX_SAFE_INTEGER);
  clock.load(fields.value('clock'));
  entropy.load(fields.value('entropy'));
  const ofDevices = fields.fields('devices');
  for (const device of devices) device.load(ofDevices.value(device.id));
  const ofDrives = fields.value('drives');
  if (!Array.isArray(ofDrives) || ofDrives.length !== drives.length) throw damaged('does not have the state of all disks');
  drives.forEach((drive, i) => drive.load((ofDrives as readonly SavedValue[])[i]!));
  try {
    parts.x86.loadState(0, cpu);
  } catch (cause) {
    throw new MachineError('bad-snapshot', `the CPU state of the snapshot: ${cause instanceof Error ? cause.message : String(cause)}`, 'restore it with the version of wasm-tcg that took it', { cause });
  }
  return fields.bool('halted');
}

const damaged = (what: string): MachineError => new MachineError('bad-snapshot', `the snapshot ${what}`, 'it is damaged: take it again');

/** A drive may hand out what it goes on writing to; compression happens later. */
function copyOf(saved: SavedValue): SavedValue {
  if (saved instanceof Uint8Array) return saved.slice();
  if (Array.isArray(saved)) return saved.map(copyOf);
  if (saved !== null && typeof saved === 'object') return Object.fromEntries(Object.entries(saved).map(([key, value]) => [key, copyOf(value)]));
  return saved;
}
