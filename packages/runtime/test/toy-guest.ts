/**
 * A guest of a few registers with page tables in a JavaScript Map, to drive the helper module without x86: proof that the
 * runtime names no guest. `tlb_fill` is a JS function behind a Wasm function, as the table wants one.
 */
import {
  Access, ExitCode, Prot, TbArena, TbStore, WASM_CONTEXT, createMachineMemory, createRam, defFrame, defStruct, instantiateRuntime, layoutEnv,
  type MachineMemory, type Ram, type RuntimeInstance,
} from '@wasm-tcg/runtime';

export const TOY_FRAME = defFrame({
  r0: { type: 'word' }, pc: { type: 'word', restored: true }, page_base: { type: 'word' }, cs_base: { type: 'word' }, v0: { type: 'v128' },
});
export const TOY_STATE = defStruct('toyState', { flags: 'u32', fetchMmu: 'u32', pcMask: 'u64' });
export const TOY_LAYOUT = layoutEnv({
  name: 'toy', frame: TOY_FRAME, state: TOY_STATE, pc: 'pc', pageBase: 'page_base', csBase: 'cs_base',
  flags: 'flags', pcMask: 'pcMask', fetchMmu: 'fetchMmu', mmuIndices: 2, tlbBits: 8,
});

/** A module that imports "t"."fill" and exports it again, with the type of tlb_fill. */
const TLB_FILL_SHIM = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 10, 1, 0x60, 5, 0x7f, 0x7e, 0x7f, 0x7f, 0x7f, 1, 0x7f], // (i32, i64, i32, i32, i32) → i32
  ...[2, 10, 1, 1, 0x74, 4, 0x66, 0x69, 0x6c, 0x6c, 0, 0], // import t.fill
  ...[7, 8, 1, 4, 0x66, 0x69, 0x6c, 0x6c, 0, 0], // export fill
]);

export interface Mapping {
  readonly physPage: number;
  readonly prot: number;
}

/** Fault record as the toy guest writes it: vector 14, error = access. */
export interface ToyMachine {
  readonly machine: MachineMemory;
  readonly ram: Ram;
  readonly runtime: RuntimeInstance;
  readonly store: TbStore;
  readonly arena: TbArena;
  readonly env: number;
  /** Linear page number → physical page and protection. Linear addresses are identity-mapped rwx while it is undefined. */
  pages: Map<bigint, Mapping> | undefined;
  /** Addresses that tlb_fill was asked for with `Access.crossing`. */
  readonly crossings: bigint[];
  /** What happened, one line each: fills, code writes, remaps, device accesses. */
  readonly log: string[];
  /** Answer to the next code_write. */
  codeAnswer: number;
  /** Answer of tlb_fill to a misaligned access. */
  misalignedAnswer: number;
  /** tlb_fill says 1 without having entered the page, as a defective guest would. */
  lies: boolean;
  /** Called in each tlb_fill, for what a page walk may do on the side. */
  onFill: () => void;
  context(field: keyof typeof WASM_CONTEXT.offset): number;
  setContext(field: keyof typeof WASM_CONTEXT.offset, value: number): void;
  setGlobal(name: keyof typeof TOY_FRAME.offset, value: bigint): void;
  getGlobal(name: keyof typeof TOY_FRAME.offset): bigint;
  setState(field: keyof typeof TOY_STATE.offset, value: bigint): void;
}

export const RAM_BYTES = 64 * 4096;
/** RAM is at physical 0, RAM_BYTES long, except that the last four pages of bytes are ROM at ROM_AT. A device is at DEVICE_AT. */
export const ROM_AT = 0xffff_0000;
export const DEVICE_AT = 0x8000_0000;

