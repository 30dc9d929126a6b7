/** States of the CPU in which boot protocols enter an image, and the registers that make them. */
import type { RegisterName, RegisterValue } from '@wasm-tcg/guest-x86';
import { CR0_PE, CR0_PG, CR0_ET, CR4_PAE, EFER_LMA, EFER_LME, SegmentRights } from './cpu-bits.ts';

/** Real mode: segment bases are selectors × 16, limits 64 KiB, IVT at 0. */
export interface Real16Start {
  readonly kind: 'real16';
  readonly cs: number;
  readonly ip: number;
  /** Selector of DS, ES, FS, GS and SS. */
  readonly data: number;
  readonly sp: number;
  readonly registers?: GeneralRegisters;
}

/** A GDT in RAM, and the selectors that CS and all data segments hold. Flat: base 0, limit 4 GiB. */
export interface FlatSegments {
  readonly gdt: { readonly base: number; readonly limit: number };
  readonly code: number;
  readonly data: number;
}

/** Protected mode without paging. */
export interface Protected32Start {
  readonly kind: 'protected32';
  readonly eip: number;
  readonly esp: number;
  readonly segments: FlatSegments;
  readonly registers?: GeneralRegisters;
}

/** 64-bit mode under identity page tables. */
export interface Long64Start {
  readonly kind: 'long64';
  readonly rip: number;
  readonly rsp: number;
  /** Physical address of the PML4. */
  readonly pageTables: number;
  readonly segments: FlatSegments;
  readonly registers?: GeneralRegisters;
}

/** Interrupts are off, the direction flag is clear, registers not named are 0. */
export type CpuStart = Real16Start | Protected32Start | Long64Start;

type GeneralName = 'rax' | 'rbx' | 'rcx' | 'rdx' | 'rsi' | 'rdi' | 'rbp';
/** Values of the narrow modes go into the low halves. */
export type GeneralRegisters = Readonly<Partial<Record<GeneralName, number>>>;

const GENERAL: readonly GeneralName[] = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp'];
const DATA_SEGMENTS = ['ds', 'es', 'ss', 'fs', 'gs'] as const;
/** EFLAGS: bit 1 is always set. */
const EFLAGS_CLEAR = 2n;

/** Registers to set, in order, on a CPU that has been reset. What is not in the list keeps its value of reset. */
export function startRegisters(start: CpuStart): readonly (readonly [RegisterName, RegisterValue])[] {
  const general = GENERAL.map((name) => [name, BigInt(start.registers?.[name] ?? 0)] as const);
  return [...general, ['rflags', EFLAGS_CLEAR], ...modeRegisters(start)];
}

function modeRegisters(start: CpuStart): readonly (readonly [RegisterName, RegisterValue])[] {
  switch (start.kind) {
    case 'real16':
      return [
        ['rip', BigInt(start.ip)], ['rsp', BigInt(start.sp)], ['cr0', CR0_ET],
        ...segment('cs', start.cs, start.cs * 16, 0xffff, SegmentRights.code16),
        ...DATA_SEGMENTS.flatMap((name) => segment(name, start.data, start.data * 16, 0xffff, SegmentRights.data16)),
        ['idtr.base', 0n], ['idtr.limit', 0x3ffn],
      ];
    case 'protected32':
      return [
        ['rip', BigInt(start.eip)], ['rsp', BigInt(start.esp)],
        ['cr0', CR0_PE | CR0_ET],
        ...flatSegments(start.segments, SegmentRights.code32),
      ];
    case 'long64':
      return [
        ['rip', BigInt(start.rip)], ['rsp', BigInt(start.rsp)],
        ['cr3', BigInt(start.pageTables)], ['cr4', CR4_PAE], ['efer', EFER_LME | EFER_LMA],
        ['cr0', CR0_PE | CR0_ET | CR0_PG],
        ...flatSegments(start.segments, SegmentRights.code64),
      ];
  }
}

/** Without an IDT: an exception before the image has made its own shuts the CPU down. */
function flatSegments({ gdt, code, data }: FlatSegments, codeRights: number): readonly (readonly [RegisterName, RegisterValue])[] {
  return [
    ['gdtr.base', BigInt(gdt.base)], ['gdtr.limit', BigInt(gdt.limit)], ['idtr.base', 0n], ['idtr.limit', 0n],
    ...segment('cs', code, 0, 0xffffffff, codeRights),
    ...DATA_SEGMENTS.flatMap((name) => segment(name, data, 0, 0xffffffff, SegmentRights.data32)),
  ];
}

function segment(
  name: 'cs' | (typeof DATA_SEGMENTS)[number], selector: number, base: number, limit: number, rights: number,
): readonly (readonly [RegisterName, RegisterValue])[] {
  return [
    [name, BigInt(selector)], [`${name}.base`, BigInt(base)], [`${name}.limit`, BigInt(limit)], [`${name}.access`, BigInt(rights)],
  ];
}
