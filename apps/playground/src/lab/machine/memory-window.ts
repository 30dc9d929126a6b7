/**
 * The part of memory that is shown: where it begins (an expression, so that it can follow `rsp`), its bytes, and which of them changed since they were last
 * shown. A byte is edited as two hex digits, the first of which waits for the second.
 */
import { batch, computed, signal, type ReadonlySignal } from '@preact/signals';
import type { LabController } from '../controller.ts';
import { parseAddress } from './numbers.ts';

export const COLUMNS = 16;
const ROWS = 12;
/** Bytes shown. */
export const WINDOW = COLUMNS * ROWS;

export class MemoryWindow {
  readonly #lab: Pick<LabController, 'view' | 'readMemory' | 'writeMemory'>;
  readonly #address = signal('');
  readonly #base = signal(0n);
  readonly #bytes = signal<Uint8Array | undefined>(undefined);
  readonly #changed = signal<ReadonlySet<number>>(new Set());
  readonly #problem = signal('');
  readonly #cursor = signal(0);
  readonly #digit = signal<number | undefined>(undefined);
  #reads = 0;

  /** What the user typed. */
  readonly address: ReadonlySignal<string> = this.#address;
  /** Address of the first byte: a multiple of {@link COLUMNS}. */
  readonly base: ReadonlySignal<bigint> = this.#base;
  /** Undefined: no memory there. */
  readonly bytes: ReadonlySignal<Uint8Array | undefined> = this.#bytes;
  /** Positions of bytes that differ from when they were last read. */
  readonly changed: ReadonlySignal<ReadonlySet<number>> = this.#changed;
  readonly problem: ReadonlySignal<string> = this.#problem;
  /** Position of the byte that keys act on. */
  readonly cursor: ReadonlySignal<number> = this.#cursor;
  /** First digit of a byte that is being typed. */
  readonly digit: ReadonlySignal<number | undefined> = this.#digit;
  /** Rows of positions. */
  readonly rows = computed(() => Array.from({ length: (this.#bytes.value?.length ?? 0) / COLUMNS }, (_, row) => row * COLUMNS));

  constructor(lab: Pick<LabController, 'view' | 'readMemory' | 'writeMemory'>, address: string) {
    this.#lab = lab;
    this.#address.value = address;
  }

  /** Look elsewhere. */
  go(address: string): Promise<void> {
    this.#address.value = address;
    this.#cursor.value = 0;
    return this.refresh();
  }

  /** Read again: the machine has moved. */
  async refresh(): Promise<void> {
    const registers = this.#lab.view.peek()?.registers;
    if (registers === undefined) return;
    const parsed = parseAddress(this.#address.peek(), (name) => registers.find((register) => register.name === name)?.value);
    this.#problem.value = parsed.problem ?? '';
    if (parsed.problem !== undefined) return;
    const read = ++this.#reads;
    const base = parsed.value - (parsed.value % BigInt(COLUMNS));
    const bytes = await this.#lab.readMemory(base, WINDOW);
    if (read !== this.#reads) return;
    const before = base === this.#base.peek() ? this.#bytes.peek() : undefined;
    batch(() => {
      this.#base.value = base;
      this.#bytes.value = bytes;
      this.#changed.value = differences(before, bytes);
      this.#digit.value = undefined;
      // A new place: the cursor is at the byte that was asked for.
      if (before === undefined) this.#cursor.value = Number(parsed.value - base);
    });
  }

  /** Move the cursor; past an end, the window moves. */
  move(by: number): void {
    this.#digit.value = undefined;
    const to = this.#cursor.peek() + by;
    if (to >= 0 && to < WINDOW) {
      this.#cursor.value = to;
      return;
    }
    void this.scroll(by > 0 ? Math.ceil(by / COLUMNS) : Math.floor(by / COLUMNS));
  }

  moveTo(position: number): void {
    this.#digit.value = undefined;
    this.#cursor.value = position;
  }

  /** Move the window by rows. From then on it is at a fixed address. */
  async scroll(rows: number): Promise<void> {
    const base = this.#base.peek() + BigInt(rows * COLUMNS);
    const { value: cursor } = this.#cursor;
    if (base < 0n) return;
    await this.go(`0x${base.toString(16)}`);
    this.#cursor.value = cursor;
  }

  /** A hex digit at the cursor; the second of a byte writes it. */
  type(digit: number): void {
    const first = this.#digit.peek();
    if (first === undefined) {
      this.#digit.value = digit;
      return;
    }
    const position = this.#cursor.peek();
    const bytes = this.#bytes.peek()?.slice();
    if (bytes === undefined) return;
    bytes[position] = first * 16 + digit;
    this.#bytes.value = bytes;
    this.move(1);
    void this.#lab.writeMemory(this.#base.peek() + BigInt(position), Uint8Array.of(first * 16 + digit));
  }

  cancel(): void {
    this.#digit.value = undefined;
  }
}

function differences(before: Uint8Array | undefined, after: Uint8Array | undefined): Set<number> {
  const changed = new Set<number>();
  if (before === undefined || after === undefined) return changed;
  for (const [i, byte] of after.entries()) if (byte !== before[i]) changed.add(i);
  return changed;
}
