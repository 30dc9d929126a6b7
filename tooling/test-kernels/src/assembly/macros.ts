/**
 * Macros of test kernels: what a test expects of values and exceptions. Text in general registers named R.. is width-neutral (Rax = eax or rax).
 * A failed expectation leaves the test by way of `fail` (library.ts): eax = value, ecx = what it should be, edx = text that says why.
 */
import type { Bits } from './kernel.ts';
import { LEAVE_VECTOR, Place, Sel, Var } from './map.ts';

export interface FaultSpec {
  readonly vector: number;
  /** Error code; what there is when the exception has none is 0. */
  readonly code?: number;
  /** The saved instruction pointer: that of the first instruction of the text (default), this label or address, or of what follows the text. */
  readonly at?: string | number;
  /** Also CR2. */
  readonly cr2?: number;
  /** Also CS. */
  readonly cs?: number;
}

export class Macros {
  readonly bits: Bits;
  readonly #strings: string[] = [];
  #labels = 0;

  constructor(bits: Bits) {
    this.bits = bits;
  }

  /** A label that nobody else has. */
  label(name = 'l'): string {
    return `${name}_${this.#labels++}`;
  }

  /** Address of a zero-terminated text. */
  string(text: string): string {
    const label = this.label('str');
    this.#strings.push(`${label}: db ${[...new TextEncoder().encode(text), 0].join(', ')}`);
    return label;
  }

  /** All texts, to be placed behind the code. */
  strings(): string {
    return this.#strings.join('\n');
  }

  /** A 32-bit value (register, or memory as the assembler writes it) has to be this number, ecx, ebp, or the address of a label. Changes eax, ecx. */
  equal(value: string, expected: number | string, why: string): string {
    const ok = this.label('ok');
    return `
      ${value === 'eax' ? '' : `mov eax, ${value}`}
      ${expected === 'ecx' ? '' : `mov ecx, ${typeof expected === 'number' ? expected >>> 0 : expected === 'ebp' ? expected : `offset ${expected}`}`}
      cmp eax, ecx
      je ${ok}
      mov edx, offset ${this.string(why)}
      jmp fail
      ${ok}:`;
  }

  /** The bits of a mask in a 32-bit value. */
  bitsEqual(value: string, mask: number, expected: number, why: string): string {
    return `mov eax, ${value}\nand eax, ${mask >>> 0}\n${this.equal('eax', expected, why)}`;
  }

  /** Fail here. */
  fail(why: string): string {
    return `mov edx, offset ${this.string(why)}\nxor eax, eax\nxor ecx, ecx\njmp fail`;
  }

  /** The test cannot run on this processor. */
  skip(why: string): string {
    return `mov edx, offset ${this.string(why)}\njmp skip`;
  }

  /** The text has to raise this exception, in ring 0. Stack and data segments are afterwards what they were. Changes eax, ecx. */
  faults(spec: FaultSpec, text: string, why: string): string {
    const [start, after] = [this.label('start'), this.label('after')];
    const at = spec.at === undefined ? start : spec.at === 'after' ? after : spec.at;
    return `
      ${this.expect(after)}
      ${start}: ${text}
      ${after}: ${this.happened(spec, why)}
      ${this.equal(`dword ptr [${Var.ip}]`, at, `${why}: saved instruction pointer`)}`;
  }

  /** The text must not raise an exception. */
  works(text: string, why: string): string {
    const after = this.label('after');
    return `${this.expect(after)}\n${text}\n${after}: mov dword ptr [${Var.resume}], 0\n${this.equal(`dword ptr [${Var.vector}]`, -1, `${why}: exception`)}`;
  }

  /** Skip the test unless CPUID says that the processor has this. Changes eax, ebx, ecx, edx. */
  needs(leaf: number, register: 'eax' | 'ebx' | 'ecx' | 'edx', bit: number, feature: string): string {
    const there = this.label('there');
    return `mov eax, ${leaf}\nxor ecx, ecx\ncpuid\nbt ${register}, ${bit}\njc ${there}\n${this.skip(`no ${feature}`)}\n${there}:`;
  }

