const HOUR_MS = 3_600_000;

/** How often and how restlessly a pool's size was changed. */
export interface SizeChanges {
  readonly up: number;
  readonly down: number;
  /** Changes against the direction of the one before. */
  readonly reversals: number;
  /** Most reversals within any 60 minutes. */
  readonly reversalsInWorstHour: number;
}

/** Counts changes as they are made. */
export class SizeChangeMeter {
  #up = 0;
  #down = 0;
  #lastWasUp: boolean | undefined;
  #reversals = 0;
  #worst = 0;
  /** Times of the reversals of the last hour. */
  #recent: number[] = [];

  add(atMs: number, from: number, to: number): void {
    if (to === from) return;
    const isUp = to > from;
    if (isUp) this.#up++;
    else this.#down++;
    if (this.#lastWasUp !== undefined && this.#lastWasUp !== isUp) {
      this.#reversals++;
      this.#recent = this.#recent.filter((time) => time > atMs - HOUR_MS);
      this.#recent.push(atMs);
      this.#worst = Math.max(this.#worst, this.#recent.length);
    }
    this.#lastWasUp = isUp;
  }

  result(): SizeChanges {
    return {
      up: this.#up,
      down: this.#down,
      reversals: this.#reversals,
      reversalsInWorstHour: this.#worst,
    };
  }
}
