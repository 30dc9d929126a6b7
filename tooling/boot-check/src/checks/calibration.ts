/**
 * What the kernel made of the timers when it measured one against another. A CPU with leaf 15h tells its frequency, and there is less to measure.
 *
 * The kernel corrects its first measurement of the TSC a second later, and says nothing when the two are too far apart: the line must be there.
 */
import { differences, type Check } from './check.ts';

/** CPUID leaf that tells the frequency of the TSC. */
const FREQUENCY_LEAF = 0x15;
/** Count per second of the local APIC's timer as Linux uses it: a bus of 1 GHz, divided by 16. QEMU's has it, too. */
const APIC_RATE = 1e9 / 16;
/** Share by which measurements may be off. NTP can correct 500 ppm; ticks of 4 ms are seen with the delay of an interrupt. */
const TSC_TOLERANCE = 500e-6;
const APIC_TOLERANCE = 2e-3;

export const calibration: Check = {
  name: 'calibration',
  about: 'TSC and APIC timer have been measured against the others, and agree',
  script: `
level=$(sed -n 's/^cpuid level.*: //p' /proc/cpuinfo)
i=0
while [ $level -lt ${FREQUENCY_LEAF} ] && [ $i -lt 40 ] && ! dmesg | grep -q 'Refined TSC'; do sleep 0.25; i=$((i + 1)); done
echo level=$level
dmesg | sed 's/^\\[[ 0-9.]*\\] //' | grep '^tsc: '
sed -n '/^Clock Event Device: lapic/,/event_handler/p' /proc/timer_list
`,
  judge: (output) => {
    const { lines, values } = output;
    if (!/^\d+$/.test(values.get('level') ?? '')) return differences(output, { level: 'a number' });
    const found = (pattern: RegExp): string | undefined => lines.map((line) => pattern.exec(line)?.[1]).find((match) => match !== undefined);
    const detected = found(/^tsc: Detected ([\d.]+) MHz processor/);
    if (detected === undefined) return ['the TSC was not detected'];
    if (Number(values.get('level')) >= FREQUENCY_LEAF) return [];
    const refined = found(/^tsc: Refined TSC clocksource calibration: ([\d.]+) MHz/);
    const mode = found(/^Clock Event Device: (lapic\S*)/);
    const rate = (Number(found(/^\s*mult:\s+(\d+)/)) * 1e9) / 2 ** Number(found(/^\s*shift:\s+(\d+)/));
    return [
      ...(found(/^tsc: (Fast TSC calibration using PIT)/) === undefined ? ['the TSC was not measured against the PIT'] : []),
      ...(refined === undefined ? ['the measurement of the TSC was not refined'] : []),
      ...(Math.abs(Number(refined ?? detected) / Number(detected) - 1) > TSC_TOLERANCE ? [`TSC: first ${detected} MHz, then ${refined} MHz`] : []),
      ...(mode === undefined ? ['the timer of the APIC is not in use'] : []),
      ...(mode === 'lapic' && !(Math.abs(rate / APIC_RATE - 1) <= APIC_TOLERANCE) ? [`timer of the APIC: ${rate} Hz instead of ${APIC_RATE}`] : []),
    ];
  },
};
