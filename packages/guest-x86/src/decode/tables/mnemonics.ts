/**
 * Every mnemonic the decoder can produce, once. The index in this list is the number in `Insn.mnemonic`.
 *
 * A mnemonic names an operation, not a spelling: where only the operand size, the address size or the condition differs,
 * there is one entry (`jcc`, `setcc`, `cmovcc` with the condition in the low four opcode bits; `movs`, `cbw`, `iret` …
 * with the size in `opSize` or `addrSize`) and the formatter finds the spelling. Aliases (SAL, the second encodings of
 * FXCH and FCOM, 82h) decode to the canonical entry.
 */
export const MNEMONICS = [
  // Integer: moves and stack.
  'mov', 'movzx', 'movsx', 'movsxd', 'movbe', 'movnti', 'xchg', 'cmovcc', 'bswap', 'lea', 'xlat', 'push', 'pop', 'pusha', 'popa',
  'pushf', 'popf', 'enter', 'leave', 'lahf', 'sahf', 'cbw', 'cwd', 'les', 'lds', 'lss', 'lfs', 'lgs',
  // Integer: arithmetic and logic.
  'add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp', 'test', 'inc', 'dec', 'neg', 'not', 'mul', 'imul', 'div', 'idiv',
  'adcx', 'adox', 'aaa', 'aas', 'daa', 'das', 'aam', 'aad', 'salc', 'setcc', 'clc', 'stc', 'cmc',
  'xadd', 'cmpxchg', 'cmpxchg8b', 'cmpxchg16b', 'crc32', 'arpl', 'bound',
  // Integer: shifts and bits.
  'rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sar', 'shld', 'shrd', 'bt', 'bts', 'btr', 'btc', 'bsf', 'bsr', 'tzcnt', 'lzcnt', 'popcnt',
  'andn', 'bextr', 'blsr', 'blsmsk', 'blsi', 'bzhi', 'mulx', 'pdep', 'pext', 'rorx', 'sarx', 'shlx', 'shrx',
  // Integer: strings and ports.
  'movs', 'cmps', 'stos', 'lods', 'scas', 'ins', 'outs', 'in', 'out', 'cld', 'std',
  // Control flow.
  'jcc', 'jcxz', 'loop', 'loope', 'loopne', 'jmp', 'jmpf', 'call', 'callf', 'ret', 'retf', 'iret', 'int', 'int1', 'int3', 'into',
  'ud0', 'ud1', 'ud2', 'nop', 'pause', 'hlt', 'syscall', 'sysret', 'sysenter', 'sysexit',
  // System.
  'cli', 'sti', 'clts', 'clac', 'stac', 'lgdt', 'lidt', 'sgdt', 'sidt', 'lldt', 'sldt', 'ltr', 'str', 'lmsw', 'smsw', 'lar', 'lsl', 'verr',
  'verw', 'invd', 'wbinvd', 'wbnoinvd', 'invlpg', 'invpcid', 'rdmsr', 'wrmsr', 'rdpmc', 'rdtsc', 'rdtscp', 'rdpid', 'cpuid', 'rsm',
  'swapgs', 'rdfsbase', 'rdgsbase', 'wrfsbase', 'wrgsbase', 'monitor', 'mwait', 'rdrand', 'rdseed', 'xgetbv', 'xsetbv', 'xsave',
  'xsaveopt', 'xsavec', 'xsaves', 'xrstor', 'xrstors', 'fxsave', 'fxrstor', 'ldmxcsr', 'stmxcsr', 'lfence', 'mfence', 'sfence', 'clflush',
  'clflushopt', 'clwb', 'prefetch', 'prefetchw', 'prefetchwt1', 'prefetchnta', 'prefetcht0', 'prefetcht1', 'prefetcht2',
  // x87.
  'wait', 'f2xm1', 'fabs', 'fadd', 'faddp', 'fbld', 'fbstp', 'fchs', 'fcmovb', 'fcmovbe', 'fcmove', 'fcmovnb', 'fcmovnbe', 'fcmovne',
  'fcmovnu', 'fcmovu', 'fcom', 'fcomi', 'fcomip', 'fcomp', 'fcompp', 'fcos', 'fdecstp', 'fdiv', 'fdivp', 'fdivr', 'fdivrp', 'ffree',
  'ffreep', 'fiadd', 'ficom', 'ficomp', 'fidiv', 'fidivr', 'fild', 'fimul', 'fincstp', 'fist', 'fistp', 'fisttp', 'fisub', 'fisubr', 'fld',
  'fld1', 'fldcw', 'fldenv', 'fldl2e', 'fldl2t', 'fldlg2', 'fldln2', 'fldpi', 'fldz', 'fmul', 'fmulp', 'fnclex', 'fndisi', 'fneni', 'fninit',
  'fnop', 'fnsave', 'fnsetpm', 'fnstcw', 'fnstenv', 'fnstsw', 'fpatan', 'fprem', 'fprem1', 'fptan', 'frndint', 'frstor', 'fscale', 'fsin',
  'fsincos', 'fsqrt', 'fst', 'fstp', 'fstpnce', 'fsub', 'fsubp', 'fsubr', 'fsubrp', 'ftst', 'fucom', 'fucomi', 'fucomip', 'fucomp',
  'fucompp', 'fxam', 'fxch', 'fxtract', 'fyl2x', 'fyl2xp1',
  // MMX and its SSE extensions, and the integer half of SSE2 (the operands tell MMX from XMM).
  'emms', 'movd', 'movq', 'packssdw', 'packsswb', 'packuswb', 'paddb', 'paddw', 'paddd', 'paddq', 'paddsb', 'paddsw', 'paddusb',
  'paddusw', 'pand', 'pandn', 'pcmpeqb', 'pcmpeqw', 'pcmpeqd', 'pcmpgtb', 'pcmpgtw', 'pcmpgtd', 'pmaddwd', 'pmulhw', 'pmullw', 'por',
  'psllw', 'pslld', 'psllq', 'psraw', 'psrad', 'psrlw', 'psrld', 'psrlq', 'psubb', 'psubw', 'psubd', 'psubq', 'psubsb', 'psubsw', 'psubusb',
  'psubusw', 'punpckhbw', 'punpckhwd', 'punpckhdq', 'punpcklbw', 'punpcklwd', 'punpckldq', 'pxor', 'maskmovq', 'movntq', 'pavgb',
  'pavgw', 'pextrw', 'pinsrw', 'pmaxsw', 'pmaxub', 'pminsw', 'pminub', 'pmovmskb', 'pmulhuw', 'psadbw', 'pshufw', 'pmuludq',
  'movdqa', 'movdqu', 'movq2dq', 'movdq2q', 'movntdq', 'maskmovdqu', 'pshufd', 'pshufhw', 'pshuflw', 'pslldq', 'psrldq',
  'punpckhqdq', 'punpcklqdq',
  // SSE and SSE2 floating point.
  'addps', 'addpd', 'addss', 'addsd', 'subps', 'subpd', 'subss', 'subsd', 'mulps', 'mulpd', 'mulss', 'mulsd', 'divps', 'divpd', 'divss',
  'divsd', 'minps', 'minpd', 'minss', 'minsd', 'maxps', 'maxpd', 'maxss', 'maxsd', 'sqrtps', 'sqrtpd', 'sqrtss', 'sqrtsd', 'rcpps', 'rcpss',
  'rsqrtps', 'rsqrtss', 'andps', 'andpd', 'andnps', 'andnpd', 'orps', 'orpd', 'xorps', 'xorpd', 'cmpps', 'cmppd', 'cmpss', 'cmpsd',
  'comiss', 'comisd', 'ucomiss', 'ucomisd', 'movaps', 'movapd', 'movups', 'movupd', 'movss', 'movsd', 'movhps', 'movhpd', 'movlps',
  'movlpd', 'movhlps', 'movlhps', 'movmskps', 'movmskpd', 'movntps', 'movntpd', 'shufps', 'shufpd', 'unpckhps', 'unpckhpd',
  'unpcklps', 'unpcklpd', 'cvtpi2ps', 'cvtpi2pd', 'cvtps2pi', 'cvtpd2pi', 'cvttps2pi', 'cvttpd2pi', 'cvtsi2ss', 'cvtsi2sd', 'cvtss2si',
  'cvtsd2si', 'cvttss2si', 'cvttsd2si', 'cvtps2pd', 'cvtpd2ps', 'cvtss2sd', 'cvtsd2ss', 'cvtdq2ps', 'cvtps2dq', 'cvttps2dq', 'cvtdq2pd',
  'cvtpd2dq', 'cvttpd2dq',
  // SSE3, SSSE3.
  'addsubps', 'addsubpd', 'haddps', 'haddpd', 'hsubps', 'hsubpd', 'lddqu', 'movddup', 'movshdup', 'movsldup', 'pabsb', 'pabsw',
  'pabsd', 'palignr', 'phaddw', 'phaddd', 'phaddsw', 'phsubw', 'phsubd', 'phsubsw', 'pmaddubsw', 'pmulhrsw', 'pshufb', 'psignb',
  'psignw', 'psignd',
  // SSE4.1, SSE4.2.
  'blendps', 'blendpd', 'blendvps', 'blendvpd', 'dpps', 'dppd', 'extractps', 'insertps', 'movntdqa', 'mpsadbw', 'packusdw', 'pblendvb',
  'pblendw', 'pcmpeqq', 'pextrb', 'pextrd', 'phminposuw', 'pinsrb', 'pinsrd', 'pmaxsb', 'pmaxsd', 'pmaxud', 'pmaxuw', 'pminsb',
  'pminsd', 'pminud', 'pminuw', 'pmovsxbw', 'pmovsxbd', 'pmovsxbq', 'pmovsxwd', 'pmovsxwq', 'pmovsxdq', 'pmovzxbw', 'pmovzxbd',
  'pmovzxbq', 'pmovzxwd', 'pmovzxwq', 'pmovzxdq', 'pmuldq', 'pmulld', 'ptest', 'roundps', 'roundpd', 'roundss', 'roundsd',
  'pcmpgtq', 'pcmpestri', 'pcmpestrm', 'pcmpistri', 'pcmpistrm',
  // AES, PCLMULQDQ, SHA.
  'aesenc', 'aesenclast', 'aesdec', 'aesdeclast', 'aesimc', 'aeskeygenassist', 'pclmulqdq', 'sha1msg1', 'sha1msg2', 'sha1nexte',
  'sha1rnds4', 'sha256msg1', 'sha256msg2', 'sha256rnds2',
] as const;

/** Name of a mnemonic, e.g. `'add'`: the key of the translator's `Record<MnemonicName, …>`. */
export type MnemonicName = (typeof MNEMONICS)[number];

/** Each name with its index as a literal type: `switch (insn.mnemonic) { case MN.add: … }` can be checked for exhaustion. */
export type MnemonicIds = {
  readonly [K in keyof typeof MNEMONICS as K extends `${number}` ? (typeof MNEMONICS)[K] & string : never]: K extends `${infer N extends number}` ? N : never;
};

/** A mnemonic as the number that `Insn.mnemonic` holds. */
export type Mnemonic = MnemonicIds[MnemonicName];

/** Numbers by name: `MN.add`. */
export const MN: MnemonicIds = Object.freeze(Object.fromEntries(MNEMONICS.map((name, id) => [name, id]))) as MnemonicIds;