export function toyMachine(options: { readonly shared?: boolean } = {}): ToyMachine {
  const machine = createMachineMemory({ layout: TOY_LAYOUT, ramBytes: RAM_BYTES, arenaBytes: 65536, hashBits: 8, vcpus: 2, ...options });
  const env = machine.env(0);
  const log: string[] = [];
  const hex = (n: number | bigint): string => n.toString(16);
  const ram = createRam(machine, {
    codeWrite: (physical, size) => log.push(`host code ${hex(physical)}+${size}`),
    beforeRemap: (physical, size) => log.push(`remap ${hex(physical)}+${size}`),
  });
  const at = (field: keyof typeof WASM_CONTEXT.offset): number => (env + WASM_CONTEXT.offset[field]) >>> 2;
  const globalAt = (name: keyof typeof TOY_FRAME.offset): number => env + TOY_LAYOUT.frameOffset + TOY_FRAME.offset[name];
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  const runtime = instantiateRuntime({
    machine,
    table,
    host: {
      mmioRead: (...args) => ram.mmioRead(...args),
      mmioWrite: (...args) => ram.mmioWrite(...args),
      codeWrite: (_env, physical, size) => {
        log.push(`code ${hex(physical >>> 0)}+${size}`);
        return toy.codeAnswer;
      },
    },
  });
  const arena = new TbArena(machine);
  const store = new TbStore(machine, arena, {
    protect: (page) => {
      log.push(`protect ${hex(page)}`);
      runtime.exports.tlb_protect_code(env, page);
    },
  });
  const toy: ToyMachine = {
    ...{ machine, ram, runtime, store, arena, env, pages: undefined, log, codeAnswer: 0, misalignedAnswer: 0, lies: false, crossings: [], onFill: () => undefined },
    context: (field) => machine.views().u32[at(field)],
    setContext: (field, value) => (machine.views().u32[at(field)] = value),
    setGlobal: (name, value) => machine.views().data.setBigUint64(globalAt(name), value, true),
    getGlobal: (name) => machine.views().data.getBigUint64(globalAt(name), true),
    setState: (field, value) => {
      const address = env + TOY_LAYOUT.stateOffset + TOY_STATE.offset[field];
      if (TOY_STATE.fields[field] === 'u64') machine.views().data.setBigUint64(address, value, true);
      else machine.views().data.setUint32(address, Number(value), true);
    },
  };

  const fault = (addr: bigint, access: number): number => {
    toy.setContext('exitCode', ExitCode.fault);
    toy.setContext('exitData', 14);
    toy.setContext('faultError', access);
    machine.views().data.setBigUint64(env + WASM_CONTEXT.offset.faultAddress, addr, true);
    return 0;
  };
  const fill = (cpu: number, signedAddr: bigint, request: number, mmu: number, probe: number): number => {
    const addr = BigInt.asUintN(64, signedAddr);
    if (request & Access.crossing) toy.crossings.push(addr);
    if (request & Access.watched) {
      log.push(`watched ${hex(addr)} ${request & 3} ${1 << ((request >> 8) & 7)}`);
      return 0;
    }
    const access = request & ~Access.crossing;
    log.push(`fill ${hex(addr)} ${access & 3}${access & Access.misaligned ? '!' : ''} mmu${mmu}${probe ? ' probe' : ''}`);
    if (access & Access.misaligned) return toy.misalignedAnswer === 1 ? 1 : fault(addr, access);
    toy.onFill();
    if (toy.lies) return 1;
    const page = addr >> 12n;
    const mapping = toy.pages ? toy.pages.get(page) : { physPage: Number(page & 0xfffffn), prot: Prot.read | Prot.write | Prot.exec };
    if (!mapping || !(mapping.prot & [Prot.read, Prot.write, Prot.exec][access])) return probe ? 0 : fault(addr, access);
    runtime.exports.tlb_set_page(cpu, signedAddr, mapping.physPage, mapping.prot, mmu);
    return 1;
  };
  const shim = new WebAssembly.Instance(new WebAssembly.Module(TLB_FILL_SHIM), { t: { fill } });
  runtime.setTlbFill(shim.exports.fill);

  const device = new Map<number, number>();
  ram.map({ kind: 'ram', physical: 0, size: RAM_BYTES - 4 * 4096, offset: 0 });
  ram.map({ kind: 'rom', physical: ROM_AT, size: 4 * 4096, offset: RAM_BYTES - 4 * 4096 });
  ram.map({
    kind: 'mmio', physical: DEVICE_AT, size: 4096,
    handler: {
      read: (offset, size) => {
        log.push(`dev read ${hex(offset)}/${size}`);
        return device.get(offset) ?? 0xd0d1d2d3;
      },
      write: (offset, size, value) => {
        log.push(`dev write ${hex(offset)}/${size}=${hex(value)}`);
        device.set(offset, value);
      },
    },
  });
  toy.setState('pcMask', 0xffff_ffffn);
  log.length = 0;
  return toy;
}

/** The lines logged since the last call. */
export function takeLog(toy: ToyMachine): string[] {
  return toy.log.splice(0);
}
