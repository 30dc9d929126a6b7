/** `machine.translations()` and `translatedPages()`: the TBs that live now, as plain data. */
import { PAGE_BITS, TB_HEADER } from '@wasm-tcg/runtime';
import type { TranslatedPage, TranslationInfo } from '../api-profile.ts';
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

export function pagesOfTranslations({ machine, store, compiled }: MachineParts): TranslatedPage[] {
  const { u32 } = machine.views();
  const pages = new Map<number, { -readonly [K in keyof TranslatedPage]: TranslatedPage[K] }>();
  for (const tb of store.all()) {
    const page = u32[(tb + AT.physPage) >>> 2]!;
    let row = pages.get(page);
    if (row === undefined) pages.set(page, (row = { page, tci: 0, module: 0, region: 0 }));
    row[compiled.tierOf(tb)] += u32[(tb + AT.size) >>> 2]!;
  }
  return [...pages.values()];
}
