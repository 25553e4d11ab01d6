/**
 * First in, first out, for jobs in batches that arrived together (a batch of one where every job has its own
 * time). A ring of typed arrays: no allocation per job.
 */
export class BatchQueue {
  #times = new Float64Array(64);
  #counts = new Float64Array(64);
  #head = 0;
  #batches = 0;
  #jobs = 0;

  /** Jobs, not batches. */
  get length(): number {
    return this.#jobs;
  }

  /** When the oldest jobs arrived; meaningless while the queue is empty. */
  get oldest(): number {
    return this.#times[this.#head] as number;
  }

  /** Jobs in the oldest batch. */
  get oldestCount(): number {
    return this.#batches === 0 ? 0 : (this.#counts[this.#head] as number);
  }

  push(time: number, count: number): void {
    if (this.#batches === this.#times.length) this.#grow();
    const at = (this.#head + this.#batches) & (this.#times.length - 1);
    this.#times[at] = time;
    this.#counts[at] = count;
    this.#batches++;
    this.#jobs += count;
  }

  /** Puts jobs back at the front. */
  unshift(time: number, count: number): void {
    if (this.#batches === this.#times.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#times.length - 1);
    this.#times[this.#head] = time;
    this.#counts[this.#head] = count;
    this.#batches++;
    this.#jobs += count;
  }

  /** Takes jobs from the oldest batch, at most `oldestCount`. */
  take(count: number): void {
    const left = (this.#counts[this.#head] as number) - count;
    this.#jobs -= count;
    if (left > 0) {
      this.#counts[this.#head] = left;
      return;
    }
    this.#head = (this.#head + 1) & (this.#times.length - 1);
    this.#batches--;
  }

  /** Jobs that arrived before `time`. */
  countBefore(time: number): number {
    let jobs = 0;
    for (let i = 0; i < this.#batches; i++) {
      const at = (this.#head + i) & (this.#times.length - 1);
      if ((this.#times[at] as number) < time) jobs += this.#counts[at] as number;
    }
    return jobs;
  }

  #grow(): void {
    const size = this.#times.length;
    const times = new Float64Array(size * 2);
    const counts = new Float64Array(size * 2);
    for (let i = 0; i < size; i++) {
      const at = (this.#head + i) & (size - 1);
      times[i] = this.#times[at] as number;
      counts[i] = this.#counts[at] as number;
    }
    this.#times = times;
    this.#counts = counts;
    this.#head = 0;
  }
}
