/** The console of a boot of linux-cloud-amd64 under QEMU, from the script's first line to its last. */
import { readFileSync } from 'node:fs';
import { makeTestDisk } from '@wasm-tcg/guest-images';
import type { CheckContext } from '../src/checks/check.ts';

/** As a terminal gets it. */
export const RECORDED: string = readFileSync(new URL('recorded/linux-cloud-amd64.txt', import.meta.url), 'utf8').replaceAll('\n', '\r\n');

export const CONTEXT: CheckContext = { guest: 'linux-cloud-amd64', release: '6.1.0-50-cloud-amd64', disk: makeTestDisk(8 * 2 ** 20) };
