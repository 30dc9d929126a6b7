/** FADT (fixed hardware of ACPI; ACPI 6.4, section 5.2.9) and FACS (5.2.10). */
import { ByteWriter } from '../byte-writer.ts';
import { PmPort, RESET_REGISTER, SCI_LINE, SMI_COMMAND } from '../pc-map.ts';
import { acpiTable } from './table.ts';

/** IAPC_BOOT_ARCH (section 5.2.9.3). */
const BootArch = { legacyDevices: 1, i8042: 2, noVga: 4 } as const;

/** Fixed feature flags (table 5.10). */
const Feature = {
  wbinvd: 1 << 0,
  /** C1 on all processors: HLT. */
  procC1: 1 << 2,
  /** No sleep button in the fixed registers; the power button is there. */
  noSleepButton: 1 << 5,
  /** The RTC's wake status is not in the fixed registers. */
  rtcNotFixed: 1 << 6,
  timer32: 1 << 8,
  resetRegister: 1 << 10,
} as const;

/** Generic address structure (section 5.2.3.2) in I/O space. */
const GAS_BYTES = 12;
const IO_SPACE = 1;
const AccessWidth = { byte: 1, word: 2, dword: 3 } as const;

export interface FadtOptions {
  readonly facs: number;
  readonly dsdt: number;
  readonly vga: boolean;
}

export function fadt({ facs, dsdt, vga }: FadtOptions): Uint8Array {
  const flags = Feature.wbinvd | Feature.procC1 | Feature.noSleepButton | Feature.rtcNotFixed | Feature.timer32 |
    Feature.resetRegister;
  const DESKTOP = 1;
  /** More than 100 µs: the processor does not have C2; more than 1000: nor C3. */
  const NO_C2 = 101;
  const NO_C3 = 1001;
  /** Cell of the CMOS that holds the century. */
  const CENTURY = 0x32;
  const w = new ByteWriter();
  w.u32(facs, dsdt).u8(0, DESKTOP).u16(SCI_LINE).u32(SMI_COMMAND.port).u8(SMI_COMMAND.acpiEnable, SMI_COMMAND.acpiDisable, 0, 0);
  w.u32(PmPort.event, 0, PmPort.control, 0, 0, PmPort.timer, PmPort.gpe0, 0);
  // Lengths of the blocks above; no GPE1; no _CST.
  w.u8(4, 2, 0, 4, 4, 0, 0, 0).u16(NO_C2, NO_C3, 0, 0).u8(0, 0, 0, 0, CENTURY);
  w.u16(BootArch.legacyDevices | BootArch.i8042 | (vga ? 0 : BootArch.noVga)).u8(0).u32(flags);
  w.u8(IO_SPACE, 8, 0, AccessWidth.byte).u64(RESET_REGISTER.port).u8(RESET_REGISTER.value).u16(0).u8(0);
  // X_FIRMWARE_CTRL stays 0: only one of the two fields may name the FACS.
  w.u64(0).u64(dsdt);
  ioBlock(w, PmPort.event, 4, AccessWidth.word);
  w.zero(GAS_BYTES);
  ioBlock(w, PmPort.control, 2, AccessWidth.word);
  w.zero(GAS_BYTES * 2);
  ioBlock(w, PmPort.timer, 4, AccessWidth.dword);
  ioBlock(w, PmPort.gpe0, 4, AccessWidth.byte);
  w.zero(GAS_BYTES);
  return acpiTable({ signature: 'FACP', revision: 4 }, w.finish());
}

function ioBlock(w: ByteWriter, port: number, bytes: number, access: number): void {
  w.u8(IO_SPACE, bytes * 8, 0, access).u64(port);
}

/** The waking vector and the global lock: written by both sides, so it stands in NVS memory, on a multiple of 64. It has no checksum. */
export function facs(): Uint8Array {
  const BYTES = 64;
  return new ByteWriter().text('FACS').u32(BYTES).zero(BYTES - 8).finish();
}
