/** What the PC says of itself through fw_cfg. */
import { FwCfg, FwCfgKey, fwCfgNumber } from '../devices/fw-cfg.ts';
import type { DeviceBus } from '../devices/device.ts';
import { encodeE820, type E820Range } from '../firmware/e820.ts';

export interface FwCfgFacts {
  readonly ramBytes: number;
  readonly cpus: number;
  readonly e820: readonly E820Range[];
}

export function createFwCfg(bus: Pick<DeviceBus, 'attachPorts' | 'memory'>, { ramBytes, cpus, e820 }: FwCfgFacts): FwCfg {
  return new FwCfg(bus, {
    items: new Map([
      [FwCfgKey.ramSize, fwCfgNumber(ramBytes, 8)],
      [FwCfgKey.noGraphic, fwCfgNumber(1, 2)],
      [FwCfgKey.cpus, fwCfgNumber(cpus, 2)],
      [FwCfgKey.maxCpus, fwCfgNumber(cpus, 2)],
    ]),
    files: new Map([['etc/e820', encodeE820(e820)]]),
  });
}
