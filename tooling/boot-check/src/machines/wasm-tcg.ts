/** The emulator of this repository as the machine, through its public API. */
import { createPc, type Pc } from '@wasm-tcg/emulator';
import type { Figures, MachineSetup, RunningMachine } from './machine.ts';

/** Guest instructions take 2^shift ns under `icount`. */
const ICOUNT_SHIFT = 2;
/** Under `icount` nothing may come from the host: the guest finds this on its real-time clock, ms since 1970. */
const ICOUNT_EPOCH = Date.UTC(2026, 0, 1);

export async function startWasmTcg(setup: MachineSetup): Promise<RunningMachine> {
  const image = Uint8Array.from(setup.disk);
  const pc = await createPc({
    memory: setup.memory,
    boot: { kernel: setup.kernel, initrd: setup.initrd, append: setup.append },
    drives: [{ image }],
    devices: { console: true },
    reboot: false,
    execution: { mode: setup.mode },
    clock: setup.clock === 'icount' ? { icount: ICOUNT_SHIFT } : 'host',
    ...(setup.clock === 'icount' ? { epoch: ICOUNT_EPOCH } : {}),
    ...(setup.cpu === undefined ? {} : { cpu: { model: setup.cpu } }),
    ...(setup.signal === undefined ? {} : { signal: setup.signal }),
  });
  pc.serial[0].onData(setup.onConsole);
  const end = pc.start().then(({ kind }) => kind);
  end.catch(() => undefined);
  return {
    end,
    type: (text) => pc.serial[0].write(text),
    stop: async () => {
      await pc.pause();
      await end.catch(() => undefined);
    },
    disk: () => Promise.resolve(image),
    figures: () => figuresOf(pc),
  };
}

function figuresOf(pc: Pc): Figures {
  const { instructions, tciInstructions, moduleInstructions, regionInstructions } = pc.counters();
  return { instructions, tiers: { tci: tciInstructions, modules: moduleInstructions, regions: regionInstructions } };
}
