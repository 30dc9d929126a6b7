/** The header of a PC's snapshot: what has to be there for the body to make sense, and the check that it is. */
import { CPU_MODEL_NAMES } from '@wasm-tcg/guest-x86';
import type { PcOptions } from '../api.ts';
import type { SavedValue } from '../devices/device.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import type { Drive } from '../drives/drive.ts';
import { MachineError } from '../errors.ts';
import type { PcConfig } from './pc-config.ts';

/**
 * @param time virtual time, ns
 * @param title what was booted, for people
 */
export function pcHeader(config: PcConfig, drives: readonly Drive[], time: number, title: string): SavedValue {
  const { devices, clock } = config;
  return {
    machine: 'pc', title, model: config.model, ram: config.ram, epoch: config.epoch, time,
    clock: clock.kind === 'host' ? 'host' : clock.shift,
    devices: {
      serial: devices.serial, testdev: devices.testdev, hpet: devices.hpet, rng: devices.rng, console: devices.console,
      debugPort: devices.debugPort !== undefined,
      debugExit: devices.debugExit === undefined ? null : { iobase: devices.debugExit.iobase, iosize: devices.debugExit.iosize },
    },
    drives: drives.map(({ size, readonly }) => ({ size, readonly })),
  };
}

/**
 * Options for a machine like the one in the header.
 * @param options of the restoring program: drives, execution, debug, what bytes go where
 * @throws MachineError `bad-snapshot` when it does not fit
 */
export function optionsOfHeader(header: SavedValue, options: PcOptions): PcOptions {
  const fields = new SavedFields(header, 'header');
  fields.oneOf('machine', ['pc']);
  const devices = fields.fields('devices');
  const debugExit = devices.value('debugExit');
  const exit = debugExit === null ? undefined : devices.fields('debugExit');
  const { execution, debug, modules, signal, drives, reboot, sharedMemory } = options;
  const clock = fields.value('clock');
  return {
    cpu: { model: fields.oneOf('model', CPU_MODEL_NAMES) },
    memory: fields.int('ram', 4096, 3 * 2 ** 30),
    clock: clock === 'host' ? 'host' : { icount: fields.int('clock', 0, 31) },
    devices: {
      serial: devices.int('serial', 0, 4), testdev: devices.bool('testdev'), hpet: devices.bool('hpet'), rng: devices.bool('rng'), console: devices.bool('console'),
      ...(exit === undefined ? {} : { debugExit: { iobase: exit.int('iobase', 0, 0xffff), iosize: exit.int('iosize', 1, 8) } }),
      ...(devices.bool('debugPort') ? { debugPort: options.devices?.debugPort ?? (() => undefined) } : {}),
    },
    ...(drives === undefined ? {} : { drives }),
    ...(execution === undefined ? {} : { execution }),
    ...(debug === undefined ? {} : { debug }),
    ...(modules === undefined ? {} : { modules }),
    ...(signal === undefined ? {} : { signal }),
    ...(sharedMemory === undefined ? {} : { sharedMemory }),
    ...(reboot === undefined ? {} : { reboot }),
  };
}

/** ns since 1970 of power-on. */
export function epochOfHeader(header: SavedValue): number {
  const epoch = new SavedFields(header, 'header').value('epoch');
  if (typeof epoch !== 'number' || !Number.isFinite(epoch)) throw new MachineError('bad-snapshot', 'the snapshot has no time of power-on', 'it is damaged: take it again');
  return epoch;
}

/** What was booted, as {@link pcHeader} was told; empty in snapshots that do not say. */
export function titleOfHeader(header: SavedValue): string {
  const title = new SavedFields(header, 'header').optional('title');
  return typeof title === 'string' ? title : '';
}

/** @throws MachineError `bad-snapshot` when the drives are not those of the snapshot */
export function checkDrives(header: SavedValue, drives: readonly Drive[]): void {
  const saved = new SavedFields(header, 'header').list('drives', { max: 32 });
  const describe = (list: readonly { readonly size: number; readonly readonly: boolean }[]): string =>
    list.length === 0 ? 'none' : list.map(({ size, readonly }) => `${size} bytes${readonly ? ' (read-only)' : ''}`).join(', ');
  const wanted = saved.map((drive) => ({ size: drive.int('size', 0, Number.MAX_SAFE_INTEGER), readonly: drive.bool('readonly') }));
  const fits = wanted.length === drives.length && wanted.every(({ size, readonly }, i) => drives[i]!.size === size && drives[i]!.readonly === readonly);
  if (fits) return;
  throw new MachineError('bad-snapshot', `the snapshot is of a machine with the disks ${describe(wanted)}; given are ${describe(drives)}`, 'give the same disks in the same order as when it was taken');
}
