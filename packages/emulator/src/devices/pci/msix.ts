/** MSI-X (PCI Local Bus Specification 3.0, section 6.8.2): a table of messages, one per cause, in a BAR of its own. */
import type { MmioHandlers } from '../../api.ts';
import { MachineError } from '../../errors.ts';
import type { SavedValue } from '../device.ts';
import { partOf } from '../register-access.ts';
import { SavedFields } from '../saved-fields.ts';
import type { PciFunction } from './pci-function.ts';

const CAPABILITY = 0x11;
const Control = { enable: 0x8000, functionMask: 0x4000 } as const;
const BAR_BYTES = 4096;
const PENDING_OFFSET = 0x800;
/** 32-bit words of an entry: address, upper address, data, vector control. */
const ENTRY_WORDS = 4;
const Word = { address: 0, upper: 1, data: 2, control: 3 } as const;
const MASKED = 1;
/** Entries that fit before the pending bits, of which there is one word. */
const MOST_VECTORS = 32;

export class Msix {
  readonly #function: PciFunction;
  readonly #capability: number;
  readonly #send: (address: number, data: number) => void;
  readonly #table: Uint32Array;
  /** One bit per vector. */
  #pending = 0;

  /**
   * @param bar index of the BAR that becomes the table's
   * @param send delivers a message
   * @throws MachineError `bad-option` for a number of vectors that there cannot be
   */
  constructor(pciFunction: PciFunction, options: { readonly vectors: number; readonly bar: number; readonly send: (address: number, data: number) => void }) {
    const { vectors, bar, send } = options;
    if (!(vectors >= 1 && vectors <= MOST_VECTORS)) throw new MachineError('bad-option', `${vectors} MSI-X vectors`, `use 1 … ${MOST_VECTORS}`);
    this.#function = pciFunction;
    this.#send = send;
    this.#table = new Uint32Array(vectors * ENTRY_WORDS);
    const body = new Uint8Array(10);
    const view = new DataView(body.buffer);
    view.setUint16(0, vectors - 1, true);
    view.setUint32(2, bar, true);
    view.setUint32(6, PENDING_OFFSET | bar, true);
    this.#capability = pciFunction.addCapability(CAPABILITY, body, Uint8Array.of(0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0));
    pciFunction.defineBar(bar, { kind: 'memory', size: BAR_BYTES, handler: this.#handler });
    pciFunction.onChange(() => this.#deliver());
    this.reset();
  }

  get vectors(): number {
    return this.#table.length / ENTRY_WORDS;
  }

  /** Interrupts are messages; the pin is out of use. */
  get enabled(): boolean {
    return (this.#control & Control.enable) !== 0;
  }

  /** @param vector one that does not exist is no interrupt */
  raise(vector: number): void {
    if (vector >= this.vectors) return;
    this.#pending |= 1 << vector;
    this.#deliver();
  }

  reset(): void {
    this.#table.fill(0);
    for (let vector = 0; vector < this.vectors; vector++) this.#table[vector * ENTRY_WORDS + Word.control] = MASKED;
    this.#pending = 0;
  }

  save(): SavedValue {
    return { table: [...this.#table], pending: this.#pending >>> 0 };
  }

  load(saved: SavedValue): void {
    const from = new SavedFields(saved, 'msix');
    const table = from.ints('table', this.#table.length, 0, 0xffffffff);
    this.#pending = from.int('pending', 0, 2 ** this.vectors - 1) | 0;
    this.#table.set(table);
  }

  get #control(): number {
    return this.#function.read(this.#capability + 2, 2);
  }

  get #handler(): MmioHandlers {
    return {
      read: (offset, size) => partOf(this.#word(offset >>> 2), offset & 3, size),
      write: (offset, size, value) => {
        const word = offset >>> 2;
        // The specification knows accesses of 32 and 64 bits only.
        if (size !== 4 || (offset & 3) !== 0 || word >= this.#table.length) return;
        this.#table[word] = word % ENTRY_WORDS === Word.control ? value & MASKED : value;
        this.#deliver();
      },
    };
  }

  #word(word: number): number {
    return word === PENDING_OFFSET >>> 2 ? this.#pending >>> 0 : (this.#table[word] ?? 0);
  }

  /** Send what waits and is not masked. */
  #deliver(): void {
    if (this.#pending === 0) return;
    const control = this.#control;
    if ((control & Control.enable) === 0 || (control & Control.functionMask) !== 0 || !this.#function.busMaster) return;
    for (let vector = 0; vector < this.vectors; vector++) {
      const entry = vector * ENTRY_WORDS;
      if ((this.#pending & (1 << vector)) === 0 || (this.#table[entry + Word.control]! & MASKED) !== 0) continue;
      this.#pending &= ~(1 << vector);
      if (this.#table[entry + Word.upper] === 0) this.#send(this.#table[entry + Word.address]!, this.#table[entry + Word.data]!);
    }
  }
}
