/**
 * Guest bytes → TB: translate, optimise, encode for the interpreter, make the header. And again to IR alone when a TB is compiled: the IR
 * is not kept, since the code bitmap vouches that the bytes are still those the TB was made from.
 */
import { analyseSlots, NO_OPTIMISE, optimise, Op, TbIr, TbOverflowError, verifyOrThrow } from '@wasm-tcg/ir';
import { NO_DELTA, NO_PAGE, TB_HEADER, tbCpuAddress, TB_CPU, type MachineMemory, type TbArena, type TbStore } from '@wasm-tcg/runtime';
import { TciEncoder, TciError, type TciFormats } from '@wasm-tcg/tci-interp';
import type { Guest, TranslateRequest, Translation } from './guest.ts';

export { NO_OPTIMISE };
void [analyseSlots, optimise, Op, TbIr, TbOverflowError, verifyOrThrow, NO_DELTA, NO_PAGE, TB_HEADER, tbCpuAddress, TB_CPU, TciEncoder, TciError];
export type { Guest, TranslateRequest, Translation, MachineMemory, TbArena, TbStore, TciFormats };
