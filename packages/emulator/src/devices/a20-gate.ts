/**
 * The gate on address line 20. The keyboard controller and port 0x92 both move it, and whoever wrote last decides, whatever the other's
 * bit was. It is open after reset, as firmware leaves it.
 */
import type { Device, SavedValue } from './device.ts';
import { SavedFields } from './saved-fields.ts';

export class A20Gate implements Device {
  readonly id = 'a20';
  readonly #onChange: (open: boolean) => void;
  #open = true;

  /** @param onChange tells the processor; open = addresses are whole */
  constructor(onChange: (open: boolean) => void) {
    this.#onChange = onChange;
  }

  get open(): boolean {
    return this.#open;
  }

  set open(open: boolean) {
    if (open === this.#open) return;
    this.#open = open;
    this.#onChange(open);
  }

  reset(): void {
    this.open = true;
  }

  save(): SavedValue {
    return { open: this.#open };
  }

  load(saved: SavedValue): void {
    this.open = new SavedFields(saved, this.id).bool('open');
  }
}
