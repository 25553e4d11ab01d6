import { insertSorted } from './sorted-run.ts';

const MINUTE_MS = 60_000;
const COARSE_MS = 10 * MINUTE_MS;
const FINE_SLOTS = 8 * 24 * 60;
const COARSE_SLOTS = 28 * 24 * 6;
/** Days that are asked what usually happens at this time. */
const USUAL_DAYS = 5;
/** A gap up to this is taken for a straight line: history that is imported has a value every 5 minutes or so. */
const BRIDGED_MS = 5 * MINUTE_MS;

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
const WITHIN_OCTAVE = Float32Array.from(
  { length: CODES_PER_OCTAVE },
  (_, i) => 2 ** (i / CODES_PER_OCTAVE) / FINENESS,
);

function decode(code: number): number {
  const octave = 1 << ((code - 1) >> 11);
  return octave * (WITHIN_OCTAVE[(code - 1) & (CODES_PER_OCTAVE - 1)] as number) - 1 / FINENESS;
}

/** Rises of each day, horizon by horizon; shared by all, as they are looked for one after the other. */
const RISES = new Float64Array(64 * USUAL_DAYS);

interface SavedRing {
  readonly newest: number | null;
  readonly codes: readonly number[];
}

/** Means over steps of a fixed length, the newest `slots` of them. Steps are numbered since the epoch. */
class StepRing {
  readonly stepMs: number;
  private readonly codes: Uint16Array;
  /** The newest complete step; -1 = none. */
  private newest = -1;
  private open = -1;
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

  /** Mean of the step that this moment is in; NaN when it is not known, or not over. */
  of(time: number): number {
    const step = Math.floor(time / this.stepMs);
    if (!(step <= this.newest && step > this.newest - this.codes.length && step >= 0)) return Number.NaN;
    const code = this.codes[(step | 0) % this.codes.length] as number;
    return code === 0 ? Number.NaN : decode(code);
  }

  /** Linear between the middles of steps; NaN when a neighbour is not known. */
  at(time: number): number {
    const { codes, newest } = this;
    const position = time / this.stepMs - 0.5;
    const before = Math.floor(position);
    if (!(before < newest && before > newest - codes.length && before >= 0)) return Number.NaN;
    const slot = (before | 0) % codes.length;
    const low = codes[slot] as number;
    const high = codes[slot + 1 === codes.length ? 0 : slot + 1] as number;
    if (low === 0 || high === 0) return Number.NaN;
    const from = decode(low);
    return from + (position - before) * (decode(high) - from);
  }

  /** Writes the open step down and begins the next one. What was not seen since the one before is bridged or not known. */
  private close(next: number): void {
    if (this.count > 0) {
      const { codes, newest, open } = this;
      const mean = this.sum / this.count;
      const missed = open - newest;
      const from = this.of(newest * this.stepMs);
      const isBridged = newest >= 0 && missed * this.stepMs <= BRIDGED_MS;
      for (let step = Math.max(newest + 1, open - codes.length + 1); step < open; step++) {
        const share = (step - newest) / missed;
        codes[step % codes.length] = isBridged ? encode(from + share * (mean - from)) : 0;
      }
      codes[open % codes.length] = encode(mean);
      this.newest = open;
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
    return { newest: this.newest < 0 ? null : this.newest, codes };
  }

  restore({ newest, codes }: SavedRing): void {
    this.codes.fill(0);
    this.newest = newest ?? -1;
    this.open = -1;
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

  add(at: number, demand: number): void {
    this.fine.add(at, demand);
    this.coarse.add(at, demand);
  }

  /** Demand at a moment of the last 8 days, to the minute; NaN when it is not known. */
  recent(time: number): number {
    return this.fine.at(time);
  }

  /** Mean demand of the minute that this moment is in; NaN when it is not known, or not over. */
  minute(time: number): number {
    return this.fine.of(time);
  }

  /** Demand at a moment of the last 28 days, smoothed over 10 minutes; NaN when it is not known. */
  past(time: number): number {
    return this.coarse.at(time);
  }

  /**
   * How far demand usually rises within 1, 2, … minutes at this time of day, written into `into`: the median of the
   * last five days, so a jump that most days had. 0 with fewer than two days.
   */
  usualRises(into: Float32Array, now: number, daysBefore: (time: number, days: number) => number): void {
    const most = into.length;
    let days = 0;
    for (let day = 1; day <= USUAL_DAYS; day++) {
      const then = daysBefore(now, day);
      const from = (this.fine.of(then - MINUTE_MS) + this.fine.of(then - 2 * MINUTE_MS)) / 2;
      if (Number.isNaN(from)) continue;
      let last = this.fine.of(then);
      let rise = 0;
      for (let i = 0; i < most; i++) {
        const next = this.fine.of(then + (i + 1) * MINUTE_MS);
        // Two minutes each, as one may be noise.
        if ((last + next) / 2 - from > rise) rise = (last + next) / 2 - from;
        last = next;
        insertSorted(RISES, i * USUAL_DAYS, days, rise);
      }
      days++;
    }
    // The lower of two.
    const middle = (days - 1) >> 1;
    for (let i = 0; i < most; i++) into[i] = days < 2 ? 0 : (RISES[i * USUAL_DAYS + middle] as number);
  }

  save(): { readonly fine: SavedRing; readonly coarse: SavedRing } {
    return { fine: this.fine.save(), coarse: this.coarse.save() };
  }

  restore({ fine, coarse }: ReturnType<LoadHistory['save']>): void {
    this.fine.restore(fine);
    this.coarse.restore(coarse);
  }
}