  /** From now on, an exception goes on at a label with the present stack. Changes eax. */
  expect(label: string): string {
    return `
      mov dword ptr [${Var.vector}], -1
      mov [${Var.resumeStack}], Rsp
      mov eax, offset ${label}
      mov dword ptr [${Var.resume}], eax`;
  }

  /** What stands in the record of the last exception. */
  happened(spec: FaultSpec, why: string): string {
    return [
      `mov dword ptr [${Var.resume}], 0`,
      this.equal(`dword ptr [${Var.vector}]`, spec.vector, `${why}: vector`),
      this.equal(`dword ptr [${Var.code}]`, spec.code ?? 0, `${why}: error code`),
      spec.cr2 === undefined ? '' : this.equal(`dword ptr [${Var.cr2}]`, spec.cr2, `${why}: CR2`),
      spec.cs === undefined ? '' : this.equal(`dword ptr [${Var.cs}]`, spec.cs, `${why}: CS`),
    ].join('\n');
  }

  /**
   * Run a text in ring 3, from a copy on a page of its own: it may jump within itself only. It ends at its end (vector 0x80) or with an exception; both go
   * on behind this macro, in ring 0.
   * @param flags EFLAGS to start with
   */
  user(text: string, { flags = 0x2, start = this.label('user') }: { readonly flags?: number; readonly start?: string } = {}): string {
    const [end, after] = [this.label('end'), this.label('after')];
    const [code, data] = this.bits === 32 ? [Sel.code3, Sel.data3] : [Sel.user64, Sel.userData64];
    return `
      mov Rsi, offset ${start}
      mov Rdi, ${Place.userCode}
      mov Rcx, offset ${end}
      sub Rcx, Rsi
      rep movsb
      ${this.expect(after)}
      mov eax, ${data}
      mov ds, eax
      mov es, eax
      push ${data}
      push ${Place.userStack}
      push ${flags}
      push ${code}
      push ${Place.userCode}
      ${this.bits === 32 ? 'iret' : 'iretq'}
      ${start}: ${text}
      int ${LEAVE_VECTOR}
      ${end}:
      ${after}: mov dword ptr [${Var.resume}], 0`;
  }

  /** The text has to raise this exception in ring 3. `at`: a label in the text. */
  userFaults(spec: FaultSpec, text: string, why: string, flags?: number): string {
    const start = this.label('user');
    const [at, expected] = [spec.at ?? start, Place.userCode];
    return `
      ${this.user(text, { start, ...(flags === undefined ? {} : { flags }) })}
      ${this.happened(spec, why)}
      mov ecx, offset ${at}
      sub ecx, offset ${start}
      add ecx, ${expected}
      ${this.equal(`dword ptr [${Var.ip}]`, 'ecx', `${why}: saved instruction pointer`)}`;
  }

  /** The text has to run through in ring 3. */
  userWorks(text: string, why: string, flags?: number): string {
    return `${this.user(text, flags === undefined ? {} : { flags })}\n${this.equal(`dword ptr [${Var.vector}]`, LEAVE_VECTOR, `${why}: vector`)}`;
  }

  /** Have a routine called for a vector (0: none). It gets the frame in Rbp (see library.ts) and may use all registers. Changes eax. */
  hook(vector: number, label: string | 0): string {
    return `mov eax, ${label === 0 ? 0 : `offset ${label}`}\nmov dword ptr [${Var.hooks + 4 * vector}], eax`;
  }

  /** Write a 64-bit constant, such as a descriptor. */
  store64(address: number, value: bigint): string {
    return `mov dword ptr [${address}], ${value & 0xffff_ffffn}\nmov dword ptr [${address + 4}], ${(value >> 32n) & 0xffff_ffffn}`;
  }

  wrmsr(msr: number, low: number | string, high = 0): string {
    return `mov ecx, ${msr}\nmov eax, ${typeof low === 'number' ? low >>> 0 : `offset ${low}`}\nmov edx, ${high}\nwrmsr`;
  }
}
