/** What QEMU is known to do otherwise than the manual. */

const RESERVED = 'a reserved bit is reported without P in the error code; vol. 3, 4.7';

/** Tests that QEMU's TCG does not pass, and where the manual says what they test (Intel SDM). Seen with QEMU 7.2. */
export const QEMU_DIFFERS: Readonly<Record<string, string>> = {
  'exceptions/int1': 'INT1 is an invalid opcode to it; vol. 2, INT n/INTO/INT3/INT1',
  'exceptions/unknown-msr': 'unknown MSRs read as 0; vol. 2, RDMSR',
  'exceptions/limits': 'limits of data segments are not checked; vol. 3, 5.3',
  'exceptions/null-selector': 'nor is access through a null selector; vol. 3, 5.4.1',
  'exceptions/x87-error-at-x87': 'a pending error is raised by FWAIT alone; vol. 1, 8.7.1',
  'exceptions/simd-error': 'there is no #XM; vol. 1, 11.5',
  'exceptions/alignment': 'there is no #AC; vol. 3, 6.15, interrupt 17',
  'exceptions/page-fault-of-change': 'a read that is part of a change faults as a read; vol. 3, 4.7',
  'privilege/call-gate-to-conforming': 'CS gets the RPL of the code; vol. 2, CALL',
  'privilege/absent-inner-stack': 'raises #TS; vol. 2, CALL: #SS',
  'task/trap-bit': 'ignores T of the TSS; vol. 3, 7.2.1',
  'v86/limit': 'the limit of 64 KiB is not checked; vol. 3, 21.1.1',
  'paging/large-reserved': RESERVED,
  'paging/nx-reserved': RESERVED,
  'paging/pae-reserved': RESERVED,
  'paging/pae-pointer-reserved': 'pointers are not checked when CR3 is loaded; vol. 3, 4.4.1',
  'long/mode-locked': 'LME can be cleared with paging on; vol. 3, 4.1.2',
  'long/reserved': RESERVED,
  'long/canonical-msr': 'LSTAR takes any value; vol. 2, WRMSR',
  'long/canonical-branch': 'a branch to an address that is not canonical faults at its target; vol. 2, JMP',
  'long/canonical-stack': 'raises #GP; vol. 3, 6.15, interrupt 12',
  'long/cr8-reserved': 'reserved bits are ignored; vol. 3, 10.8.6.1',
};
