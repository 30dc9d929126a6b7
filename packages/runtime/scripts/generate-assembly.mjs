/**
 * Writes assembly/softfloat/generated/tables.ts and assembly/generated/offsets.ts: what the AssemblyScript sources know of the layouts in src/layout. Runs before
 * the AssemblyScript compiler (scripts/build-assembly.mjs) and needs nothing compiled.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../../../scripts/lib/load-typescript.mjs';
import { softfloatTables } from './softfloat-tables.mjs';

const folder = fileURLToPath(new URL('..', import.meta.url));
const source = (file) => importTypeScript(join(folder, 'src', file));

const [emit, context, header, tlb, jump, info, phys, region, hash, exits, core, env] = await Promise.all(
  ['layout/assembly-constants', 'layout/wasm-context', 'layout/tb-header', 'layout/tlb-entry', 'layout/jump-cache', 'layout/machine-info',
    'layout/phys-map', 'layout/region-descriptor', 'layout/hash', 'exit-code', 'core-helpers', 'layout/env'].map((name) => source(`${name}.ts`)),
);
const { assemblyConstants, assemblyNumbers } = emit;

const text = [
  '// Made by packages/runtime/scripts/generate-assembly.mjs; do not edit.\n',
  assemblyConstants(context.WASM_CONTEXT, { prefix: 'CTX' }),
  assemblyConstants(header.TB_HEADER, { prefix: 'TB' }),
  assemblyNumbers('', { NO_PAGE: header.NO_PAGE }),
  assemblyNumbers('TB_FLAG', header.TbFlag),
  assemblyConstants(tlb.TLB_ENTRY, { prefix: 'TLB' }),
  assemblyNumbers('TLB', { entryBits: tlb.TLB_ENTRY_BITS }, 'usize'),
  assemblyNumbers('TLB_FLAG', tlb.TlbFlag, 'u64'),
  assemblyConstants(jump.JUMP_CACHE_ENTRY, { prefix: 'JC' }),
  assemblyNumbers('JC', { entryBits: jump.JUMP_CACHE_ENTRY_BITS }),
  assemblyConstants(info.MACHINE_INFO, { prefix: 'INFO', base: info.MACHINE_INFO_ADDRESS }),
  assemblyNumbers('PHYS', phys.PhysKind),
  assemblyNumbers('', { PHYS_PAGES: phys.PHYS_PAGES, CODE_GRANULE_BITS: phys.CODE_GRANULE_BITS }),
  assemblyNumbers('', { FETCHED_BITS: env.FETCHED_BITS }),
  assemblyConstants(region.REGION_DESCRIPTOR, { prefix: 'REGION' }),
  assemblyConstants(region.REGION_PAGE, { prefix: 'REGION_PAGE' }),
  assemblyNumbers('FLUSH', context.TlbFlushCause),
  assemblyNumbers('MISS', context.TlbMiss),
  assemblyNumbers('SLOW', context.SlowReason),
  assemblyNumbers('HASH', hash.HASH_MULTIPLIERS),
  assemblyNumbers('EXIT', exits.ExitCode),
  assemblyNumbers('ACCESS', core.Access),
  assemblyNumbers('PROT', core.Prot),
].join('\n');

function write(file, contents) {
  const target = join(folder, 'assembly', file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.${process.pid}`, contents);
  renameSync(`${target}.${process.pid}`, target);
}

write('generated/offsets.ts', text);
write('softfloat/generated/tables.ts', softfloatTables());
