/**
 * The Lab's state, as signals, and all that can be done with it. It outlives the view, so that the machine is as it was left; the worker is made when the first
 * program is opened.
 *
 * What the worker is asked goes one after the other through one queue; of several wishes for the same thing (a program that is being typed, the listing after
 * each step) only the last is carried out. Actions never reject: what went wrong is in `error`.
 */
import { proxy } from 'comlink';
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { CodeUnit, ExecutionMode } from '@wasm-tcg/emulator';
import { WorkerError } from '../rpc/errors.ts';
import { LabClient, type Connect, type LabApi } from './client.ts';
import { connectLabWorker } from './connect.ts';
import { STAGES, type Assembled, type LabSettings, type ListingView, type MachineView, type ModeRun, type Program, type Stage, type WatView } from './protocol.ts';
import { Linking, lineOfPlace, placeOfPc } from './stages/linking.ts';

/** From the last key to assembling, ms. */
const TYPING_PAUSE = 250;
/** Instructions of one run: some seconds of the fastest mode. `Run` once more goes on. */
export const RUN_LIMIT = 2_000_000_000;
/** Instructions per mode of a comparison: a second or two of the slowest. */
export const COMPARE_LIMIT = 50_000_000;

export type Activity = 'idle' | 'loading' | 'stepping' | 'running' | 'comparing';

export type WatState =
  | { readonly status: 'none' | 'loading' }
  | { readonly status: 'ready'; readonly view: WatView }
  | { readonly status: 'failed'; readonly error: unknown };

export const DEFAULT_SETTINGS: LabSettings = { unit: 'tb', mode: 'tiered', panes: ['x86', 'ir', 'opt', 'tci'] };

const EMPTY_PROGRAM: Program = { bits: 64, syntax: 'asm', text: '', origin: 0x1000, model: 'x86-64' };

export class LabController {
  readonly #program = signal<Program>(EMPTY_PROGRAM);
  readonly #settings = signal<LabSettings>(DEFAULT_SETTINGS);
  readonly #assembled = signal<Assembled | undefined>(undefined);
  readonly #view = signal<MachineView | undefined>(undefined);
  readonly #listing = signal<ListingView | undefined>(undefined);
  readonly #listingBusy = signal(false);
  readonly #wat = signal<WatState>({ status: 'none' });
  readonly #runs = signal<readonly ModeRun[]>([]);
  readonly #activity = signal<Activity>('idle');
  readonly #progress = signal(0);
  readonly #error = signal<unknown>(undefined);
  readonly #opened = signal(false);
  /** Address of the TB that is stepped through op by op. */
  readonly #opsPc = signal<bigint | undefined>(undefined);
  readonly #client: LabClient;
  #queue: Promise<void> = Promise.resolve();
  #typing: ReturnType<typeof setTimeout> | undefined;
  /** Programs, listings and WATs that were asked for: an answer to an older one is nobody's. */
  #loads = 0;
  #listings = 0;
  /** First instruction of the listing; undefined: where the machine is. */
  #root: bigint | undefined;

  readonly program: ReadonlySignal<Program> = this.#program;
  readonly settings: ReadonlySignal<LabSettings> = this.#settings;
  readonly assembled: ReadonlySignal<Assembled | undefined> = this.#assembled;
  readonly view: ReadonlySignal<MachineView | undefined> = this.#view;
  readonly listing: ReadonlySignal<ListingView | undefined> = this.#listing;
  /** A newer listing is on its way. */
  readonly listingBusy: ReadonlySignal<boolean> = this.#listingBusy;
  readonly wat: ReadonlySignal<WatState> = this.#wat;
  readonly runs: ReadonlySignal<readonly ModeRun[]> = this.#runs;
  readonly activity: ReadonlySignal<Activity> = this.#activity;
  /** Instructions of the run under way. */
  readonly progress: ReadonlySignal<number> = this.#progress;
  readonly error: ReadonlySignal<unknown> = this.#error;
  /** A program has been opened. */
  readonly opened: ReadonlySignal<boolean> = this.#opened;
  /** The listing moves with the machine; else it stays where somebody looked. */
  readonly following: Signal<boolean> = signal(true);
  readonly linking = new Linking();

