// RDTSC, RDTSCP, RDPMC (SDM vol. 3, 18.17).
import {
  CTX_BUDGET, CTX_BUDGET_HELD, CTX_CLOCK_CEILING, CTX_CLOCK_INSNS, CTX_CLOCK_RATE, CTX_CLOCK_TIME, CTX_INSNS_AT_END, FEATURE_EVENT_COUNTERS, FEATURE_RDTSCP, FEATURE_TSC, FR_RCX, ST_EVENT_COUNTERS, ST_TSC_AUX, ST_TSC_OFFSET,
} from '../generated/layout';
import { CR4_PCE, CR4_TSD } from './arch';
import { raiseGp, raiseUd } from './fault';
import { cpl, cr4, has, setEdxEax } from './state';

/** Virtual time, in ns: at 1 GHz, the counter of the machine. What MachineClock.now of the emulator says, computed the same way. */
function machineTime(env: usize): u64 {
  const retired = load<f64>(env, CTX_INSNS_AT_END) - <f64>(load<i32>(env, CTX_BUDGET) + load<i32>(env, CTX_BUDGET_HELD));
  const time = load<f64>(env, CTX_CLOCK_TIME) + (retired - load<f64>(env, CTX_CLOCK_INSNS)) * load<f64>(env, CTX_CLOCK_RATE);
  return <u64>min<f64>(time, load<f64>(env, CTX_CLOCK_CEILING));
}

export function tsc(env: usize): u64 { return machineTime(env) + load<u64>(env, ST_TSC_OFFSET); }

/** Write the counter. */
export function setTsc(env: usize, value: u64): void { store<u64>(env, value - machineTime(env), ST_TSC_OFFSET); }

/** CR4.TSD keeps the counter from everybody but level 0. */
function isHidden(env: usize): bool { return (cr4(env) & CR4_TSD) != 0 && cpl(env) != 0; }

export function rdtsc(env: usize): void {
  if (!has(env, FEATURE_TSC)) raiseUd(env);
  else if (isHidden(env)) raiseGp(env, 0);
  else setEdxEax(env, tsc(env));
}

export function rdtscp(env: usize): void {
  if (!has(env, FEATURE_RDTSCP)) {
    raiseUd(env);
  } else if (isHidden(env)) {
    raiseGp(env, 0);
  } else {
    setEdxEax(env, tsc(env));
    store<u64>(env, load<u32>(env, ST_TSC_AUX), FR_RCX);
  }
}

/** Counters 0 and 1: what was written to them where the model has them as MSRs, else zero. */
export function rdpmc(env: usize): void {
  const counter = load<u32>(env, FR_RCX);
  const refused = (cpl(env) != 0 && (cr4(env) & CR4_PCE) == 0) || counter > 1;
  if (refused) raiseGp(env, 0);
  else setEdxEax(env, has(env, FEATURE_EVENT_COUNTERS) ? load<u64>(env + (counter << 3), ST_EVENT_COUNTERS + 16) : 0);
}
