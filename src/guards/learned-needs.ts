import type { PoolObservation, ResourceUsage, WorkerObservation } from '../core/observation.ts';

/** A worker younger than this has not grown to its size yet, ms. */
const WARM_UP_MS = 60_000;
/** Share of the way that a need falls with each reading; it rises at once. */
const FALL = 0.1;
/** Share of the workers that is taken as lean where the expected gain of an optimisation is asked. */
const LEAN_QUANTILE = 0.25;
/** Weight of an optimisation's outcome in what the next is expected to win. */
const OUTCOME_WEIGHT = 0.5;

const FIELDS = ['memoryBytes', 'cpuCores', 'networkBytesPerSecond', 'storageBytes'] as const;

type Needs = { -readonly [Field in keyof ResourceUsage]: ResourceUsage[Field] };

/**
 * What one worker of a pool needs: as declared, field by field, or else as seen. Seen is the mean of the workers that
 * are ready and a minute old (of all ready ones where none is), as a worker that warms up would look smaller than it
 * becomes. A need rises at once and falls slowly: to judge a worker too large costs a little room, too small an
 * out-of-memory kill. It outlives a pool that sleeps.
 */
export class LearnedNeeds {
  readonly #declared: ResourceUsage;
  #seen: Needs = {};
  #lean: number | undefined;
  #outcome: number | undefined;

  constructor(declared: ResourceUsage = {}) {
    this.#declared = declared;
  }

  /** Learns from one full reading; cheap, called every tick. `now` is epoch ms. */
  observe(reading: PoolObservation, now: number): void {
    const settled = settledWorkers(reading.workers, now);
    for (const field of FIELDS) {
      const value = mean(settled, field) ?? valid(reading.resources?.[field]);
      if (value === undefined) continue;
      const before = this.#seen[field];
      this.#seen[field] = before === undefined || value >= before ? value : before + FALL * (value - before);
    }
    this.#lean = leanShare(settled);
  }

  /** An optimisation of the workers ended and won this share of their memory, 0..1. */
  optimized(gainRatio: number): void {
    if (!(gainRatio >= 0 && gainRatio <= 1)) return;
    this.#outcome =
      this.#outcome === undefined ? gainRatio : this.#outcome + OUTCOME_WEIGHT * (gainRatio - this.#outcome);
  }

  /** What one worker needs; what is not known is left out. */
  get needs(): ResourceUsage {
    return { ...this.#seen, ...this.#declared };
  }

  /**
   * Share of their memory that optimising the workers is expected to win, 0..1: what earlier optimisations won, or
   * else what it would take to bring all workers to the size of the leanest quarter. `undefined` = nothing tells.
   */
  get expectedGainRatio(): number | undefined {
    return this.#outcome ?? this.#lean;
  }
}

function settledWorkers(
  workers: readonly WorkerObservation[] | undefined,
  now: number,
): readonly WorkerObservation[] {
  const ready = workers?.filter((worker) => worker.state === 'ready') ?? [];
  const old = ready.filter(({ startedAt }) => startedAt === undefined || now - startedAt >= WARM_UP_MS);
  return old.length > 0 ? old : ready;
}

function mean(workers: readonly WorkerObservation[], field: keyof ResourceUsage): number | undefined {
  let sum = 0;
  let count = 0;
  for (const worker of workers) {
    const value = valid((worker as ResourceUsage)[field]);
    if (value === undefined) continue;
    sum += value;
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

/** 1 − lean / mean: workers of 60, 100, 100 and 140 MB, lean 60: 0.4 could be won. */
function leanShare(workers: readonly WorkerObservation[]): number | undefined {
  const sizes = workers.flatMap(({ memoryBytes }) => valid(memoryBytes) ?? []).sort((a, b) => a - b);
  if (sizes.length < 4) return undefined;
  const lean = sizes[Math.ceil(sizes.length * LEAN_QUANTILE) - 1] as number;
  const average = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  return average > 0 ? Math.max(0, 1 - lean / average) : undefined;
}

/** Usage as a host reports it is not checked as a whole reading is: what cannot be true is left out. */
function valid(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) && value >= 0 ? value : undefined;
}
