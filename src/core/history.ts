/**
 * The last `capacity` numbers, oldest first out. Allocates once; a push costs nothing. Single precision by
 * default: seven digits are more than any load measurement has.
 */
export class Ring {
  readonly capacity: number;
  private readonly values: Float32Array | Float64Array;
  private next = 0;
  private count = 0;

  constructor(capacity: number, precise = false) {
    this.capacity = capacity;
    this.values = precise ? new Float64Array(capacity) : new Float32Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    this.values[this.next] = value;
    this.next = this.next + 1 === this.capacity ? 0 : this.next + 1;
    if (this.count < this.capacity) this.count++;
  }

  /** The value pushed `back` pushes ago, 0 = the newest; `undefined` when it is not kept. */
  ago(back: number): number | undefined {
    if (back < 0 || back >= this.count) return undefined;
    const index = this.next - 1 - back;
    return this.values[index < 0 ? index + this.capacity : index];
  }

  clear(): void {
    this.next = 0;
    this.count = 0;
  }

  /** Oldest first. */
  toArray(): number[] {
    return Array.from({ length: this.count }, (_, i) => this.ago(this.count - 1 - i) as number);
  }
}

/**
 * The largest value within a sliding window of time, in O(1) a push on average: only values that a later, larger
 * one has not overtaken are kept (a monotone queue). When more than `capacity` values descend without a rise, the
 * newest stands for those that no longer fit, so that memory stays fixed and no maximum is forgotten early.
 */
export class SlidingMax {
  private readonly capacity: number;
  private readonly values: Float64Array;
  private readonly times: Float64Array;
  private head = 0;
  private count = 0;

  constructor(capacity = 64) {
    this.capacity = capacity;
    this.values = new Float64Array(capacity);
    this.times = new Float64Array(capacity);
  }

  /** Adds `value` at `time` and returns the largest value of the last `windowMs`, this one included. */
  push(time: number, value: number, windowMs: number): number {
    while (this.count > 0 && (this.values[this.slot(this.count - 1)] as number) <= value) this.count--;
    const isFull = this.count === this.capacity;
    const slot = this.slot(isFull ? this.count - 1 : this.count++);
    if (!isFull) this.values[slot] = value;
    this.times[slot] = time;
    while (this.count > 1 && (this.times[this.head] as number) < time - windowMs) this.drop();
    return this.values[this.head] as number;
  }

  clear(): void {
    this.head = 0;
    this.count = 0;
  }

  private slot(index: number): number {
    const slot = this.head + index;
    return slot < this.capacity ? slot : slot - this.capacity;
  }

  private drop(): void {
    this.head = this.slot(1);
    this.count--;
  }
}
