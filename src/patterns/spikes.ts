import { medianAbsoluteDeviation } from 'simple-statistics';
import type { LoadBins } from './load-bins.ts';
import { meanOf } from './load-bins.ts';

/** Something outside of the load that may explain a spike: a deployment, a campaign, a batch job. */
export interface PatternEvent {
  readonly at: number;
  readonly name: string;
}

/** A time when the load was far above what its hour usually brings. */
export interface Spike {
  /** When it began, epoch ms. */
  readonly at: number;
  readonly peakAt: number;
  readonly peak: number;
  /** What was to be expected at the peak. */
  readonly expected: number;
  /** peak / expected. */
  readonly magnitude: number;
  readonly durationMs: number;
  readonly precededBy: {
    /** Time from the beginning until it stood near its peak (four fifths of it). */
    readonly riseMs: number;
    /** Mean load of the half hour before, over what was expected then; 1 = nothing announced it. */
    readonly loadRatio: number;
    /** The nearest event of the hour before. */
    readonly event?: string;
  };
  readonly reliability: number;
}

/** A circumstance that many spikes share. */
export interface SpikeTrigger {
  /** `around 14:00`, `on the full hour`, `Mondays`, `after deploy`, `at once`, `after a rise`. */
  readonly trigger: string;
  readonly count: number;
  /** Share of all spikes, 0..1. */
  readonly ratio: number;
}

export interface SpikePattern {
  /** By time. */
  readonly spikes: readonly Spike[];
  /** Mean of peak / expected; 0 without spikes. */
  readonly averageMagnitude: number;
  readonly averageDurationMs: number;
  readonly perWeek: number;
  /** Those that at least a third of three or more spikes share, the most common first. */
  readonly commonTriggers: readonly SpikeTrigger[];
  /** Mean of the spikes' own. 1 without spikes: then there is nothing to doubt. */
  readonly reliability: number;
}

/** A spike lasts while load is above mean + 2σ of what the seasons leave … */
const EDGE_SIGMAS = 2;
/** … and counts when its peak is this far above: of 10,000 bins of plain noise, 0.003 would be. */
const PEAK_SIGMAS = 5;
/** It must also be worth the name: at least a fifth above what is expected. */
const LEAST_MAGNITUDE = 1.2;
/** Its edges are above this share of its peak: single bins of noise beside it do not make it longer. */
const EDGE_RATIO = 0.25;
/** … and from here on it has risen. */
const RISEN_RATIO = 0.8;
/** Two that are closer are one. */
const SAME_MS = 15 * 60_000;
const BEFORE_MS = 30 * 60_000;
const EVENT_MS = 60 * 60_000;
const WEEK_MS = 7 * 86_400_000;
const HOUR_MS = 3_600_000;

export function findSpikes(
  bins: LoadBins,
  { expected, residual }: { readonly expected: Float64Array; readonly residual: Float64Array },
  events: readonly PatternEvent[],
): SpikePattern {
  const known = Array.from(residual).filter((value) => !Number.isNaN(value));
  // σ from the median deviation: the spikes themselves must not raise the bar.
  const sigma = Math.max(1e-9, 1.4826 * medianAbsoluteDeviation(known));
  const mean = meanOf(known);
  const spikes: Spike[] = [];
  for (const [begin, end] of runsAbove(bins, residual, mean + EDGE_SIGMAS * sigma)) {
    const spike = describe(bins, expected, residual, begin, end, { mean, sigma }, events);
    if (spike !== undefined) spikes.push(spike);
  }
  const weeks = ((bins.at.at(-1) ?? 0) - (bins.at[0] ?? 0) + bins.stepMs) / WEEK_MS;
  const average = (of: (spike: Spike) => number): number =>
    spikes.length === 0 ? 0 : meanOf(spikes.map(of));
  return {
    spikes,
    averageMagnitude: average((spike) => spike.magnitude),
    averageDurationMs: average((spike) => spike.durationMs),
    perWeek: spikes.length / weeks,
    commonTriggers: commonTriggers(bins, spikes),
    reliability: spikes.length === 0 ? 1 : average((spike) => spike.reliability),
  };
}

