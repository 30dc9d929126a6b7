/** What the runs of a comparison say about each other. */
import type { ModeRun } from '../protocol.ts';

/** Million instructions a second; 0 while there is nothing to divide. */
export function mips({ instructions, milliseconds }: ModeRun): number {
  return milliseconds > 0 ? instructions / milliseconds / 1000 : 0;
}

/** All modes must end alike. `unknown` until two of them are done, or when somebody stopped one. */
export function agreement(runs: readonly ModeRun[]): 'same' | 'different' | 'unknown' {
  const done = runs.filter(({ state }) => state === 'done');
  if (done.length < 2) return 'unknown';
  return done.every(({ digest, ended }) => digest === done[0]!.digest && ended === done[0]!.ended) ? 'same' : 'different';
}

export interface Share {
  readonly tier: 'tci' | 'module' | 'region';
  /** 0 … 1. */
  readonly share: number;
}

/** Tiers that took part. */
export function shares({ tciShare, moduleShare, regionShare }: ModeRun): readonly Share[] {
  const all: readonly Share[] = [
    { tier: 'tci', share: tciShare },
    { tier: 'module', share: moduleShare },
    { tier: 'region', share: regionShare },
  ];
  return all.filter(({ share }) => share > 0);
}

export function percent(share: number): string {
  return share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`;
}
