/** The kernels, one row each. A loop body is about a hundred instructions long or runs about a hundred times per call from another page. */
import { DATA, DATA_BYTES } from '../guest/layout.ts';
import type { Bits, KernelSource } from './kernel.ts';

/** Calls parts on other pages in turn, RCX times. */
const driver = (...parts: readonly string[]): string => `
  next: push Rcx
  ${parts.map((part) => `call ${part}`).join('\n')}
  pop Rcx
  dec Rcx
  jnz next
  ret`;

const WORD = (bits: Bits): string => (bits === 32 ? 'dd' : 'dq');

/** Multiplicative hash: fills data without patterns. */
const scramble = (i: number): number => Math.imul(i + 1, 0x9e3779b1) >>> 0;

export const KERNELS: readonly KernelSource[] = [
  {
    name: 'alu',
    about: 'add, xor, rotate, lea in three hot loops on three pages',
    expected: 500,
    text: () => `${driver('first', 'second', 'third')}
      @page
      first: mov edx, 200
      l1: add eax, edx
      rol eax, 5
      xor eax, 0x9e3779b9
      lea ebx, [ebx + eax*2 + 7]
      sub ebp, ebx
      dec edx
      jnz l1
      ret
      @page
      second: mov edx, 200
      l2: imul eax, eax, 1103515245
      add eax, 12345
      mov esi, eax
      shr esi, 16
      xor ebx, esi
      and esi, 0xff
      add ebp, esi
      dec edx
      jnz l2
      ret
      @page
      third: mov edx, 200
      l3: mov esi, eax
      not esi
      or esi, ebx
      sar esi, 3
      neg eax
      add eax, esi
      cmp edx, 0
      jne l3b
      l3b: sub edx, 1
      ja l3
      ret`,
  },
  {
    name: 'flags',
    about: 'adc, sbb, setcc, cmovcc and short branches over both arms',
    expected: 500,
    text: () => `${driver('carries', 'conditions', 'branches')}
      @page
      carries: mov edx, 200
      l1: add eax, 0x10001
      adc ebx, edx
      sbb ebp, eax
      adc esi, 3
      inc eax
      adc ebp, 0
      dec edx
      jnz l1
      ret
      @page
      conditions: mov edx, 200
      l2: cmp eax, ebx
      setb cl
      movzx ecx, cl
      cmovg eax, ebp
      add ebx, ecx
      test ebx, 0x40
      setnz cl
      cmovz esi, edx
      rol eax, 1
      add eax, esi
      dec edx
      jnz l2
      ret
      @page
      branches: mov edx, 200
      l3: imul eax, eax, 1664525
      add eax, 1013904223
      js negative
      add ebx, eax
      jnc no_carry
      inc ebp
      no_carry: test eax, 0x10000
      jz l3_end
      xor ebx, edx
      jmp l3_end
      negative: sub ebx, eax
      jo l3_end
      dec ebp
      l3_end: dec edx
      jnz l3
      ret`,
  },
  {
    name: 'memory',
    about: 'sequential loads and stores over eight pages, then unaligned ones',
    expected: 500,
    text: () => `${driver('copy', 'sum', 'unaligned')}
      @page
      copy: mov Rsi, Rdi
      lea Rbx, [Rdi + 0x20000]
      mov edx, 4096
      l1: mov eax, [Rsi]
      add eax, edx
      mov [Rbx], eax
      add Rsi, 4
      add Rbx, 4
      dec edx
      jnz l1
      ret
      @page
      sum: mov Rsi, Rdi
      mov edx, 4096
      l2: add eax, [Rsi + 0x20000]
      xor [Rsi], eax
      add Rsi, 4
      dec edx
      jnz l2
      ret
      @page
      unaligned: lea Rsi, [Rdi + 1]
      mov edx, 4096
      l3: mov eax, [Rsi]
      add [Rsi + 5], eax
      add Rsi, 7
      dec edx
      jnz l3
      ret`,
    data: (data) => {
      for (let i = 0; i < DATA_BYTES; i += 4) data.setUint32(i, scramble(i), true);
    },
  },
  {
    name: 'chase',
    about: 'a linked list through 256 KiB in random order, three pages of code',
    text: () => `${driver('walk', 'walk_payload', 'walk')}
      @page
      walk: mov Rsi, Rdi
      mov edx, 1000
      l1: mov Rsi, [Rsi]
      dec edx
      jnz l1
      add Rbp, Rsi
      ret
      @page
      walk_payload: mov edx, 1000
      l2: mov Rsi, [Rsi]
      add eax, [Rsi + 8]
      dec edx
      jnz l2
      ret
      @page
      nop`,
    data: (data, bits) => {
      // One cycle through all nodes of 64 bytes: Sattolo's shuffle.
      const nodes = 4096;
      const order = Uint16Array.from({ length: nodes }, (_, i) => i);
      for (let i = nodes - 1; i > 0; i--) {
        const j = scramble(i) % i;
        [order[i], order[j]] = [order[j], order[i]];
      }
      for (let i = 0; i < nodes; i++) {
        const at = order[i] * 64;
        const next = DATA + order[(i + 1) % nodes] * 64;
        if (bits === 32) data.setUint32(at, next, true);
        else data.setBigUint64(at, BigInt(next), true);
        data.setUint32(at + 8, scramble(i), true);
      }
    },
  },
  {
    name: 'call/ret',
    about: 'small functions on other pages, two deep, with an argument on the stack',
    expected: 200,
    hot: ['inner', 'f', 'g'],
    text: () => `next: mov edx, 100
      inner: push Rdx
      call f
      pop Rdx
      call g
      dec edx
      jnz inner
      dec Rcx
      jnz next
      ret
      @page
      f: add eax, edx
      call h
      rol eax, 3
      ret
      @page
      g: push Rbx
      mov ebx, eax
      call h
      add eax, ebx
      pop Rbx
      ret
      @page
      h: xor eax, 0x5bd1e995
      ret`,
  },
  {
    name: 'recursion',
    about: 'Fibonacci numbers by the definition, its two halves on two pages',
    hot: ['fib', 'more'],
    text: () => `next: push Rcx
      mov edx, 14
      call fib
      add ebp, eax
      pop Rcx
      dec Rcx
      jnz next
      ret
      @page
      fib: cmp edx, 2
      jae more
      mov eax, edx
      ret
      @page
      more: push Rdx
      dec edx
      call fib
      pop Rdx
      push Rax
      sub edx, 2
      call fib
      pop Rdx
      add eax, edx
      ret`,
  },
  {
    name: 'switch',
    about: '16-way indirect jump on random numbers, cases on two pages',
    expected: 200,
    hot: ['again'],
    text: (bits) => `next: mov esi, 100
      again: imul ebx, ebx, 1103515245
      add ebx, 12345
      mov edx, ebx
      shr edx, 28
      jmp [Rdx*${bits / 8} + table]
      join: dec esi
      jnz again
      dec Rcx
      jnz next
      ret
      @page
      ${SWITCH_CASES.slice(0, 8).map((body, i) => `case${i}: ${body}\njmp join`).join('\n')}
      @page
      ${SWITCH_CASES.slice(8).map((body, i) => `case${i + 8}: ${body}\njmp join`).join('\n')}
      @page
      table: ${WORD(bits)} ${SWITCH_CASES.map((_, i) => `case${i}`).join(', ')}`,
  },
  {
    name: 'wide',
    about: '64-bit arithmetic: products, double shifts, carries (in pairs of registers in 32-bit code)',
    expected: 500,
    text: (bits) => (bits === 64 ? WIDE_64 : WIDE_32),
  },
  {
    name: 'bytes',
    about: 'byte and word registers, high bytes, sign and zero extension',
    expected: 500,
    text: () => `${driver('bytes', 'words', 'extend')}
      @page
      bytes: mov dl, 200
      l1: add al, dl
      xor ah, al
      rol bl, 3
      sub bh, ah
      adc bl, al
      mov ch, bl
      add cl, ch
      dec dl
      jnz l1
      ret
      @page
      words: mov dx, 200
      l2: add ax, dx
      rol bx, 5
      xor bx, ax
      lea bp, [Rbx + Rax]
      sub ax, bp
      dec dx
      jnz l2
      ret
      @page
      extend: mov edx, 200
      l3: movzx esi, al
      movsx ebx, ah
      add esi, ebx
      movzx ebx, si
      movsx ebp, bx
      add eax, ebp
      rol eax, 7
      dec edx
      jnz l3
      ret`,
  },
  {
    name: 'strings',
    about: 'rep movs, stos, scas, cmps over 256 to 4096 bytes',
    hot: ['move', 'fill', 'search'],
    text: () => `${driver('move', 'fill', 'search')}
      @page
      move: push Rdi
      lea Rsi, [Rdi + 0x8000]
      mov ecx, 1024
      rep movsd
      mov ecx, 300
      rep movsb
      pop Rdi
      ret
      @page
      fill: push Rdi
      add Rdi, 0x10000
      mov ecx, 1024
      rep stosd
      mov ecx, 77
      rep stosb
      pop Rdi
      ret
      @page
      search: push Rdi
      add Rdi, 0x20000
      mov ecx, 1000
      mov al, 0xaa
      repne scasb
      add edx, ecx
      mov ecx, 200
      lea Rsi, [Rdi + 0x100]
      repe cmpsb
      add edx, ecx
      mov eax, edx
      pop Rdi
      ret`,
    data: (data) => {
      for (let i = 0; i < 0x20000; i += 4) data.setUint32(i, scramble(i), true);
      data.setUint8(0x20000 + 256, 0xaa);
    },
  },
  {
    name: 'crc32',
    about: 'a table of 1 KiB, a byte at a time: loads whose address depends on the one before',
    text: () => `${driver('crc', 'adler', 'crc')}
      @page
      crc: mov eax, 0xffffffff
      lea Rsi, [Rdi + 0x1000]
      mov edx, 500
      l1: movzx ebx, byte ptr [Rsi]
      inc Rsi
      xor bl, al
      shr eax, 8
      xor eax, [Rdi + Rbx*4]
      dec edx
      jnz l1
      not eax
      ret
      @page
      adler: mov ebp, 1
      xor eax, eax
      lea Rsi, [Rdi + 0x1000]
      mov edx, 500
      l2: movzx ebx, byte ptr [Rsi]
      inc Rsi
      add ebp, ebx
      add eax, ebp
      dec edx
      jnz l2
      ret
      @page
      nop`,
    data: (data) => {
      for (let i = 0; i < 256; i++) {
        let value = i;
        for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
        data.setUint32(i * 4, value, true);
      }
      for (let i = 0x1000; i < 0x2000; i += 4) data.setUint32(i, scramble(i), true);
    },
  },
  {
    name: 'limbs',
    about: 'long multiplication as a compiler with few registers leaves it: pointers, carry and count are on the stack',
    text: (bits) => {
      const slot = (n: number): string => `[Rsp + ${(n * bits) / 8}]`;
      const body = (label: string, carries: string): string => `sub Rsp, 64
        xor eax, eax
        mov ${slot(0)}, Rax
        mov ${slot(1)}, Rdi
        lea Rax, [Rdi + 0x1000]
        mov ${slot(2)}, Rax
        mov eax, 300
        mov ${slot(3)}, Rax
        mov eax, 0x9e3779b1
        mov ${slot(4)}, Rax
        ${label}: mov Rsi, ${slot(1)}
        mov Rax, [Rsi]
        add Rsi, ${bits / 8}
        mov ${slot(1)}, Rsi
        mul ${bits === 32 ? 'dword' : 'qword'} ptr ${slot(4)}
        add Rax, ${slot(0)}
        adc Rdx, 0
        mov Rsi, ${slot(2)}
        ${carries}
        mov [Rsi], Rax
        add Rsi, ${bits / 8}
        mov ${slot(0)}, Rdx
        mov ${slot(2)}, Rsi
        dec ${bits === 32 ? 'dword' : 'qword'} ptr ${slot(3)}
        jnz ${label}
        mov Rax, ${slot(0)}
        add Rsp, 64
        ret`;
      return `${driver('first', 'second')}
        @page
        first: ${body('l1', 'add Rax, [Rsi]\nadc Rdx, 0')}
        @page
        second: ${body('l2', 'mov Rbx, [Rsi]\nsub Rbx, Rax\nadc Rdx, 0\nmov Rax, Rbx')}`;
    },
    data: (data) => {
      for (let i = 0; i < DATA_BYTES; i += 4) data.setUint32(i, scramble(i), true);
    },
  },
  {
    name: 'sort',
    about: 'insertion sort of 64 random numbers: branches nobody can predict, swaps in memory',
    hot: ['l1', 'shift', 'store'],
    text: () => `${driver('fill', 'sort')}
      @page
      fill: mov edx, 64
      l1: imul eax, eax, 1664525
      add eax, 1013904223
      mov [Rdi + Rdx*4 - 4], eax
      dec edx
      jnz l1
      ret
      @page
      sort: mov edx, 1
      next_key: mov ebx, [Rdi + Rdx*4]
      mov Rsi, Rdx
      shift: mov ebp, [Rdi + Rsi*4 - 4]
      cmp ebp, ebx
      jbe place
      mov [Rdi + Rsi*4], ebp
      dec Rsi
      jnz shift
      place: jmp store
      @page
      store: mov [Rdi + Rsi*4], ebx
      inc Rdx
      cmp edx, 64
      jne next_key
      ret`,
  },
];

