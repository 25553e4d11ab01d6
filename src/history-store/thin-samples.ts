import type { LoadSample } from '../core/forecast.ts';

/** Fields of a sample that are numbers, besides its time. */
const FIELDS = [
  'demand',
  'utilization',
  'queued',
  'responseTimeMs',
  'errorRatio',
  'arrivalsPerSecond',
] as const;

/**
 * Means over stretches of `stepMs`, each at the end of its last sample, so that nothing is known before it happened. A
 * field is the mean of the samples that have it.
 *
 * @param samples Oldest first.
 */
export function thinSamples(samples: readonly LoadSample[], stepMs: number): LoadSample[] {
  const thinned: LoadSample[] = [];
  for (let i = 0; i < samples.length; ) {
    const stretch = Math.floor((samples[i] as LoadSample).at / stepMs);
    const from = i;
    while (i < samples.length && Math.floor((samples[i] as LoadSample).at / stepMs) === stretch) i++;
    thinned.push(i - from === 1 ? (samples[from] as LoadSample) : meanOf(samples.slice(from, i)));
  }
  return thinned;
}

function meanOf(samples: readonly LoadSample[]): LoadSample {
  const last = samples.at(-1) as LoadSample;
  const mean: { -readonly [K in keyof LoadSample]: LoadSample[K] } = { at: last.at, demand: last.demand };
  for (const field of FIELDS) {
    const value = meanBy(samples, (sample) => sample[field]);
    if (value !== undefined) mean[field] = value;
  }
  const names = new Set(samples.flatMap((sample) => Object.keys(sample.context ?? {})));
  if (names.size > 0) {
    mean.context = Object.fromEntries(
      [...names].map((name) => [name, meanBy(samples, (sample) => sample.context?.[name]) as number]),
    );
  }
  return mean;
}

function meanBy(
  samples: readonly LoadSample[],
  pick: (sample: LoadSample) => number | undefined,
): number | undefined {
  const values = samples.map(pick).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
