/**
 * Translates one block: decodes from the guest's bytes, lets each instruction emit its ops, decides where the block ends.
 *
 * A block starts on one page and stays on it. The one exception is an instruction that crosses to the next page: it is a block of its own,
 * so that a fault of fetching its second half comes when it is due.
 *
 * The limit of CS is no part of a block's identity. Where CS is not flat, the entry compares the last byte with the limit, in two ops;
 * `code_limit` settles what does not fit.
 */
import { Cond, MO_32, RESTORE_IN_STEPS, type TbIr, Type } from '@wasm-tcg/ir';
import type { CpuModel } from '../cpuid/models.ts';
import { DecodeMode, DecodeStatus, MAX_INSN_LENGTH, MN, MNEMONICS, type MnemonicName, Seg, decode } from '../decode/index.ts';
import { helperId } from '../helpers/table.ts';
import { X86_LAYOUT, X86_STATE } from '../state/cpu-state.ts';
import { HFlag } from '../state/hflags.ts';
import { restoreData } from '../state/restore-data.ts';
import { CC_DYNAMIC, Ctx, G, Vector } from './context.ts';
import { After, endBetween } from './exit.ts';
import { hasFeature, supportedForms } from './features.ts';
import type { Handler } from './handler.ts';
import type { LiveBytes } from './live.ts';
import { HANDLERS } from './table.ts';

const PAGE_SIZE = 4096;

/**
 * Words of IR after which a block is ended. An instruction makes a few hundred at most (ENTER, PUSHA), so that a block stays far from the limits
 * of the form; and beyond some thousand ops a longer block saves nothing.
 */
const MAX_WORDS = 6000;

const CODE_LIMIT = helperId('code_limit');
const CODE_BREAKPOINT = helperId('code_breakpoint');
const CS_LIMIT = X86_LAYOUT.stateOffset + X86_STATE.offset.segLimit + Seg.CS * 4;

/** What to translate, and where its bytes are. */
export interface TranslateRequest {
  /** Holds the page on which the block starts. */
  readonly bytes: Uint8Array;
  /** Index in `bytes` of that page's first byte. */
  readonly pageStart: number;
  /** Offset of the block in the page, 0–4095. */
  readonly pageOffset: number;
  /**
   * Called when the first instruction crosses to the next page.
   * @returns the bytes of that page from its start (at least 15), or `undefined` when fetching from it faults: the fault has been recorded
   */
  readonly nextPage: () => Uint8Array | undefined;
  /** Base of CS, 0–FFFFFFFFh; 0 in 64-bit code. */
  readonly csBase: number;
  readonly hflags: number;
  /** Most instructions, ≥ 1. */
  readonly maxInsns: number;
  /** Offset from the page's start of the last byte that the limit of CS allows at the present pc; may be negative. Infinity when there is none. */
  readonly codeLimit: number;
  /**
   * cc_op that the frame is known to hold whenever the block is entered; the block is then no good for other values. For compilers of regions. Default:
   * not known.
   */
  readonly ccOp?: number | undefined;
  /** Bytes of the page that the block is to read when it runs, where it can. Default: none. */
  readonly live?: LiveBytes | undefined;
}

export const TranslateStatus = {
  /** The block is in the TbIr. */
  ok: 0,
  /** `nextPage` has recorded a fault; there is no block. */
  fetchFault: 1,
  /** Fetching meets the limit of CS in the first instruction: #GP(0); there is no block. */
  limitFault: 2,
} as const;
export type TranslateStatus = (typeof TranslateStatus)[keyof typeof TranslateStatus];

/** About the block just translated. */
export interface TranslatedBlock {
  /** Bytes of guest code, from `pageOffset`. */
  size: number;
  insns: number;
  /** The code goes on to the next page. */
  secondPage: boolean;
  /** cc_op at the exits through link slots 0 and 1; negative when it is not the same on all of them, not known, or there is none. */
  readonly exitCcOp: readonly [number, number];
  /** Bytes that the block reads when it runs, as pairs of offsets from its page (from, to), ascending; good until the next block is translated. */
  readonly liveRanges: readonly number[];
}

