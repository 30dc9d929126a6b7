/** `machine.translations()`: the TBs that live now, as plain data. */
import { PAGE_BITS, TB_HEADER } from '@wasm-tcg/runtime';
import type { TranslationInfo } from '../api-profile.ts';
import type { MachineParts } from '../machine/parts.ts';

const AT = TB_HEADER.offset;

export function listTranslations({ machine, store, compiled }: MachineParts): TranslationInfo[] {
  const { u32 } = machine.views();
  const list: TranslationInfo[] = [];
  for (const tb of store.all()) {
    list.push({
      physical: u32[(tb + AT.physPage) >>> 2]! * 2 ** PAGE_BITS + u32[(tb + AT.pageOffset) >>> 2]!,
      size: u32[(tb + AT.size) >>> 2]!,
      insns: u32[(tb + AT.insns) >>> 2]!,
      tier: compiled.tierOf(tb),
    });
  }
  return list;
}
