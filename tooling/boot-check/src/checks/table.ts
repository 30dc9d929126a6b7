/** The checks, in the order in which the guest runs them: one row each. To add one, add a row. */
import type { GuestName } from '@wasm-tcg/guest-images';
import { judgeDmesg, parseDmesg } from '../console/dmesg.ts';
import { differences, is64Bit, type Check } from './check.ts';
import { calibration } from './calibration.ts';
import { repeated, sequence, sha256 } from './data.ts';
import { awkFloats, program32 } from './floats.ts';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

const HASHED_LINE = 'The quick brown fox jumps over the lazy dog 0123456789';
const HASHED_BYTES = 20 * MEBIBYTE;
const ZIPPED_LAST = 150_000;
const FORKS = 300;
const EXECS = 40;

/** Where the guest writes to the disk. */
export const DISK_WRITE = { text: 'written by the guest', offset: MEBIBYTE, bytes: MEBIBYTE } as const;

/** The disk after the guest has written to it. */
export function writtenDisk(disk: Uint8Array): Uint8Array {
  const after = Uint8Array.from(disk);
  after.set(repeated(DISK_WRITE.text, DISK_WRITE.bytes), DISK_WRITE.offset);
  return after;
}

export const CHECKS: readonly Check[] = [
  {
    name: 'uname',
    about: 'the kernel that was meant to boot has booted',
    script: 'echo system=$(uname -s); echo release=$(uname -r); echo machine=$(uname -m); echo host=$(uname -n)',
    judge: (output, { guest, release }) =>
      differences(output, { system: 'Linux', release, machine: is64Bit(guest) ? 'x86_64' : 'i686', host: 'wasm-tcg' }),
  },
  {
    name: 'cpuinfo',
    about: 'the kernel has recognised the CPU and what it needs of it',
    script: 'cat /proc/cpuinfo',
    judge: ({ lines }, { guest }) => {
      const field = (name: string): string => lines.find((line) => line.split(/\s*:/)[0] === name)?.split(': ')[1] ?? '';
      const flags = field('flags').split(' ');
      const needed = ['fpu', 'tsc', 'msr', 'cx8', 'cmov', 'fxsr', ...(is64Bit(guest) ? ['sse2', 'lm', 'syscall', 'nx'] : []), ...(guest === 'linux-686-pae' ? ['pae'] : [])];
      const processors = lines.filter((line) => line.startsWith('processor')).length;
      return [
        ...needed.filter((flag) => !flags.includes(flag)).map((flag) => `flag ${flag} is missing`),
        ...(processors === 1 ? [] : [`${processors} processors instead of 1`]),
        ...(Number(field('cpu MHz')) > 0 ? [] : [`cpu MHz is "${field('cpu MHz')}"`]),
        ...(field('vendor_id') === '' ? ['there is no vendor_id'] : []),
      ];
    },
  },
  {
    name: 'clock',
    about: 'the kernel trusts a clock, and time passes',
    script: `
read -r before rest </proc/uptime
sleep 0.2
read -r after rest </proc/uptime
echo passed=$(awk "BEGIN { print $after - $before }")
echo source=$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)
`,
    judge: ({ values }) => {
      const source = values.get('source') ?? '';
      const passed = Number(values.get('passed'));
      return [
        ...(['tsc', 'tsc-early', 'hpet', 'acpi_pm'].includes(source) ? [] : [`the clock source is "${source}"`]),
        // Short of 0.2 by the resolution of /proc/uptime; long on a busy host.
        ...(passed >= 0.19 && passed < 30 ? [] : [`${values.get('passed') ?? '?'} s passed while 0.2 s were slept`]),
      ];
    },
  },
  calibration,
  {
    name: 'sha256',
    about: 'integer arithmetic, pipes and a long tight loop: 20 MiB hashed',
    script: `echo hash=$(yes '${HASHED_LINE}' | head -c ${HASHED_BYTES} | sha256sum | cut -c 1-64)`,
    judge: (output) => differences(output, { hash: sha256(repeated(HASHED_LINE, HASHED_BYTES)) }),
  },
  {
    name: 'gzip',
    about: 'what is packed comes out again, text and program code',
    script: `
echo text=$(seq 1 ${ZIPPED_LAST} | gzip -c | gunzip -c | sha256sum | cut -c 1-64)
gzip -c /bin/busybox >/tmp/busybox.gz
gzip -t /tmp/busybox.gz && gunzip -c /tmp/busybox.gz | cmp - /bin/busybox && echo code=same
rm /tmp/busybox.gz
`,
    judge: (output) => differences(output, { text: sha256(sequence(ZIPPED_LAST)), code: 'same' }),
  },
  awkFloats,
  {
    name: 'forks',
    about: 'processes: hundreds at once, and programs run one after the other',
    script: `
count() { sed -n 's/^processes //p' /proc/stat; }
before=$(count)
i=0
while [ $i -lt ${FORKS} ]; do (exit $((i % 7))) & i=$((i + 1)); done
wait
sum=0
i=0
while [ $i -lt ${EXECS} ]; do sum=$((sum + $(/bin/busybox expr $i + $i))); i=$((i + 1)); done
echo enough=$(($(count) - before >= ${FORKS + EXECS}))
echo sum=$sum
`,
    judge: (output) => differences(output, { enough: '1', sum: String(EXECS * (EXECS - 1)) }),
  },
  {
    name: 'virtio-blk',
    about: 'the disk is read whole, written, and what was written is read back from the device',
    script: `
hash() { dd if=/dev/vda bs=64k 2>/dev/null | sha256sum | cut -c 1-64; }
echo size=$(cat /sys/block/vda/size)
echo before=$(hash)
yes '${DISK_WRITE.text}' | head -c ${DISK_WRITE.bytes} >/tmp/pattern
dd if=/tmp/pattern of=/dev/vda bs=${4 * KIBIBYTE} seek=${DISK_WRITE.offset / (4 * KIBIBYTE)} conv=fsync,notrunc 2>/dev/null
rm /tmp/pattern
sync
echo 3 >/proc/sys/vm/drop_caches
echo after=$(hash)
`,
    judge: (output, { disk }) => differences(output, { size: String(disk.length / 512), before: sha256(disk), after: sha256(writtenDisk(disk)) }),
  },
  {
    name: 'virtio-rng',
    about: 'the entropy device gives numbers, and not the same ones twice',
    script: `
echo source=$(cat /sys/class/misc/hw_random/rng_current)
echo first=$(head -c 32 /dev/hwrng | xxd -p -c 32)
echo second=$(head -c 32 /dev/hwrng | xxd -p -c 32)
`,
    judge: (output) => {
      const [first, second] = ['first', 'second'].map((name) => output.values.get(name) ?? '');
      return [
        ...differences(output, { source: 'virtio_rng.0' }),
        ...[first, second].flatMap((bytes) => (/^[0-9a-f]{64}$/.test(bytes) && new Set(bytes.match(/../g)).size > 8 ? [] : [`"${bytes}" is not 32 random bytes`])),
        ...(first === second ? ['the same bytes came twice'] : []),
      ];
    },
  },
  {
    name: 'virtio-console',
    about: 'the driver has found the virtio console',
    script: 'echo devices=$(ls /sys/bus/virtio/drivers/virtio_console | grep -c ^virtio)',
    judge: (output) => differences(output, { devices: '1' }),
  },
  program32,
  {
    name: 'dmesg',
    about: 'the log has no line at level warning or worse without a reason',
    script: 'dmesg -r',
    judge: ({ lines }, { guest }) => {
      const log = parseDmesg(lines);
      return log.length < 100 ? [`the log has only ${log.length} lines`] : judgeDmesg(log, guest).problems;
    },
  },
];

export const checksOf = (guest: GuestName): readonly Check[] => CHECKS.filter(({ guests }) => guests === undefined || guests.includes(guest));
