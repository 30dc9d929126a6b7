/**
 * What the tiny guest has to print, computed from the definition of its loops in plain JavaScript: shares nothing with
 * the emulator.
 */
const hex = (value: bigint | number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
const u32 = (value: number): number => value >>> 0;
const rol32 = (value: number, by: number): number => u32((value << by) | (value >>> (32 - by)));
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

function realLoop(): number {
  let ax = Math.floor(1234 / 7) + (1234 % 7);
  let bx = 0;
  for (let cx = 60000; cx > 0; cx--) {
    ax = (ax + cx) & 0xffff;
    ax = ((ax << 3) | (ax >>> 13)) & 0xffff;
    // XOR clears the carry that ADC would add.
    ax ^= 0xa55a;
    bx = (bx + ax) & 0xffff;
  }
  return ax ^ bx;
}

function arithmetic32(): number {
  let eax = 1;
  let edx = 0;
  for (let ecx = 600000; ecx > 0; ecx--) {
    eax = u32(rol32(u32(eax + ecx), 5) ^ 0x9e3779b9);
    edx = u32(edx + eax);
  }
  return u32(eax ^ edx);
}

function memory32(): number {
  const words = new Uint32Array(16384);
  let eax = 0;
  for (let ecx = 60; ecx > 0; ecx--) {
    for (let i = 0; i < words.length; i++) {
      words[i] += ecx * 4 + 1;
      eax = u32(eax + words[i]);
    }
  }
  return eax;
}

function calls32(): number {
  let eax = 1;
  for (let ecx = 300000; ecx > 0; ecx--) eax = rol32(u32((eax + ecx) ^ 0x5bd1e995), 1);
  return eax;
}

/** Each immediate once: all 32 bits in the first loop, the low byte in the second. */
function patched(withBytes: boolean): number {
  let sum = 0;
  for (let ecx = 400; ecx > 0; ecx--) sum += ecx + (withBytes ? ecx & 0xff : 0);
  return sum;
}

function arithmetic64(): bigint {
  const rbx = 0x9e3779b97f4a7c15n;
  let r8 = 1n;
  let r9 = 0n;
  for (let ecx = 400000n; ecx > 0n; ecx--) {
    const product = r8 * rbx;
    const sum = r8 + (product >> 64n);
    r8 = u64(sum);
    r9 = u64(r9 + u64(product) + (sum >> 64n));
    r9 = u64((r9 << 7n) | (r8 >> 57n));
    r8 ^= ecx;
  }
  return u64(r8 + r9);
}

/** The window's pages are those of the 32-bit loop, in the same order: two of its words make one here. */
function memory64(): bigint {
  const words = new BigUint64Array(8192);
  const low = new Uint32Array(words.buffer);
  for (let ecx = 60; ecx > 0; ecx--) for (let i = 0; i < low.length; i++) low[i] += ecx * 4 + 1;
  let rax = 0n;
  for (let rcx = 120n; rcx > 0n; rcx--) {
    for (let i = 0; i < words.length; i++) {
      rax = u64(rax + words[i]);
      words[i] = rax + rcx;
    }
  }
  return rax;
}

function switch64(): number {
  let r8 = 12345;
  let eax = 0;
  for (let ecx = 300000; ecx > 0; ecx--) {
    r8 = u32(Math.imul(r8, 1103515245) + 12345);
    const edx = r8 >>> 28;
    const cases = [
      eax + 1, eax ^ r8, rol32(eax, 3), eax - ecx, ~eax, eax + r8, rol32(eax, 25), Math.imul(eax, 3) + 1, -eax,
      ((eax & 0xff) << 24) | ((eax & 0xff00) << 8) | ((eax >>> 8) & 0xff00) | (eax >>> 24),
      eax ^ ecx, eax + edx, eax << 1, eax | edx, Math.imul(eax, 5), eax - 1,
    ];
    eax = u32(cases[edx]);
  }
  return eax;
}

export function tinyGuestOutput(): string {
  return `real mode: 16-bit code, 64 KiB segments
protected mode: 32-bit code, flat segments
  16-bit loop      ${hex(realLoop(), 8)}
  divide errors    ${hex(1, 8)}
paging: 2 levels, 4 KiB pages
  page faults      ${hex(32, 8)}
  invalid opcodes  ${hex(1, 8)}
  arithmetic       ${hex(arithmetic32(), 8)}
  memory           ${hex(memory32(), 8)}
  calls            ${hex(calls32(), 8)}
  patched code     ${hex(patched(true), 8)}
long mode: 64-bit code, 4 levels, 2 MiB and 4 KiB pages
  page faults      ${hex(32, 16)}
  invalid opcodes  ${hex(1, 16)}
  arithmetic       ${hex(arithmetic64(), 16)}
  memory           ${hex(memory64(), 16)}
  recursion        ${hex(46368, 16)}
  switch           ${hex(switch64(), 16)}
  patched code     ${hex(patched(false), 16)}
halt
`;
}
