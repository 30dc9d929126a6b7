/** The arguments of `npm start`. */
import { describe, expect, it } from 'vitest';
import { guestArguments, startPlan } from '../../../scripts/lib/start-arguments.mjs';

const IMAGE = { kernel: 'K', initrd: 'I', append: 'console=ttyS0', memory: '256M' };
const BOOT = '-kernel K -initrd I -append console=ttyS0';

describe('npm start', () => {
  const rows: [args: string, guest: string | undefined, line: string][] = [
    ['', 'linux-cloud-amd64', `${BOOT} -m 256M`],
    ['--guest linux-686', 'linux-686', `${BOOT} -m 256M`],
    ['--guest=linux-686-pae --mode tci -m 512', 'linux-686-pae', `${BOOT} --mode tci -m 512`],
    ['-append quiet -nographic', 'linux-cloud-amd64', `${BOOT} quiet -m 256M -nographic`],
    ['--deb a.deb --deb b -icount shift=2', 'linux-cloud-amd64', `${BOOT} -m 256M -icount shift=2`],
    ['--guest tiny --quiet', 'tiny', `${BOOT} -m 256M --quiet`],
  ];
  it.each(rows)('%j boots %s', (args, guest, line) => {
    const plan = startPlan(args.split(' ').filter((word) => word !== ''));
    expect([plan.guest, guestArguments(plan, IMAGE).join(' ')]).toEqual([guest, line]);
  });
  const direct = ['-kernel x.flat -nographic', '--kernel=x', '-loadvm file', '--help', '-h', '--version', '-cpu help', '-device help'];
  it.each(direct)('%j is the command line’s business', (args) => {
    const plan = startPlan(args.split(' '));
    expect([plan.guest, plan.rest.join(' ')]).toEqual([undefined, args]);
  });
  it('hands -append on with a kernel of the user’s', () => {
    expect(startPlan(['-kernel', 'k', '-append', 'a b']).rest).toEqual(['-kernel', 'k', '-append', 'a b']);
  });
  it('remembers packages', () => {
    expect(startPlan(['--deb', 'a', '--deb=b']).debs).toEqual(['a', 'b']);
  });
});
