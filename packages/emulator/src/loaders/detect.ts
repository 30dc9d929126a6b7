/** What kind of boot image some bytes are, by what they contain and not by their name. */
import { MachineError } from '../errors.ts';
import { isElf, parseElf } from './elf.ts';
import { isBzImage } from './linux/setup-header.ts';
import { findMultibootHeader } from './multiboot/header.ts';
import { pvhEntry } from './pvh.ts';

/**
 * - `bzimage`: Linux with its setup header
 * - `multiboot`: ELF or flat, with a Multiboot 1 header
 * - `pvh`: ELF with the PVH note
 * - `vmlinux`: ELF that is Linux, without that note
 * - `elf`: another ELF file, which no boot protocol here can start
 * - `boot-sector`: what a BIOS starts from a disk
 * - `unknown`
 */
export type ImageKind = 'bzimage' | 'multiboot' | 'pvh' | 'vmlinux' | 'elf' | 'boot-sector' | 'unknown';

/** Never throws: what is damaged is `elf` or `unknown`. */
export function detectImage(bytes: Uint8Array): ImageKind {
  if (isBzImage(bytes)) return 'bzimage';
  if (findMultibootHeader(bytes) !== undefined) return 'multiboot';
  if (isElf(bytes)) return elfKind(bytes);
  const SECTOR = 512;
  return bytes.length >= SECTOR && bytes[510] === 0x55 && bytes[511] === 0xaa ? 'boot-sector' : 'unknown';
}

function elfKind(bytes: Uint8Array): ImageKind {
  try {
    const elf = parseElf(bytes);
    if (pvhEntry(elf) !== undefined) return 'pvh';
    return elf.notes.some(({ name }) => name === 'Linux') ? 'vmlinux' : 'elf';
  } catch (error) {
    if (error instanceof MachineError) return 'elf';
    throw error;
  }
}
