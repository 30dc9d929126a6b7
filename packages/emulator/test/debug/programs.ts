/** Programs for listings and stepping: small, and between them every kind of op. */
import { createMachine, type ExecutionOptions, type FlatMode, type Machine, type MachineModules, type RegisterName } from '../../src/index.ts';

export interface Program {
  readonly name: string;
  readonly mode: FlatMode;
  readonly code: readonly number[];
  /** Instructions to run. */
  readonly insns: number;
  readonly setup?: (vm: Machine) => void;
}

export const LOAD_ADDRESS = 0x1000;

export const PROGRAMS: readonly Program[] = [
  // mov ecx, 20; xor eax, eax; l: add eax, ecx; dec ecx; jnz l; hlt
  { name: 'loop', mode: 'protected32', code: [0xb9, 20, 0, 0, 0, 0x31, 0xc0, 0x01, 0xc8, 0x49, 0x75, 0xfb, 0xf4], insns: 62 },
  // mov ecx, 20; l: adc eax, ecx; dec ecx; jnz l; hlt
  { name: 'carry loop', mode: 'protected32', code: [0xb9, 20, 0, 0, 0, 0x11, 0xc8, 0x49, 0x75, 0xfb, 0xf4], insns: 61 },
  // mov eax, 0x7fffffff; add eax, 1; adc ebx, eax; sbb ecx, ebx; pushf; pop edx; shl eax, cl; rcl ebx, 3; setg dl; cmovc esi, eax; hlt
  {
    name: 'flags', mode: 'protected32', insns: 11,
    code: [0xb8, 0xff, 0xff, 0xff, 0x7f, 0x83, 0xc0, 0x01, 0x11, 0xc3, 0x19, 0xd9, 0x9c, 0x5a, 0xd3, 0xe0, 0xc1, 0xd3, 0x03, 0x0f, 0x9f, 0xc2, 0x0f, 0x42, 0xf0, 0xf4],
  },
  // call f; inc eax; hlt; f: push 5; pop rax; mul rax; ret
  { name: 'call', mode: 'long64', code: [0xe8, 3, 0, 0, 0, 0xff, 0xc0, 0xf4, 0x6a, 5, 0x58, 0x48, 0xf7, 0xe0, 0xc3], insns: 7 },
  // mov byte [l+1], 7 (in the same block); nop; l: mov al, 1; hlt
  { name: 'self-modifying', mode: 'protected32', code: [0xb3, 0x11, 0xc6, 0x05, 0x0b, 0x10, 0, 0, 7, 0x90, 0xb0, 1, 0xf4], insns: 5 },
  // xor ax, ax; mov es, ax; mov si, 0x1000; mov di, 0x2000; mov cx, 5; cld; rep movsb; std; lodsw; hlt
  { name: 'string', mode: 'real16', code: [0x31, 0xc0, 0x8e, 0xc0, 0xbe, 0, 0x10, 0xbf, 0, 0x20, 0xb9, 5, 0, 0xfc, 0xf3, 0xa4, 0xfd, 0xad, 0xf4], insns: 14 },
  // mov al, 5; out 0x10, al; in al, 0x10; mov bl, al; mov dx, 0x10; in eax, dx; hlt
  { name: 'ports', mode: 'protected32', code: [0xb0, 5, 0xe6, 0x10, 0xe4, 0x10, 0x88, 0xc3, 0x66, 0xba, 0x10, 0, 0xed, 0xf4], insns: 7 },
  // mov eax, 3; movd xmm0, eax; pshufd xmm1, xmm0, 0; paddd xmm1, xmm0; cvtdq2ps xmm2, xmm1; mulps xmm2, xmm2; sqrtss xmm3, xmm2; movups [0x3003], xmm2; movups xmm4, [0x3001]; hlt
  {
    name: 'sse', mode: 'long64', insns: 10,
    code: [
      0xb8, 3, 0, 0, 0, 0x66, 0x0f, 0x6e, 0xc0, 0x66, 0x0f, 0x70, 0xc8, 0, 0x66, 0x0f, 0xfe, 0xc8, 0x0f, 0x5b, 0xd1, 0x0f, 0x59, 0xd2, 0xf3, 0x0f, 0x51, 0xda,
      0x0f, 0x11, 0x14, 0x25, 3, 0x30, 0, 0, 0x0f, 0x10, 0x24, 0x25, 1, 0x30, 0, 0, 0xf4,
    ],
  },
  // mov eax, 3; movd xmm0, eax; mov edi, 0x3000; pcmpeqd xmm1, xmm1; maskmovdqu xmm0, xmm1; hlt: a helper takes vectors
  { name: 'vector helper', mode: 'protected32', insns: 6, code: [0xb8, 3, 0, 0, 0, 0x66, 0x0f, 0x6e, 0xc0, 0xbf, 0, 0x30, 0, 0, 0x66, 0x0f, 0x76, 0xc9, 0x66, 0x0f, 0xf7, 0xc1, 0xf4] },
  // mov eax, 1; mov ebx, 2; inc ebx; mov [0xf0000000], eax: triple fault, since there is no IDT
  { name: 'shutdown', mode: 'long64', code: [0xb8, 1, 0, 0, 0, 0xbb, 2, 0, 0, 0, 0xff, 0xc3, 0x48, 0xbf, 0, 0, 0, 0, 1, 0, 0, 0, 0x89, 0x07, 0xf4], insns: 5 },
  // mov word [0x18], h; mov word [0x1a], 0; ud2 in real mode: h: pop ax; lock xadd [0x500], ax; cmpxchg [0x500], bx; hlt
  {
    name: 'fault and atomics', mode: 'real16', insns: 8,
    code: [
      0xc7, 0x06, 0x18, 0, 0x10, 0x10, 0xc7, 0x06, 0x1a, 0, 0, 0, 0x42, 0x0f, 0x0b, 0xf4, 0x58, 0xf0, 0x0f, 0xc1, 0x06, 0, 5, 0xf0, 0x0f, 0xb1, 0x1e, 0, 5, 0xf4,
    ],
  },
  // mov ecx, 1; add ecx, ecx; mov eax, [0x5000] (faults once); inc ebx; hlt; handler: mov dword [0x9014], 0x5003; add esp, 4; iret
  {
    name: 'page fault', mode: 'protected32', insns: 9, setup: setUpPaging,
    code: [0xb9, 1, 0, 0, 0, 0x01, 0xc9, 0xa1, 0, 0x50, 0, 0, 0x43, 0xf4, 0x90, 0x90, 0xc7, 0x05, 0x14, 0x90, 0, 0, 3, 0x50, 0, 0, 0x83, 0xc4, 4, 0xcf],
  },
  // fninit; fld1; fldpi; faddp; fstp qword [0x3000]; mov eax, [0x3004]; cpuid; rdtsc; hlt
  { name: 'x87', mode: 'protected32', insns: 9, code: [0xdb, 0xe3, 0xd9, 0xe8, 0xd9, 0xeb, 0xde, 0xc1, 0xdd, 0x1d, 0, 0x30, 0, 0, 0xa1, 4, 0x30, 0, 0, 0x0f, 0xa2, 0x0f, 0x31, 0xf4] },
];

