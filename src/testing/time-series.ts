/** A run for charts: each index is one stretch of `stepMs`. */
export interface TimeSeries {
  readonly stepMs: number;
  /** Mean load, in busy-worker equivalents. */
  readonly load: Float32Array;
  /** Most workers that the load needed at any tick. */
  readonly needed: Float32Array;
  /** Mean of the workers that were ready. */
  readonly ready: Float32Array;
  /** Mean of the ready and starting workers. */
  readonly size: Float32Array;
  /** Most jobs that waited at a tick. */
  readonly queued: Float32Array;
  /** Longest mean wait of the jobs that started between two ticks, ms. */
  readonly waitMs: Float32Array;
}

/** One tick of a run. */
export interface Sample {
  readonly load: number;
  readonly needed: number;
  readonly ready: number;
  readonly size: number;
  readonly queued: number;
  readonly waitMs: number;
}

/** Gathers a known number of ticks into at most `points` stretches of equal length. */
export class SeriesRecorder {
  readonly #ticksPerPoint: number;
  readonly #ticks: number;
  readonly #series: TimeSeries;

  constructor(ticks: number, intervalMs: number, points: number) {
    this.#ticks = ticks;
    this.#ticksPerPoint = Math.max(1, Math.ceil(ticks / points));
    const length = Math.ceil(ticks / this.#ticksPerPoint);
    const column = (): Float32Array => new Float32Array(length);
    this.#series = {
      stepMs: this.#ticksPerPoint * intervalMs,
      load: column(),
      needed: column(),
      ready: column(),
      size: column(),
      queued: column(),
      waitMs: column(),
    };
  }

  add(tick: number, sample: Sample): void {
    const at = Math.floor(tick / this.#ticksPerPoint);
    const inPoint = Math.min(this.#ticksPerPoint, this.#ticks - at * this.#ticksPerPoint);
    const { load, needed, ready, size, queued, waitMs } = this.#series;
    load[at] = (load[at] as number) + sample.load / inPoint;
    ready[at] = (ready[at] as number) + sample.ready / inPoint;
    size[at] = (size[at] as number) + sample.size / inPoint;
    needed[at] = Math.max(needed[at] as number, sample.needed);
    queued[at] = Math.max(queued[at] as number, sample.queued);
    waitMs[at] = Math.max(waitMs[at] as number, sample.waitMs);
  }

  result(): TimeSeries {
    return this.#series;
  }
}
