/** What a snapshot is of, from its header alone. */
import { CPU_MODEL_NAMES, type CpuModelName } from '@wasm-tcg/guest-x86';
import type { PcClock } from '../api.ts';
import { SavedFields } from '../devices/saved-fields.ts';
import { epochOfHeader, titleOfHeader } from '../machine/pc-header.ts';
import { readHeader } from './format.ts';

const NS_PER_MS = 1e6;

export interface SnapshotSummary {
  readonly model: CpuModelName;
  /** RAM, bytes. */
  readonly memory: number;
  readonly clock: PcClock;
  /** What the machine was started with: `Linux 6.1.0`; empty when nothing is known. */
  readonly title: string;
  /** Virtual time since power-on, ns, and the guest's wall clock, ms since 1970. Undefined in snapshots that do not say. */
  readonly time: number | undefined;
  readonly date: number | undefined;
  /** Disks that have to be given when it is restored, in this order. */
  readonly drives: readonly { readonly size: number; readonly readonly: boolean }[];
}

/**
 * @param bytes the snapshot, or its first mebibyte: nothing is unpacked
 * @throws MachineError `bad-snapshot` when it is none, or of another format version
 */
export function describeSnapshot(bytes: Uint8Array): SnapshotSummary {
  const { header } = readHeader(bytes);
  const fields = new SavedFields(header, 'header');
  const time = fields.optional('time');
  const known = typeof time === 'number' && Number.isFinite(time) ? time : undefined;
  return {
    model: fields.oneOf('model', CPU_MODEL_NAMES),
    memory: fields.int('ram', 4096, 3 * 2 ** 30),
    clock: fields.value('clock') === 'host' ? 'host' : { icount: fields.int('clock', 0, 31) },
    title: titleOfHeader(header),
    time: known,
    date: known === undefined ? undefined : Math.round(epochOfHeader(header) / NS_PER_MS + known / NS_PER_MS),
    drives: fields.list('drives', { max: 32 }).map((drive) => ({ size: drive.int('size', 0, Number.MAX_SAFE_INTEGER), readonly: drive.bool('readonly') })),
  };
}
