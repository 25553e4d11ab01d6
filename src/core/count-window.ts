/** Counts of the latest intervals, as far back as is asked. */
export class CountWindow {
  private lengths: number[] = [];
  private counts: number[] = [];
  private first = 0;
  /** What they span together, ms. */
  spanMs = 0;
  /** Their sum. */
  count = 0;
  /** Older intervals were dropped: what was there before it began does not matter any more. */
  hasMoved = false;

  get isEmpty(): boolean {
    return this.lengths.length === this.first;
  }

  /** Adds the interval that ends now, and drops those that are not needed to span `windowMs`. */
  add(lengthMs: number, count: number, windowMs: number): void {
    this.lengths.push(lengthMs);
    this.counts.push(count);
    this.spanMs += lengthMs;
    this.count += count;
    for (;;) {
      const oldestMs = this.lengths[this.first] as number;
      if (this.first === this.lengths.length - 1 || this.spanMs - oldestMs < windowMs) break;
      this.spanMs -= oldestMs;
      this.count -= this.counts[this.first] as number;
      this.first++;
      this.hasMoved = true;
    }
    if (this.first > 64 && 2 * this.first > this.lengths.length) {
      this.lengths = this.lengths.slice(this.first);
      this.counts = this.counts.slice(this.first);
      this.first = 0;
    }
  }

  clear(): void {
    Object.assign(this, new CountWindow());
  }
}
