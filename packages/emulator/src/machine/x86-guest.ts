/** x86 as the execution core sees a guest: joins the translator and the helper module of guest-x86. */
import type { TbIr } from '@wasm-tcg/ir';
import { ExitCode, type EnvLayout, type MachineMemory } from '@wasm-tcg/runtime';
import {
  CPU_MODELS, decode, DecodeMode, DecodeStatus, format, HFlag, Insn, RestoreData, TranslateStatus, X86Exit, X86_HELPERS, X86_LAYOUT, X86_STATE, X86Translator, type X86Instance,
} from '@wasm-tcg/guest-x86';
import type { CodeInsn } from '../api-code.ts';
import type { Guest, GuestEvent, TranslateRequest, Translation } from '../exec/guest.ts';
import type { ContextView } from '../exec/context-view.ts';

/** Offset from env of the limit of CS. */
const CS_LIMIT = X86_LAYOUT.stateOffset + X86_STATE.offset.segLimit + 4;
/** faultAccess of a fault that belongs to no memory access. */
const NO_ACCESS = 0xff;
/** #GP. */
const GENERAL_PROTECTION = 13;

export class X86Guest implements Guest {
  readonly layout: EnvLayout = X86_LAYOUT;
  readonly helpers = X86_HELPERS;
  readonly #x86: X86Instance;
  readonly #context: ContextView;
  /** A translator writes into one TbIr. */
  readonly #translators = new WeakMap<TbIr, X86Translator>();

  /** Most blocks are translated into the same one as the block before. */
  #last: { readonly tb: TbIr; readonly translator: X86Translator } | undefined;
  #firstTranslator: X86Translator | undefined;
  readonly #machine: MachineMemory;

  constructor(machine: MachineMemory, x86: X86Instance, context: ContextView) {
    this.#machine = machine;
    this.#x86 = x86;
    this.#context = context;
  }

  translate(tb: TbIr, request: TranslateRequest): Translation {
    const translator = this.#translatorOf(tb);
    const { page, pageOffset, csBase, flags, maxInsns, secondPage, fetchLimit, entryState, live } = request;
    const status = translator.translate({ bytes: page, pageStart: 0, pageOffset, nextPage: secondPage, csBase, hflags: flags, maxInsns, codeLimit: fetchLimit, ccOp: entryState, live });
    const { size, insns, secondPage: crossesPage, exitCcOp, liveRanges } = translator.block;
    const fault = status === TranslateStatus.ok ? 'none' : status === TranslateStatus.fetchFault ? 'page' : 'limit';
    return { size, insns, crossesPage, exitState: [exitCcOp[0], exitCcOp[1]], liveRanges, fault };
  }

  #translatorOf(tb: TbIr): X86Translator {
    if (this.#last?.tb === tb) return this.#last.translator;
    let translator = this.#translators.get(tb);
    if (translator === undefined) {
      translator = new X86Translator(tb, CPU_MODELS[this.#x86.model], this.#firstTranslator);
      this.#firstTranslator ??= translator;
      this.#translators.set(tb, translator);
    }
    this.#last = { tb, translator };
    return translator;
  }

  /** The last byte that CS allows, as offset from the page of the present pc; Infinity when CS ends with the address space. */
  fetchLimit(): number {
    const context = this.#context;
    if ((context.flags & (HFlag.CS64 | HFlag.CS_FLAT)) !== 0) return Infinity;
    return this.#machine.views().u32[(context.env + CS_LIMIT) >>> 2]! + context.csBase - Number(context.pageBase);
  }

  /** The fetch of the next instruction meets the limit of CS: #GP(0), state exact. */
  deliverLimitFault(): GuestEvent {
    this.#context.set('exitCode', ExitCode.fetchFault);
    this.#context.set('exitData', GENERAL_PROTECTION);
    this.#context.set('faultError', 0);
    this.#context.set('faultAccess', NO_ACCESS);
    return this.deliverFetchFault();
  }

  /** Where the table says that cc_op is in the frame, it is the one at entry, unless the block has gone on to another since. */
  restoresAlike(first: number, again: number, entryState: number): boolean {
    const { ccOpMask, ccOpDynamic } = RestoreData;
    const expected = (first & ccOpMask) === ccOpDynamic ? entryState : first & ccOpMask;
    return (again & ccOpMask) === expected;
  }

  isWide(flags: number): boolean {
    return (flags & HFlag.CS64) !== 0;
  }

  isUser(flags: number): boolean {
    return (flags & HFlag.CPL_MASK) === HFlag.CPL_MASK;
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

  disassemble(request: TranslateRequest, size: number, linear: bigint): CodeInsn[] {
    const second = request.pageOffset + size > request.page.length ? request.secondPage() : undefined;
    const bytes = new Uint8Array(request.page.length * 2);
    bytes.set(request.page);
    if (second) bytes.set(second, request.page.length);
    const mode = (request.flags & HFlag.CS64 ? DecodeMode.Bits64 : request.flags & HFlag.CS32 ? DecodeMode.Bits32 : DecodeMode.Bits16) |
      ((request.flags & (HFlag.PE | HFlag.VM)) === HFlag.PE ? DecodeMode.Protected : 0);
    const insn = new Insn();
    const insns: CodeInsn[] = [];
    for (let at = 0; at < size; ) {
      const status = decode(insn, bytes, request.pageOffset + at, size - at, mode);
      const length = status === DecodeStatus.Ok ? insn.length : size - at;
      const pc = linear + BigInt(at);
      const from = request.pageOffset + at;
      insns.push({ pc, bytes: bytes.slice(from, from + length), text: status === DecodeStatus.Ok ? format(insn, pc) : '(bad)' });
      at += length;
    }
    return insns;
  }

  #delivered(): GuestEvent {
    const code = this.#context.get('exitCode');
    this.#context.set('exitCode', 0);
    return this.exitEvent(code);
  }
}