const SWITCH_CASES: readonly string[] = [
  'add eax, 1', 'xor eax, ebx', 'rol eax, 3', 'sub eax, esi', 'not eax', 'add eax, ebx', 'ror eax, 7', 'lea eax, [eax + eax*2 + 1]',
  'neg eax', 'bswap eax', 'xor eax, esi', 'add eax, edx', 'shl eax, 1', 'or eax, edx', 'imul eax, eax, 5', 'dec eax',
];

const WIDE_64 = `${driver('products', 'shifts', 'sums')}
  @page
  products: mov esi, 200
  mov rbx, 0x9e3779b97f4a7c15
  l1: mov rax, r8
  mul rbx
  add r8, rdx
  adc r9, rax
  imul r9, rbx
  xor r8, r9
  or r9, 1
  dec esi
  jnz l1
  ret
  @page
  shifts: mov esi, 200
  l2: shld r8, r9, 7
  rol r9, 13
  shrd r10, r8, 9
  sar r10, 3
  xor r9, r10
  lea r8, [r8 + r9*4 + 1]
  bswap r8
  dec esi
  jnz l2
  ret
  @page
  sums: mov esi, 200
  l3: add r8, r9
  adc r10, r11
  sub r11, r8
  sbb r9, r10
  movsxd rax, r8d
  add r11, rax
  mov r9d, r8d
  dec esi
  jnz l3
  ret`;

const WIDE_32 = `${driver('products', 'shifts', 'sums')}
  @page
  products: mov esi, 200
  l1: mov eax, ebx
  mul ebp
  add ebx, edx
  adc ebp, eax
  imul ebp, ebp, 0x7f4a7c15
  xor ebx, ebp
  or ebp, 1
  dec esi
  jnz l1
  ret
  @page
  shifts: mov esi, 200
  l2: shld ebx, ebp, 7
  rol ebp, 13
  shrd eax, ebx, 9
  sar eax, 3
  xor ebp, eax
  lea ebx, [ebx + ebp*4 + 1]
  bswap ebx
  dec esi
  jnz l2
  ret
  @page
  sums: mov esi, 200
  l3: add eax, ebx
  adc edx, ebp
  sub ebx, eax
  sbb ebp, edx
  add eax, 0x12345678
  adc edx, 0x9abcdef0
  dec esi
  jnz l3
  ret`;
