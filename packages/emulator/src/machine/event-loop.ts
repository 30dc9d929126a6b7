/** Giving way to the host's event loop, in Node and in browsers. */

interface HostGlobals {
  readonly setImmediate?: (callback: () => void) => unknown;
}

/**
 * Let other tasks of the host run, and come back as soon as they have. Not `setTimeout(0)`, which takes 1–4 ms.
 */
export function yieldToHost(): Promise<void> {
  const { setImmediate } = globalThis as HostGlobals;
  if (setImmediate !== undefined) return new Promise((resolve) => void setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}

/** A sleep that can be ended early. */
export class Sleeper {
  #wake: (() => void) | undefined;

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake(), milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  wake(): void {
    this.#wake?.();
  }
}
