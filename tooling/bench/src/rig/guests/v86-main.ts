/**
 * v86 as a process of the rig: BIOS KERNEL INITRD APPEND MIB. The serial port is standard input and output; asked over the channel to the parent,
 * it says how many instructions have run (its counter has 32 bits).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { V86 } from 'v86';

const [bios, kernel, initrd, cmdline, memory] = process.argv.slice(2);
const image = (path: string): { readonly buffer: ArrayBuffer } => ({ buffer: Uint8Array.from(readFileSync(path)).buffer });
const emulator = new V86({
  wasm_path: fileURLToPath(new URL('v86.wasm', import.meta.resolve('v86'))),
  memory_size: Number(memory) * 2 ** 20,
  bios: image(bios),
  bzimage: image(kernel),
  initrd: image(initrd),
  cmdline,
  autostart: true,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
});
// By lines, as the others write: a system call per byte would count against v86.
const NEW_LINE = 0x0a;
let pending: number[] = [];
const flush = (): void => {
  if (pending.length > 0) process.stdout.write(Uint8Array.from(pending));
  pending = [];
};
emulator.add_listener('serial0-output-byte', (byte) => {
  pending.push(byte);
  if (byte === NEW_LINE) flush();
  else if (pending.length === 1) setImmediate(flush);
});
process.stdin.on('data', (bytes: Buffer) => emulator.serial_send_bytes(0, bytes));
// Nobody is left to run for.
process.on('disconnect', () => process.exit());
process.on('message', () => process.send?.({ instructions: emulator.get_instruction_counter() }));