  readonly problems = computed(() => this.#assembled.value?.problems ?? []);
  /** The machine can be told to do something. */
  readonly ready = computed(() => this.#activity.value === 'idle' && this.#view.value !== undefined && this.problems.value.length === 0);
  /** It can also go on. */
  readonly canRun = computed(() => {
    const status = this.#view.value?.status;
    return this.ready.value && (status === 'ready' || status === 'stopped');
  });
  /** The machine, when it is at an instruction that it would run or that faulted: after HLT there is none. */
  readonly at = computed(() => {
    const view = this.#view.value;
    return view === undefined || view.status === 'halted' || view.status === 'shutdown' ? undefined : view;
  });
  /** Block of the listing that is stepped through op by op; −1: it is not in it. */
  readonly opsBlock = computed(() => this.#listing.value?.blocks.findIndex(({ pc }) => pc === this.#opsPc.value) ?? -1);
  /** Source line of the linked instruction. */
  readonly linkedLine = computed(() => lineOfPlace(this.#listing.value, this.linking.active.value));

  constructor(connect: Connect = connectLabWorker) {
    this.#client = new LabClient(connect, (error) => this.#lost(error));
  }

  /** Another program: an example, a link, a block from the Observe view. */
  open(program: Program, settings: Partial<LabSettings> = {}): Promise<void> {
    batch(() => {
      this.#program.value = program;
      this.#settings.value = { ...this.#settings.peek(), ...settings };
      this.#runs.value = [];
      this.#error.value = undefined;
      this.#opened.value = true;
      this.following.value = true;
      this.linking.clear();
    });
    return this.#load();
  }

  /** The same program with something changed: assembled when typing pauses. */
  edit(change: Partial<Program>): void {
    const before = this.#program.peek();
    const program = { ...before, ...change };
    if (program.text === before.text && program.bits === before.bits && program.syntax === before.syntax && program.origin === before.origin && program.model === before.model) return;
    this.#program.value = program;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.#load(), TYPING_PAUSE);
  }

  configure(change: Partial<LabSettings>): void {
    this.#settings.value = { ...this.#settings.peek(), ...change };
    if (change.unit !== undefined) {
      if (this.following.peek()) this.#root = undefined;
      void this.#list();
    }
    if (change.panes !== undefined) void this.#loadWat();
  }

  setUnit(unit: CodeUnit): void {
    if (unit !== this.#settings.peek().unit) this.configure({ unit });
  }

  setMode(mode: ExecutionMode): void {
    this.configure({ mode });
  }

  /** Open or close a pane. They stand in the order of the stages. */
  togglePane(stage: Stage): void {
    const { panes } = this.#settings.peek();
    this.configure({ panes: STAGES.filter((each) => (each === stage ? !panes.includes(each) : panes.includes(each))) });
  }

  /** List what starts at an address, and stay there. */
  listAt(pc: bigint): void {
    this.following.value = false;
    this.#root = pc;
    void this.#list();
  }

  follow(): void {
    this.following.value = true;
    this.#root = undefined;
    void this.#list();
  }

  stepInsn(): Promise<void> {
    return this.#act('stepping', (api) => api.step(1));
  }

  stepOp(): Promise<void> {
    const view = this.#view.peek();
    // The ops are those of the TB that begins here: the listing has to be of that one for its places to be the same.
    if (view !== undefined && view.ops === undefined) {
      this.#opsPc.value = view.pc;
      if (this.#settings.peek().unit !== 'region') this.#root = view.pc;
      this.following.value = true;
    }
    return this.#act('stepping', (api) => api.stepOp());
  }

  finishOps(): Promise<void> {
    return this.#act('stepping', (api) => api.finishOps());
  }

  run(): Promise<void> {
    const { mode } = this.#settings.peek();
    this.#progress.value = 0;
    return this.#act('running', async (api) => {
      if (this.#view.peek()?.ops !== undefined) await api.finishOps();
      return api.run(mode, RUN_LIMIT, proxy((instructions: number) => {
        this.#progress.value = instructions;
      }));
    });
  }

  async compare(): Promise<void> {
    if (this.#activity.peek() !== 'idle') return;
    const load = this.#loads;
    const show = (runs: readonly ModeRun[]): void => {
      if (load === this.#loads) this.#runs.value = runs;
    };
    await this.#enqueue('comparing', async (api) => show(await api.compare(COMPARE_LIMIT, proxy(show))));
  }

  /** End a run or comparison. What it had done stays. */
  stop(): Promise<void> {
    return this.#client.stop();
  }

  reset(): Promise<void> {
    this.following.value = true;
    this.#root = undefined;
    return this.#act('stepping', (api) => api.reset());
  }

  setRegister(name: string, value: bigint): Promise<void> {
    return this.#act('stepping', (api) => api.setRegister(name, value));
  }

  writeMemory(address: bigint, bytes: Uint8Array): Promise<void> {
    return this.#act('stepping', (api) => api.writeMemory(address, bytes));
  }

  /** Undefined: not all of it is memory, or there is no machine. */
  async readMemory(address: bigint, length: number): Promise<Uint8Array | undefined> {
    let bytes: Uint8Array | undefined;
    await this.#enqueue(undefined, async (api) => {
      bytes = await api.readMemory(address, length);
    });
    return bytes;
  }

  /** Assemble again, and begin anew: after an error. */
  retry(): Promise<void> {
    this.#error.value = undefined;
    return this.#load();
  }

  /** Something went wrong outside: a link that is none. */
  report(error: unknown): void {
    this.#error.value = error;
  }

  dismissError(): void {
    this.#error.value = undefined;
  }

  async #load(): Promise<void> {
    clearTimeout(this.#typing);
    const load = ++this.#loads;
    const { activity } = this;
    if (activity.peek() === 'running' || activity.peek() === 'comparing') await this.#client.stop();
    if (load !== this.#loads) return;
    await this.#enqueue('loading', async (api) => {
      if (load !== this.#loads) return;
      const { assembled, view } = await loadOrAssemble(api, this.#program.peek());
      if (load !== this.#loads) return;
      batch(() => {
        this.#assembled.value = assembled;
        if (view !== undefined) this.#view.value = view;
        this.#runs.value = [];
        this.#root = undefined;
        this.following.value = true;
      });
    });
    if (load === this.#loads && this.problems.peek().length === 0) await this.#list();
  }

  /** Something that leaves the machine elsewhere. */
  async #act(activity: Activity, action: (api: LabApi) => Promise<MachineView>): Promise<void> {
    if (!this.ready.peek()) return;
    const load = this.#loads;
    await this.#enqueue(activity, async (api) => {
      const view = await action(api);
      if (load === this.#loads) this.#view.value = view;
    });
    if (load !== this.#loads) return;
    await this.#list();
    const view = this.#view.peek();
    const place = view === undefined ? undefined : placeOfPc(this.#listing.peek(), view.pc);
    if (place !== undefined && this.following.peek()) this.linking.show(place);
  }

  /**
   * Where the listing begins; undefined: the worker's choice, which is where the machine is, or of regions the hottest. When the machine leaves the listing, one of
   * a TB or batch goes with it, unless it has come to its end; a region stays, since nothing is hot where a machine is stepped.
   */
  #listingRoot(): bigint | undefined {
    const view = this.#view.peek();
    const inside = view !== undefined && placeOfPc(this.#listing.peek(), view.pc) !== undefined;
    const moved = view?.status === 'stopped' && view.ops === undefined && !inside;
    if (this.following.peek() && moved && this.#settings.peek().unit !== 'region') this.#root = view.pc;
    return this.#root;
  }

  async #list(): Promise<void> {
    if (this.#view.peek() === undefined || this.problems.peek().length > 0) return;
    const mine = ++this.#listings;
    this.#listingBusy.value = true;
    await this.#enqueue(undefined, async (api) => {
      if (mine !== this.#listings) return;
      const listing = await api.listing(this.#settings.peek().unit, this.#listingRoot());
      if (mine !== this.#listings) return;
      this.#root = listing.blocks[0]?.pc;
      batch(() => {
        if (!sameShape(listing, this.#listing.peek())) this.linking.clear();
        this.#listing.value = listing;
        this.#wat.value = { status: 'none' };
      });
    });
    if (mine !== this.#listings) return;
    this.#listingBusy.value = false;
    await this.#loadWat();
  }

  /** Print the module, if its pane is open and does not have it yet. */
  async #loadWat(): Promise<void> {
    const { panes, unit } = this.#settings.peek();
    const { status } = this.#wat.peek();
    if (!panes.includes('wat') || this.#listing.peek() === undefined || status === 'ready' || status === 'loading') return;
    const mine = this.#listings;
    const set = (state: WatState): void => {
      if (mine === this.#listings) this.#wat.value = state;
    };
    set({ status: 'loading' });
    try {
      // Not through the queue: wasm-tools may take seconds to arrive, and the machine can be stepped meanwhile.
      const root = this.#root;
      set({ status: 'ready', view: await this.#client.call((api) => api.wat(unit, root)) });
    } catch (error) {
      set({ status: 'failed', error });
    }
  }

  /** One call after the other. `activity`: what the machine is said to be doing meanwhile. */
  #enqueue(activity: Activity | undefined, action: (api: LabApi) => Promise<void>): Promise<void> {
    if (activity !== undefined) this.#activity.value = activity;
    const done = this.#queue.then(async () => {
      try {
        await this.#client.call(action);
      } catch (error) {
        this.#error.value = error;
      } finally {
        if (activity !== undefined && this.#activity.peek() === activity) this.#activity.value = 'idle';
      }
    });
    this.#queue = done;
    return done;
  }

  /** The worker is gone and its machine with it: no view, and the source stays. */
  #lost(error: WorkerError): void {
    const died = this.#activity.peek();
    batch(() => {
      this.#error.value = error;
      this.#view.value = undefined;
      this.#listing.value = undefined;
      this.#listingBusy.value = false;
      this.#wat.value = { status: 'none' };
      this.linking.clear();
    });
    // One that dies while it loads would die again.
    if (died !== 'loading') void this.#load();
  }
}

/** A source of which nothing can be assembled makes no machine: there is only what is wrong with it. */
async function loadOrAssemble(api: LabApi, program: Program): Promise<{ readonly assembled: Assembled; readonly view?: MachineView }> {
  try {
    return await api.load(program);
  } catch (error) {
    if (!(error instanceof WorkerError && error.code === 'bad-program')) throw error;
    return { assembled: await api.assemble(program) };
  }
}

/** The same instructions in the same blocks: places mean what they meant. */
function sameShape(a: ListingView, b: ListingView | undefined): boolean {
  return b !== undefined && a.unit === b.unit && a.blocks.length === b.blocks.length && a.blocks.every((block, i) => {
    const other = b.blocks[i]!;
    return block.pc === other.pc && block.insns.length === other.insns.length;
  });
}
