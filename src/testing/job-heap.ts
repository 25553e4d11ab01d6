/** Jobs in service, the one that ends next on top. A binary heap over typed arrays: no allocation per job. */
export class JobHeap {
  #ends = new Float64Array(64);
  #arrived = new Float64Array(64);
  #started = new Float64Array(64);
  #workers = new Int32Array(64);
  #size = 0;

  get nextEnd(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#ends[0] as number);
  }

  get nextWorker(): number {
    return this.#workers[0] as number;
  }

  get nextArrived(): number {
    return this.#arrived[0] as number;
  }

  get nextStarted(): number {
    return this.#started[0] as number;
  }

  push(end: number, worker: number, arrived: number, started: number): void {
    if (this.#size === this.#ends.length) this.#grow();
    const ends = this.#ends;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((ends[parent] as number) <= end) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, end, worker, arrived, started);
  }

  pop(): void {
    const last = --this.#size;
    if (last > 0) this.#sink(0, last);
  }

  /** When the last job of a worker ends. */
  lastEndOf(worker: number): number {
    let latest = 0;
    for (let i = 0; i < this.#size; i++) {
      if (this.#workers[i] === worker) latest = Math.max(latest, this.#ends[i] as number);
    }
    return latest;
  }

  /** Takes all jobs of a worker out; returns when they arrived, latest first. */
  removeAllOf(worker: number): number[] {
    const arrivals: number[] = [];
    const size = this.#size;
    const kept: [end: number, worker: number, arrived: number, started: number][] = [];
    for (let i = 0; i < size; i++) {
      const arrived = this.#arrived[i] as number;
      if (this.#workers[i] === worker) arrivals.push(arrived);
      else
        kept.push([this.#ends[i] as number, this.#workers[i] as number, arrived, this.#started[i] as number]);
    }
    this.#size = 0;
    for (const job of kept) this.push(...job);
    return arrivals.sort((a, b) => b - a);
  }

  /** Moves the job at `from` to `at` and down to where it belongs. */
  #sink(at: number, from: number): void {
    const ends = this.#ends;
    const size = this.#size;
    const end = ends[from] as number;
    const worker = this.#workers[from] as number;
    const arrived = this.#arrived[from] as number;
    const started = this.#started[from] as number;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (ends[child + 1] as number) < (ends[child] as number)) child++;
      if ((ends[child] as number) >= end) break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, end, worker, arrived, started);
  }

  #move(from: number, to: number): void {
    this.#ends[to] = this.#ends[from] as number;
    this.#workers[to] = this.#workers[from] as number;
    this.#arrived[to] = this.#arrived[from] as number;
    this.#started[to] = this.#started[from] as number;
  }

  #set(at: number, end: number, worker: number, arrived: number, started: number): void {
    this.#ends[at] = end;
    this.#workers[at] = worker;
    this.#arrived[at] = arrived;
    this.#started[at] = started;
  }

  #grow(): void {
    const grown = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const length = this.#ends.length * 2;
    this.#ends = grown(this.#ends, new Float64Array(length));
    this.#arrived = grown(this.#arrived, new Float64Array(length));
    this.#started = grown(this.#started, new Float64Array(length));
    this.#workers = grown(this.#workers, new Int32Array(length));
  }
}
