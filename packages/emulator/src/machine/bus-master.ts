/** Memory as a bus master on PCI sees it. */
import type { Ram } from '@wasm-tcg/runtime';
import type { DeviceMemory } from '../devices/device.ts';

const PAGE = 4096;

/**
 * RAM and ROM. A transfer to or from a device's registers goes nowhere and reads ones: no device is made to call another, or itself, in the middle of its work.
 */
export function busMasterMemory(ram: Ram): DeviceMemory {
  return {
    read: (physical, target) => eachPage(physical, target, (at, part) => {
      if (isMemory(ram, at)) ram.read(at, part);
      else part.fill(0xff);
    }),
    write: (physical, bytes) => eachPage(physical, bytes, (at, part) => {
      if (isMemory(ram, at)) ram.write(at, part);
    }),
  };
}

function isMemory(ram: Ram, physical: number): boolean {
  const kind = ram.kindAt(physical);
  return kind === 'ram' || kind === 'rom';
}

function eachPage(physical: number, bytes: Uint8Array, visit: (at: number, part: Uint8Array) => void): void {
  for (let done = 0; done < bytes.length; ) {
    const at = physical + done;
    const size = Math.min(bytes.length - done, PAGE - (at % PAGE));
    visit(at, bytes.subarray(done, done + size));
    done += size;
  }
}
