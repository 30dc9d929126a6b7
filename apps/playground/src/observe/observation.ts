/**
 * What Observe has seen of a machine: fed with samples, it keeps what the pictures are drawn from, also while the view is closed or its display is held. One
 * machine at a time: it begins anew when another one starts.
 */
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { MachineController } from '../machine/controller.ts';
import type { MachineSample } from '../machine/protocol.ts';
import { SAMPLE_CAPACITY } from '../machine/sample-ring.ts';
import { AddressHeat, PAGE_SIZE } from './address-heat.ts';
import { HotBlocks } from './hot-blocks.ts';

const MIB = 2 ** 20;

export class Observation {
  readonly #machine: MachineController;
  readonly #version = signal(0);
  readonly #held = signal(false);
  #waiting: MachineSample[] = [];
  #end = 0;

  /** Changes when there is something new to draw: at most as often as samples come, four times a second. */
  readonly version: ReadonlySignal<number> = this.#version;
  /** The display stands still; what comes meanwhile is shown later, as far as it is kept. */
  readonly held: ReadonlySignal<boolean> = this.#held;
  heat = new AddressHeat(0);
  blocks = new HotBlocks();

  constructor(machine: MachineController) {
    this.#machine = machine;
    effect(() => {
      const { config, run } = machine;
      if (run.value >= 0) this.#begin((config.value?.memory ?? 0) * MIB);
    });
    machine.onSample((sample) => this.#take(sample));
  }

  /** Newest time to show, ms since the machine was started. */
  get end(): number {
    return this.#end;
  }

  hold(on: boolean): void {
    this.#held.value = on;
    if (on) return;
    for (const sample of this.#waiting) this.#add(sample);
    this.#waiting = [];
    this.#version.value++;
  }

  #begin(bytes: number): void {
    this.heat = new AddressHeat(Math.ceil(bytes / PAGE_SIZE));
    this.blocks = new HotBlocks();
    this.#waiting = [];
    this.#end = this.#machine.samples.at(-1)?.at ?? 0;
    this.#held.value = false;
    this.#version.value = this.#version.peek() + 1;
  }

  #take(sample: MachineSample): void {
    if (!this.#held.peek()) {
      this.#add(sample);
      this.#version.value++;
      return;
    }
    const last = this.#waiting.pop();
    // Pages are a state, of which the last is enough.
    if (last !== undefined) this.#waiting.push({ ...last, pages: [] });
    this.#waiting.push(sample);
    if (this.#waiting.length > SAMPLE_CAPACITY) this.#waiting.shift();
  }

  /** Samples without `observe` have neither profile nor pages: they say nothing about those. */
  #add(sample: MachineSample): void {
    const { at, profile, pages } = sample;
    this.#end = at;
    if (pages.length === 0 && profile.length === 0) return;
    this.heat.add(at, profile, pages);
    this.blocks.add(at, profile);
  }
}
