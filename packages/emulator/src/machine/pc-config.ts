/** Options of a PC, checked, with their defaults filled in. */
import type { CpuModelName } from '@wasm-tcg/guest-x86';
import type { DebugOptions, ExecutionOptions, MachineModules, PcDevices, PcOptions } from '../api.ts';
import { MachineError } from '../errors.ts';
import type { FirmwareConfig } from '../firmware/firmware.ts';
import { HPET_ID } from '../devices/hpet.ts';
import type { ClockOptions } from './clock.ts';
import { checkOptions, parseMemorySize } from './options.ts';

const DEFAULT_RAM = '256M';
const DEFAULT_MODEL: CpuModelName = 'x86-64';
const DEFAULT_SEED = 1;
const MAX_SHIFT = 10;
const SERIAL_PORTS = 4;
/** Power-on under `icount`: 2000-01-01. */
const FIXED_EPOCH = 946_684_800_000;
const NS_PER_MS = 1e6;

export interface PcConfig {
  readonly model: CpuModelName;
  readonly ram: number;
  readonly shared: boolean;
  readonly devices: Required<Pick<PcDevices, 'serial' | 'testdev' | 'hpet' | 'rng' | 'console'>> & Pick<PcDevices, 'debugExit' | 'debugPort'>;
  readonly firmware: FirmwareConfig;
  readonly clock: ClockOptions;
  /** ns since 1970. */
  readonly epoch: number;
  /** undefined: the host's randomness. */
  readonly seed: number | undefined;
  readonly reboot: boolean;
  readonly execution: ExecutionOptions | undefined;
  readonly debug: DebugOptions | undefined;
  readonly modules: MachineModules | undefined;
  readonly signal: AbortSignal | undefined;
}

/** @throws MachineError `bad-option` */
export function pcConfig(options: PcOptions): PcConfig {
  const { execution, debug, modules, signal, clock = 'host', devices = {} } = options;
  checkOptions(options);
  const ram = parseMemorySize(options.memory ?? DEFAULT_RAM);
  const serial = devices.serial ?? 1;
  if (!(Number.isInteger(serial) && serial >= 0 && serial <= SERIAL_PORTS)) throw new MachineError('bad-option', `devices.serial: ${serial}`, `a PC has 0 … ${SERIAL_PORTS} serial ports`);
  const counted = clock !== 'host';
  return {
    model: options.cpu?.model ?? DEFAULT_MODEL,
    ram,
    shared: options.sharedMemory ?? false,
    devices: {
      serial, testdev: devices.testdev ?? false, hpet: devices.hpet ?? true, rng: devices.rng ?? true, console: devices.console ?? false,
      ...(devices.debugExit === undefined ? {} : { debugExit: devices.debugExit }),
      ...(devices.debugPort === undefined ? {} : { debugPort: devices.debugPort }),
    },
    firmware: { ramBytes: ram, serialPorts: Array.from({ length: serial }, (_, i) => i), ...((devices.hpet ?? true) ? { hpet: HPET_ID } : {}) },
    clock: counted ? { kind: 'icount', shift: shiftOf(clock.icount) } : { kind: 'host', wall: () => performance.now() * NS_PER_MS },
    epoch: (options.epoch ?? (counted ? FIXED_EPOCH : Date.now())) * NS_PER_MS,
    seed: counted ? (options.seed ?? DEFAULT_SEED) : options.seed,
    reboot: options.reboot ?? true,
    execution, debug, modules, signal,
  };
}

function shiftOf(icount: number): number {
  if (Number.isInteger(icount) && icount >= 0 && icount <= MAX_SHIFT) return icount;
  throw new MachineError('bad-option', `clock.icount: ${icount}`, `2^icount ns per instruction: an integer from 0 to ${MAX_SHIFT}`);
}
