/** Type section: function types, interned by signature string, so a lookup costs one map access and no allocation. */
import { parameterCount, typeByte, typeOfLetter, type TypeIndex } from '../types.ts';
import { Section, SectionId } from './section.ts';

const FUNC_TYPE = 0x60;

export class TypeSection extends Section {
  private readonly bySignature = new Map<string, TypeIndex>();
  private readonly signatures: string[] = [];

  constructor() {
    super(SectionId.type);
  }

  override reset(): void {
    super.reset();
    this.bySignature.clear();
    this.signatures.length = 0;
  }

  /** The index of the type with that signature ("iI>i"), added when new. */
  intern(signature: string): TypeIndex {
    const known = this.bySignature.get(signature);
    if (known !== undefined) return known;
    const { entries } = this;
    const parameters = parameterCount(signature);
    for (let i = 0; i < signature.length; i++) if (i !== parameters) typeOfLetter(signature[i]); // checked before anything is written
    entries.u8(FUNC_TYPE);
    entries.u32(parameters);
    for (let i = 0; i < parameters; i++) entries.u8(typeByte(typeOfLetter(signature[i])));
    entries.u32(signature.length - parameters - 1);
    for (let i = parameters + 1; i < signature.length; i++) entries.u8(typeByte(typeOfLetter(signature[i])));
    const index = this.count++ as TypeIndex;
    this.bySignature.set(signature, index);
    this.signatures.push(signature);
    return index;
  }

  signatureOf(type: TypeIndex): string {
    return this.signatures[type];
  }
}
