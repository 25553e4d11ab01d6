/** Rows that are allocated at once: a pool that is a minute old pays for no day. */
const CHUNK_ROWS = 64;

interface Chunk {
  readonly times: Float64Array;
  readonly values: Float32Array;
}

/**
 * The last `capacity` rows of a few numbers, each with its time: oldest first out, and no allocation once it is
 * full. Single precision: seven digits are more than any chart shows. `NaN` = not known.
 */
export class SeriesRing {
  readonly capacity: number;
  readonly width: number;
  readonly #chunks: Chunk[] = [];
  #next = 0;
  #count = 0;

  constructor(capacity: number, width: number) {
    this.capacity = capacity;
    this.width = width;
  }

  get length(): number {
    return this.#count;
  }

  /** Adds a row. When the clock ran back, rows later than `at` are dropped: time never runs back in a series. */
  push(at: number, row: ArrayLike<number>): void {
    while (this.#count > 0 && this.timeAt(this.#count - 1) >= at) {
      this.#next = (this.#next + this.capacity - 1) % this.capacity;
      this.#count--;
    }
    const slot = this.#next % CHUNK_ROWS;
    const chunk = this.#chunk(this.#next);
    chunk.times[slot] = at;
    const begin = slot * this.width;
    for (let column = 0; column < this.width; column++) {
      chunk.values[begin + column] = row[column] as number;
    }
    this.#next = this.#next + 1 === this.capacity ? 0 : this.#next + 1;
    if (this.#count < this.capacity) this.#count++;
  }

  /** Time of a row, 0 = the oldest. */
  timeAt(index: number): number {
    const slot = this.#slot(index);
    return this.#chunk(slot).times[slot % CHUNK_ROWS] as number;
  }

  /** One number of a row, 0 = the oldest. */
  valueAt(index: number, column: number): number {
    const slot = this.#slot(index);
    return this.#chunk(slot).values[(slot % CHUNK_ROWS) * this.width + column] as number;
  }

  /** Index of the first row after this moment. */
  after(at: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeAt(middle) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #slot(index: number): number {
    return (this.#next - this.#count + index + this.capacity) % this.capacity;
  }

  #chunk(slot: number): Chunk {
    const index = Math.floor(slot / CHUNK_ROWS);
    let chunk = this.#chunks[index];
    if (chunk === undefined) {
      const rows = Math.min(CHUNK_ROWS, this.capacity - index * CHUNK_ROWS);
      chunk = { times: new Float64Array(rows), values: new Float32Array(rows * this.width) };
      this.#chunks[index] = chunk;
    }
    return chunk;
  }
}
