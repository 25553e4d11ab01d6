const MINUTE_MS = 60_000;
const COARSE_MS = 10 * MINUTE_MS;
const FINE_SLOTS = 8 * 24 * 60;
const COARSE_SLOTS = 28 * 24 * 6;
/** Days that are asked what usually happens at this time. */
const USUAL_DAYS = 5;

/**
 * Loads in two bytes: logarithmic, so that the error is 0.02% of any load from a hundredth of a worker to 2²⁷.
 * 0 = not known.
 */
const CODES_PER_OCTAVE = 2_048;
const FINENESS = 16;

function encode(load: number): number {
  return Math.min(65_535, 1 + Math.round(CODES_PER_OCTAVE * Math.log2(1 + FINENESS * load)));
}

/** 2^(i / 2048) / 16 within one octave: decoding is the most frequent thing that a predictor does. */
const WITHIN_OCTAVE = Float64Array.from(
  { length: CODES_PER_OCTAVE },
  (_, i) => 2 ** (i / CODES_PER_OCTAVE) / FINENESS,
);

function decode(code: number): number {
  if (code === 0) return Number.NaN;
  const octave = 1 << ((code - 1) >> 11);
  return octave * (WITHIN_OCTAVE[(code - 1) & (CODES_PER_OCTAVE - 1)] as number) - 1 / FINENESS;
}

interface SavedRing {
  readonly newest: number | null;
  readonly codes: readonly number[];
}

/** Means over steps of a fixed length, the newest `slots` of them. */
class StepRing {
  readonly stepMs: number;
  private readonly codes: Uint16Array;
  /** Number of the newest complete step since the epoch. */
  private newest = Number.NaN;
  private open = Number.NaN;
  private sum = 0;
  private count = 0;

  constructor(stepMs: number, slots: number) {
    this.stepMs = stepMs;
    this.codes = new Uint16Array(slots);
  }

  add(at: number, value: number): void {
    const step = Math.floor(at / this.stepMs);
    if (step !== this.open) {
      // Time that runs back (a corrected clock) must not tear holes: wait until it has caught up.
      if (step < this.open) return;
      this.close(step);
    }
    this.sum += value;
    this.count++;
  }

  /** Mean of the step with this number; NaN when it is not known. */
  step(step: number): number {
    if (!(step <= this.newest && step > this.newest - this.codes.length && step >= 0)) return Number.NaN;
    return decode(this.codes[step % this.codes.length] as number);
  }

  /** Linear between the middles of steps; NaN when a neighbour is not known. */
  at(time: number): number {
    const position = time / this.stepMs - 0.5;
    const before = Math.floor(position);
    const low = this.step(before);
    const high = this.step(before + 1);
    return low + (position - before) * (high - low);
  }

  /** Writes the open step down and begins the next one; steps in between saw nothing. */
  private close(next: number): void {
    if (this.count > 0) {
      const from = Math.max(this.newest + 1, this.open - this.codes.length + 1);
      for (let step = from; step < this.open; step++) this.codes[step % this.codes.length] = 0;
      this.codes[this.open % this.codes.length] = encode(this.sum / this.count);
      this.newest = this.open;
    }
    this.open = next;
    this.sum = 0;
    this.count = 0;
  }

  save(): SavedRing {
    const codes: number[] = [];
    for (let back = this.codes.length - 1; back >= 0 && this.newest >= 0; back--) {
      const step = this.newest - back;
      const code = step < 0 ? 0 : (this.codes[step % this.codes.length] as number);
      if (code !== 0 || codes.length > 0) codes.push(code);
    }
    return { newest: Number.isNaN(this.newest) ? null : this.newest, codes };
  }

  restore({ newest, codes }: SavedRing): void {
    this.codes.fill(0);
    this.newest = newest ?? Number.NaN;
    this.open = Number.NaN;
    this.sum = 0;
    this.count = 0;
    codes.forEach((code, i) => {
      this.codes[(this.newest - codes.length + 1 + i) % this.codes.length] = code;
    });
  }
}

/** What the load was: every minute of the last 8 days and every 10 minutes of the last 28 days, in 31 KB. */
export class LoadHistory {
  private readonly fine: StepRing = new StepRing(MINUTE_MS, FINE_SLOTS);
  private readonly coarse: StepRing = new StepRing(COARSE_MS, COARSE_SLOTS);
  private readonly rises = new Float64Array(USUAL_DAYS);

  add(at: number, demand: number): void {
    this.fine.add(at, demand);
    this.coarse.add(at, demand);
  }

  /** Demand at a moment of the last 8 days, to the minute; NaN when it is not known. */
  recent(time: number): number {
    return this.fine.at(time);
  }

  /** Demand at a moment of the last 28 days, smoothed over 10 minutes; NaN when it is not known. */
  past(time: number): number {
    return this.coarse.at(time);
  }

  /**
   * How far demand usually rises within `horizonMs` at this time of day: the median of the last five days, so a
   * jump that most days had. 0 with fewer than two days.
   */
  usualRise(now: number, horizonMs: number, daysBefore: (time: number, days: number) => number): number {
    const { rises } = this;
    let days = 0;
    for (let day = 1; day <= USUAL_DAYS; day++) {
      const then = daysBefore(now, day);
      const before = (this.fine.at(then - 0.5 * MINUTE_MS) + this.fine.at(then - 1.5 * MINUTE_MS)) / 2;
      if (Number.isNaN(before)) continue;
      let most = 0;
      for (let ahead = MINUTE_MS; ahead < horizonMs + 1.5 * MINUTE_MS; ahead += MINUTE_MS) {
        const rise = this.fine.at(then + ahead) - before;
        if (rise > most) most = rise;
      }
      let place = days++;
      for (; place > 0 && (rises[place - 1] as number) > most; place--)
        rises[place] = rises[place - 1] as number;
      rises[place] = most;
    }
    return days < 2 ? 0 : (rises[(days - 1) >> 1] as number);
  }

  save(): { readonly fine: SavedRing; readonly coarse: SavedRing } {
    return { fine: this.fine.save(), coarse: this.coarse.save() };
  }

  restore({ fine, coarse }: ReturnType<LoadHistory['save']>): void {
    this.fine.restore(fine);
    this.coarse.restore(coarse);
  }
}