const LOADS = 1;
const STORES = 2;

/** Implicit stack accesses by mnemonic: what decides between #SS and #GP for a non-canonical address. */
const STACK_ACCESS: Uint8Array = (() => {
  const access: Partial<Record<MnemonicName, number>> = {
    push: STORES, pushf: STORES, call: STORES, pop: LOADS, popf: LOADS, ret: LOADS, leave: LOADS, enter: LOADS | STORES,
  };
  return Uint8Array.from(MNEMONICS, (name) => access[name] ?? 0);
})();

/**
 * POPA, and repeated string instructions that begin by zero-extending their registers: see stack.ts, string.ts. Under TF and with breakpoints on, the
 * trap that follows may leave after everything has been committed.
 */
function commitsInSteps(c: Ctx): boolean {
  const { insn } = c;
  if ((c.hflags & After.trap) !== 0) return true;
  return insn.mnemonic === MN.popa || (c.wide && insn.addrSize === 4 && insn.modrm < 0 && (insn.rep || insn.repne));
}

/** Handlers by mnemonic: without the feature, TZCNT and LZCNT are their older namesakes. */
function handlersOf(model: Pick<CpuModel, 'features'>): readonly Handler[] {
  const handlers = [...HANDLERS];
  if (!hasFeature(model.features, 'bmi1')) handlers[MN.tzcnt] = HANDLERS[MN.bsf]!;
  if (!hasFeature(model.features, 'lzcnt')) handlers[MN.lzcnt] = HANDLERS[MN.bsr]!;
  return handlers;
}

/** The translator of a processor model. One object serves any number of blocks, one after the other. */
export class X86Translator {
  /** Filled by `translate`. */
  readonly block: TranslatedBlock;
  readonly #ctx: Ctx;
  readonly #forms: Uint8Array;
  readonly #handlers: readonly Handler[];
  readonly #amd: boolean;
  /** An instruction that crosses pages, in one piece. */
  readonly #joint = new Uint8Array(2 * MAX_INSN_LENGTH);

