/** x86 as the execution core sees a guest: joins the translator and the helper module of guest-x86. */
import type { TbIr } from '@wasm-tcg/ir';
import type { EnvLayout } from '@wasm-tcg/runtime';
import { decode, DecodeMode, format, HFlag, Insn, X86Exit, X86_HELPERS, X86_LAYOUT, X86Translator, type X86Instance } from '@wasm-tcg/guest-x86';
import type { Guest, GuestEvent, TranslateRequest, Translation } from '../exec/guest.ts';
import type { ContextView } from '../exec/context-view.ts';

export class X86Guest implements Guest {
  readonly layout: EnvLayout = X86_LAYOUT;
  readonly helpers = X86_HELPERS;
  readonly #x86: X86Instance;
  readonly #context: ContextView;
  readonly #translator: X86Translator;

  constructor(x86: X86Instance, context: ContextView, translator: X86Translator) {
    this.#x86 = x86;
    this.#context = context;
    this.#translator = translator;
  }

  translate(tb: TbIr, request: TranslateRequest): Translation {
    return this.#translator.translate(tb, request);
  }

  isWide(flags: number): boolean {
    return (flags & HFlag.CS64) !== 0;
  }

  exitEvent(exitCode: number): GuestEvent {
    return exitCode === X86Exit.halt ? 'halt' : exitCode === X86Exit.shutdown ? 'shutdown' : 'continue';
  }

  deliverFault(): GuestEvent {
    this.#x86.exports.fault_deliver(this.#context.env);
    return this.#delivered();
  }

  /** The same: `fault_deliver` knows from the exit code that state is exact. */
  deliverFetchFault(): GuestEvent {
    this.#x86.exports.fault_deliver(this.#context.env);
    return this.#delivered();
  }

  restoreState(): void {
    this.#x86.exports.restore_state(this.#context.env);
  }

  disassemble(request: TranslateRequest, size: number, linear: bigint): string {
    const second = request.pageOffset + size > request.page.length ? request.secondPage() : undefined;
    const bytes = new Uint8Array(request.page.length * 2);
    bytes.set(request.page);
    if (second) bytes.set(second, request.page.length);
    const mode = (request.flags & HFlag.CS64 ? DecodeMode.Bits64 : request.flags & HFlag.CS32 ? DecodeMode.Bits32 : DecodeMode.Bits16) |
      ((request.flags & (HFlag.PE | HFlag.VM)) === HFlag.PE ? DecodeMode.Protected : 0);
    const insn = new Insn();
    const lines: string[] = [];
    for (let at = 0; at < size; ) {
      const status = decode(insn, bytes, request.pageOffset + at, size - at, mode);
      const length = status === 0 ? insn.length : size - at;
      const hex = Array.from(bytes.subarray(request.pageOffset + at, request.pageOffset + at + length), (b) => b.toString(16).padStart(2, '0')).join(' ');
      const pc = linear + BigInt(at);
      lines.push(`${pc.toString(16).padStart(8, '0')}  ${hex.padEnd(24)}  ${status === 0 ? format(insn, pc) : '(bad)'}`);
      at += length;
    }
    return lines.join('\n');
  }

  #delivered(): GuestEvent {
    const code = this.#context.get('exitCode');
    this.#context.set('exitCode', 0);
    return this.exitEvent(code);
  }
}