/** [first, last] of the runs of bins above the edge, short interruptions included. */
function runsAbove(bins: LoadBins, residual: Float64Array, edge: number): [number, number][] {
  const runs: [number, number][] = [];
  const bridge = Math.floor(SAME_MS / bins.stepMs);
  for (const [i, value] of residual.entries()) {
    if (!(value > edge)) continue;
    const last = runs.at(-1);
    if (last !== undefined && i - last[1] <= Math.max(1, bridge)) last[1] = i;
    else runs.push([i, i]);
  }
  return runs;
}

function describe(
  bins: LoadBins,
  expected: Float64Array,
  residual: Float64Array,
  first: number,
  last: number,
  { mean, sigma }: { readonly mean: number; readonly sigma: number },
  events: readonly PatternEvent[],
): Spike | undefined {
  let top = first;
  for (let i = first; i <= last; i++) if ((residual[i] as number) > (residual[top] as number)) top = i;
  const above = (ratio: number): number => mean + ratio * ((residual[top] as number) - mean);
  const edge = above(EDGE_RATIO);
  let begin = first;
  let end = last;
  while (!((residual[begin] as number) >= edge)) begin++;
  while (!((residual[end] as number) >= edge)) end--;
  let risen = begin;
  while (!((residual[risen] as number) >= above(RISEN_RATIO))) risen++;
  const sigmas = ((residual[top] as number) - mean) / sigma;
  const peak = bins.load[top] as number;
  const usual = Math.max(1e-9, (expected[top] as number) ** 2);
  if (sigmas < PEAK_SIGMAS || peak < LEAST_MAGNITUDE * usual) return undefined;
  const at = bins.at[begin] as number;
  const event = nearestEvent(events, at);
  return {
    at,
    peakAt: bins.at[top] as number,
    peak,
    expected: usual,
    magnitude: peak / usual,
    durationMs: (end - begin + 1) * bins.stepMs,
    precededBy: {
      riseMs: (bins.at[risen] as number) - at,
      loadRatio: loadBefore(bins, expected, begin),
      ...(event !== undefined && { event }),
    },
    // 5σ: 0.5, 10σ: 0.83, 20σ: 0.95.
    reliability: 1 - 1 / (1 + (sigmas / PEAK_SIGMAS) ** 2.3),
  };
}

function loadBefore(bins: LoadBins, expected: Float64Array, begin: number): number {
  const from = Math.max(0, begin - Math.max(1, Math.round(BEFORE_MS / bins.stepMs)));
  const was = meanOf(bins.load.subarray(from, begin));
  const usual = meanOf(expected.subarray(from, begin).map((root) => root ** 2));
  return Number.isNaN(was) || !(usual > 0) ? 1 : was / usual;
}

function nearestEvent(events: readonly PatternEvent[], at: number): string | undefined {
  const before = events.filter((event) => event.at <= at && event.at > at - EVENT_MS);
  return before.sort((a, b) => b.at - a.at)[0]?.name;
}

function commonTriggers(bins: LoadBins, spikes: readonly Spike[]): SpikeTrigger[] {
  if (spikes.length < 3) return [];
  const counts = new Map<string, number>();
  const add = (trigger: string): void => void counts.set(trigger, (counts.get(trigger) ?? 0) + 1);
  for (const spike of spikes) {
    const i = Math.round((spike.at - (bins.at[0] as number)) / bins.stepMs);
    add(`around ${String(bins.hour[i]).padStart(2, '0')}:00`);
    add(WEEKDAYS[bins.weekday[i] as number] as string);
    if (bins.stepMs < HOUR_MS / 4 && spike.at % HOUR_MS < bins.stepMs) add('on the full hour');
    add(spike.precededBy.riseMs > bins.stepMs ? 'after a rise' : 'at once');
    if (spike.precededBy.event !== undefined) add(`after ${spike.precededBy.event}`);
  }
  return [...counts]
    .filter(([, count]) => count >= 3 && count * 3 >= spikes.length)
    .map(([trigger, count]) => ({ trigger, count, ratio: count / spikes.length }))
    .sort((a, b) => b.count - a.count);
}

const WEEKDAYS = ['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays'];
