/** The rig, from options to the report. */
import { cpus, loadavg } from 'node:os';
import { GuestImageError } from '@wasm-tcg/guest-images';
import { BenchError } from '../errors.ts';
import type { Bits } from '../kernels/kernel.ts';
import { makeImage } from './build/image.ts';
import { measure } from './measure.ts';
import { findNode } from './node-program.ts';
import type { RigOptions } from './options.ts';
import { makePeers } from './peers/index.ts';
import { PROGRAMS } from './programs.ts';
import type { RigReport } from './report.ts';
import { noSamples } from './samples.ts';
import { summarise } from './summary.ts';

export async function runRig(options: RigOptions, signal: AbortSignal, progress: (line: string) => void): Promise<RigReport> {
  const load = [loadavg()[0]];
  const date = new Date().toISOString();
  const nodes = options.nodes.map((word) => findNode(word, progress));
  const peers = makePeers(options.peers, nodes, options.variations);
  const programs = PROGRAMS.filter(({ name }) => options.programs.includes(name));
  const samples = noSamples();
  const missing: { peer: string; bits: Bits; reason: string }[] = [];
  const kernels: Partial<Record<Bits, string>> = {};
  for (const bits of options.bits) {
    const present = peers.filter((peer) => {
      const reason = peer.unavailable(bits);
      if (reason === undefined) return true;
      missing.push({ peer: peer.name, bits, reason });
      progress(`${bits}-bit: without ${peer.name}: ${reason}`);
      return false;
    });
    try {
      const { image, remove } = await makeImage(bits, { append: options.append, signal, progress });
      kernels[bits] = image.release;
      try {
        await measure(image, present, samples, { ...options, programs, signal, progress });
      } finally {
        remove();
      }
    } catch (error) {
      // The other width may have what this one lacks.
      if (!(error instanceof BenchError || error instanceof GuestImageError)) throw error;
      missing.push({ peer: 'all', bits, reason: `${error.message} (${error.hint})` });
      progress(`${bits}-bit: ${error.message}`);
    }
  }
  const measured = peers.filter(({ name }) => samples.runs.some(({ peer }) => peer === name) || samples.boots.some(({ peer }) => peer === name));
  return {
    date, cpu: cpus()[0]?.model ?? process.arch, cores: cpus().length, load: [...load, loadavg()[0]],
    rounds: options.rounds, units: options.units, times: options.times, kernels,
    peers: measured.map(({ name, version }) => ({ name, version })), missing, failures: samples.failures,
    summaries: options.bits.filter((bits) => samples.runs.some((run) => run.bits === bits)).map((bits) => summarise(bits, samples, options.units)),
    samples,
  };
}
