/**
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", TSE 2002), in the form that suits
 * programs: drop ever smaller runs of elements while the failure stays.
 */

export interface MinimiseOptions {
  /** Gives up (with what it has) once this many candidates have been tried. Default 2000. */
  readonly attempts?: number;
  /** Stop early; asked before each candidate. */
  readonly stop?: () => boolean;
}

/**
 * @param fails whether a candidate still fails; true for `elements` itself
 * @returns a sublist that fails and of which no single element can be dropped, unless the attempts ran out
 */
export function minimise<T>(elements: readonly T[], fails: (candidate: readonly T[]) => boolean, options: MinimiseOptions = {}): readonly T[] {
  const { stop = (): boolean => false } = options;
  let { attempts = 2000 } = options;
  let best = elements;
  for (let run = Math.max(1, best.length >> 1); ; ) {
    let dropped = false;
    for (let at = Math.max(0, best.length - run); ; at -= run) {
      const from = Math.max(0, at);
      const candidate = [...best.slice(0, from), ...best.slice(from + run)];
      if (candidate.length < best.length) {
        if (attempts-- <= 0 || stop()) return best;
        if (fails(candidate)) {
          best = candidate;
          dropped = true;
        }
      }
      if (at <= 0) break;
    }
    if (run === 1 && !dropped) return best;
    if (!dropped || run > best.length) run = Math.max(1, run >> 1);
  }
}
