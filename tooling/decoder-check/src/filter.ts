/**
 * What iced-x86 knows and our instruction set does not: its CPUID features, by name. An instruction that needs one of them
 * is left out of the comparison: there the decoder says #UD, or what the encoding means without the feature (reserved NOP).
 */
export const BEYOND_OUR_ISA: ReadonlySet<string> = new Set([
  // Vector extensions from AVX on.
  'AVX', 'AVX2', 'F16C', 'FMA', 'FMA4', 'XOP', 'TBM', 'LWP', 'VAES', 'VPCLMULQDQ', 'GFNI', 'SHA512', 'SM3', 'SM4', 'AVX_VNNI', 'AVX_IFMA',
  'AVX_NE_CONVERT', 'AVX_VNNI_INT8', 'AVX_VNNI_INT16', 'AVX512_4FMAPS', 'AVX512_4VNNIW', 'AVX512_BF16', 'AVX512_BITALG',
  'AVX512_FP16', 'AVX512_IFMA', 'AVX512_VBMI', 'AVX512_VBMI2', 'AVX512_VNNI', 'AVX512_VP2INTERSECT', 'AVX512_VPOPCNTDQ',
  'AVX512BW', 'AVX512CD', 'AVX512DQ', 'AVX512ER', 'AVX512F', 'AVX512PF', 'AVX512VL', 'AMX_BF16', 'AMX_COMPLEX', 'AMX_FP16',
  'AMX_INT8', 'AMX_TILE', 'KNC',
  // AMD's older vectors, and AMD system extensions.
  'D3NOW', 'D3NOWEXT', 'CYRIX_D3NOW', 'SSE4A', 'SVM', 'SKINIT', 'SKINIT_or_SVM', 'SEV_ES', 'SEV_SNP', 'RMPQUERY', 'MCOMMIT', 'MONITORX',
  'CLZERO', 'RDPRU', 'INVLPGB', 'OSS',
  // Virtualisation, enclaves, key and trust extensions.
  'VMX', 'INVEPT', 'INVVPID', 'SMX', 'SGX1', 'TDX', 'TSE', 'PCONFIG', 'KL', 'AESKLE', 'WIDE_KL', 'PKU',
  // Control flow, transactions, bounds, tracing.
  'CET_IBT', 'CET_SS', 'HLE', 'HLE_or_RTM', 'RTM', 'TSXLDTRK', 'MPX', 'PTWRITE', 'UINTR', 'FRED', 'LKGS', 'HRESET', 'UDBG',
  // Newer integer and memory instructions.
  'CLDEMOTE', 'ENQCMD', 'MOVDIRI', 'MOVDIR64B', 'WAITPKG', 'SERIALIZE', 'RAO_INT', 'CMPCCXADD', 'MSRLIST', 'WRMSRNS', 'PREFETCHITI', 'PCOMMIT',
  // Other vendors and withdrawn processors.
  'PADLOCK_ACE', 'PADLOCK_PHE', 'PADLOCK_PMM', 'PADLOCK_RNG', 'PADLOCK_GMI', 'PADLOCK_UNDOC', 'CENTAUR_AIS', 'CYRIX_FPU', 'CYRIX_SMM',
  'CYRIX_SMINT', 'CYRIX_SMINT_0F7E', 'CYRIX_SHR', 'CYRIX_DDI', 'CYRIX_EMMI', 'CYRIX_DMI', 'CL1INVMB', 'UMOV', 'IA64', 'MOV_TR', 'INTEL286_ONLY',
  'INTEL386_ONLY', 'INTEL386_A0_ONLY', 'INTEL486_A_ONLY',
]);

/** iced `Code` names to compare although a feature above covers them: the prefetches that 3DNow! brought and others kept. */
export const COMPARED_ANYWAY: ReadonlySet<string> = new Set(['Prefetch_m8', 'Prefetchw_m8', 'Prefetchreserved3_m8', 'Prefetchreserved4_m8', 'Prefetchreserved5_m8', 'Prefetchreserved6_m8', 'Prefetchreserved7_m8']);