/** Maps the first 4 MiB but for the page at 0x5000; #PF is handled at {@link LOAD_ADDRESS} + 16. */
function setUpPaging(vm: Machine): void {
  const [gdt, idt, directory, table] = [0x6000, 0x7000, 0x8000, 0x9000] as const;
  const write = (at: number, ...words: number[]): void => vm.memory.write(at, new Uint8Array(Uint32Array.from(words).buffer));
  const { registers } = vm.cpu(0);
  // Null; code and data, flat: selectors 8 and 16.
  write(gdt, 0, 0, 0xffff, 0xcf9b00, 0xffff, 0xcf9300);
  write(idt + 14 * 8, (8 << 16) | (LOAD_ADDRESS + 16), 0x8e00);
  write(directory, table | 3);
  write(table, ...Array.from({ length: 1024 }, (_, page) => (page === 5 ? 0 : (page << 12) | 3)));
  const values = { cs: 8n, ss: 16n, 'gdtr.base': gdt, 'gdtr.limit': 23, 'idtr.base': idt, 'idtr.limit': 0x7ff, cr3: directory, cr0: BigInt(registers.get('cr0')) | 0x8001_0000n } as const;
  for (const [name, value] of Object.entries(values)) registers.set(name as RegisterName, BigInt(value));
}

export function boot({ code, mode, setup }: Program, modules: MachineModules, execution: ExecutionOptions = {}): Machine {
  const vm = createMachine({ modules, sharedMemory: modules.shared, memory: '1M', boot: { image: Uint8Array.from(code), loadAddress: LOAD_ADDRESS, mode }, execution });
  // SSE is on.
  const { registers } = vm.cpu(0);
  registers.set('cr4', BigInt(registers.get('cr4')) | 0x600n);
  setup?.(vm);
  let last = 0x40;
  vm.onPort(0x10, 0x10, { read: (_port, size) => (last + size) & 0xff, write: (_port, _size, value) => { last = value * 3; } });
  return vm;
}