  /** @param like a translator of the same model, whose tables are shared */
  constructor(tb: TbIr, model: Pick<CpuModel, 'vendor' | 'features'>, like?: X86Translator) {
    this.#ctx = new Ctx(tb);
    this.block = { size: 0, insns: 0, secondPage: false, exitCcOp: this.#ctx.exitCcOp, liveRanges: this.#ctx.liveRanges };
    this.#amd = model.vendor === 'amd';
    this.#forms = like === undefined ? supportedForms(model.features) : like.#forms;
    this.#handlers = like === undefined ? handlersOf(model) : like.#handlers;
  }

  /** Replace the contents of the TbIr by the block that the request names. */
  translate(request: TranslateRequest): TranslateStatus {
    const c = this.#ctx;
    const { block } = this;
    const { bytes, pageStart, hflags, codeLimit } = request;
    c.begin(hflags, request.csBase, this.#amd, request.ccOp ?? CC_DYNAMIC, request.live);
    const mode = this.#decodeMode(hflags);
    const max = (hflags & After.all) !== 0 ? 1 : request.maxInsns;
    c.delta = request.pageOffset;
    block.secondPage = false;
    let insns = 0;
    let limitAt = -1;
    for (;;) {
      let status = decode(c.insn, bytes, pageStart + c.delta, PAGE_SIZE - c.delta, mode);
      if (status === DecodeStatus.NeedMore) {
        if (insns > 0) {
          endBetween(c, c.delta);
          break;
        }
        if (codeLimit < PAGE_SIZE) return TranslateStatus.limitFault;
        const next = request.nextPage();
        if (next === undefined) return TranslateStatus.fetchFault;
        status = this.#decodeAcross(bytes, pageStart + c.delta, PAGE_SIZE - c.delta, next, mode);
      }
      c.next = c.delta + c.insn.length;
      if (insns > 0 && c.next - 1 > codeLimit) {
        endBetween(c, c.delta);
        break;
      }
      this.#startInsn(status);
      if ((hflags & (HFlag.DR | HFlag.RF)) === HFlag.DR) c.b.call(CODE_BREAKPOINT, -1, [c.toI64(c.addI(G.page_base, c.delta))]);
      if (insns === 0 && !c.csFlat) limitAt = this.#checkCodeLimit();
      insns++;
      c.shadow = -1;
      this.#translateInsn(status);
      if (c.ended) {
        c.delta = c.next;
        break;
      }
      if (c.last || insns >= max || c.next >= PAGE_SIZE || c.tb.length > MAX_WORDS) {
        endBetween(c, c.next);
        c.delta = c.next;
        break;
      }
      c.delta = c.next;
    }
    if (limitAt >= 0) c.tb.code[limitAt] = c.k(c.delta - 1 - c.csBase);
    block.size = c.delta - request.pageOffset;
    block.insns = insns;
    block.secondPage = c.delta > PAGE_SIZE;
    return TranslateStatus.ok;
  }

  #decodeMode(hflags: number): number {
    const width = hflags & HFlag.CS64 ? DecodeMode.Bits64 : hflags & HFlag.CS32 ? DecodeMode.Bits32 : DecodeMode.Bits16;
    const isProtected = (hflags & (HFlag.PE | HFlag.VM)) === HFlag.PE;
    return width | (isProtected ? DecodeMode.Protected : 0) | (this.#amd ? DecodeMode.Amd : 0);
  }

  /** Decode an instruction of which `have` bytes are on the first page. */
  #decodeAcross(bytes: Uint8Array, at: number, have: number, next: Uint8Array, mode: number): DecodeStatus {
    const joint = this.#joint;
    for (let i = 0; i < have; i++) joint[i] = bytes[at + i]!;
    for (let i = 0; i < MAX_INSN_LENGTH; i++) joint[have + i] = next[i]!;
    return decode(this.#ctx.insn, joint, 0, have + MAX_INSN_LENGTH, mode);
  }

  #startInsn(status: DecodeStatus): void {
    const c = this.#ctx;
    let stack = 0;
    if (c.wide && status === DecodeStatus.Ok) {
      const { insn } = c;
      stack = STACK_ACCESS[insn.mnemonic]!;
      if (insn.modrm >= 0 && insn.mod !== 3 && insn.seg === Seg.SS) stack = LOADS | STORES;
    }
    const steps = status === DecodeStatus.Ok && commitsInSteps(c) ? RESTORE_IN_STEPS : 0;
    c.b.insn_start(c.delta, restoreData(c.ccOp, (stack & LOADS) !== 0, (stack & STORES) !== 0) ^ steps);
  }

  /** @returns position in the stream of the constant that is to become the pc of the block's last byte */
  #checkCodeLimit(): number {
    const c = this.#ctx;
    const limit = c.tb.newLocal(Type.i32);
    c.b.ld(Type.i32, limit, c.tb.env, CS_LIMIT, MO_32);
    const last = c.add(G.page_base, c.k(0));
    const at = c.tb.length - 1;
    const ok = c.tb.newLabel();
    c.b.brcond(Type.i32, last, limit, Cond.leu, ok);
    c.b.call(CODE_LIMIT, -1, [c.pc(c.next - 1)]);
    c.b.label(ok);
    return at;
  }

  #translateInsn(status: DecodeStatus): void {
    const c = this.#ctx;
    if (status === DecodeStatus.TooLong) c.fault(Vector.GP, 0);
    else if (status !== DecodeStatus.Ok || this.#forms[c.insn.form] === 0) c.fault(Vector.UD);
    else this.#handlers[c.insn.mnemonic]!(c);
  }
}
