/** A pool over plain objects whose host records what happens and whose collector runs when a test says so. */
import { InstancePool, type PoolHandle, type PoolHost, type PoolOptions } from '../src/index.ts';

export interface TestModule {
  name: string;
}

export interface TestInstance {
  of: TestModule;
}

export class Harness {
  readonly log: string[] = [];
  readonly pool: InstancePool<TestModule, TestInstance>;
  /** Bytes of dropped modules that the test has not let be collected. */
  readonly uncollected: number[] = [];
  readonly names = new Map<PoolHandle, string>();
  #report: (bytes: number) => void = () => {};

  constructor(options: PoolOptions = {}, host: Partial<PoolHost<TestModule, TestInstance>> = {}) {
    this.pool = new InstancePool<TestModule, TestInstance>(
      {
        instantiate: (of) => {
          this.log.push(`instantiate ${of.name}`);
          return { of };
        },
        onEvict: (_handle, instance) => this.log.push(`evict ${instance.of.name}`),
        onRetire: (handle, survivors, reason) => this.log.push(`retire ${this.names.get(handle)} ${survivors} ${reason}`),
        ...host,
      },
      {
        ...options,
        observer: (report) => {
          this.#report = report;
          return { watch: (_module, bytes) => this.uncollected.push(bytes) };
        },
      },
    );
  }

  add(name: string, info: { bytes?: number; members?: number } = {}): PoolHandle {
    const handle = this.pool.add({ name }, { bytes: info.bytes ?? 1, members: info.members ?? 1 });
    this.names.set(handle, name);
    return handle;
  }

  /** Lets up to `count` dropped modules be collected. */
  collect(count = Infinity): void {
    for (const bytes of this.uncollected.splice(0, count)) this.#report(bytes);
  }

  /** What happened since the last call. */
  takeLog(): string[] {
    return this.log.splice(0);
  }
}
