/** Numbers of the host that are looked at, at most: those that came first. */
const MOST_NUMBERS = 8;
/** Time constants of the averages of each number, ms: with the value itself they tell what it was minutes and hours ago. */
const SCALES_MS = [600_000, 3_600_000, 43_200_000] as const;
const PER_NUMBER: number = SCALES_MS.length;
/** In standard deviations: what is further out counts as this far. */
const FURTHEST = 6;

/** Slots of one number: its value (NaN = not known), the averages, the fading variance around the slowest one. */
const VALUE = 0;
const MEANS = 1;
const VARIANCE = MEANS + PER_NUMBER;
const SAMPLES = VARIANCE + 1;
const SLOTS = SAMPLES + 1;

export interface SavedContext {
  readonly names: readonly string[];
  readonly state: readonly (number | null)[];
}

/**
 * Numbers that the host adds to what is seen, made comparable: distances between the value and its averages over ten
 * minutes, an hour and twelve hours, in standard deviations of the last half day.
 */
export class ContextNumbers {
  readonly names: string[] = [];
  private state = new Float64Array(0);

  /** How many features they are. */
  get width(): number {
    return PER_NUMBER * this.names.length;
  }

  /** Takes the numbers of one sample. `true` when there was one of a new name. What is no finite number is left out. */
  add(context: Readonly<Record<string, number>>, elapsedMs: number): boolean {
    const before = this.names.length;
    for (const name in context) {
      if (this.names.length < MOST_NUMBERS && !this.names.includes(name) && Number.isFinite(context[name])) {
        this.begin(name, context[name] as number);
      }
    }
    for (let i = 0; i < this.names.length; i++) {
      this.follow(i * SLOTS, context[this.names[i] as string] ?? Number.NaN, elapsedMs);
    }
    return this.names.length > before;
  }

  /** Nothing is known of the numbers now. */
  forget(): void {
    for (let at = 0; at < this.state.length; at += SLOTS) this.state[at + VALUE] = Number.NaN;
  }

  /** Writes the features; 0 where a number is not known. */
  write(into: Float32Array, from: number): void {
    const { state } = this;
    for (let at = 0, to = from; at < state.length; at += SLOTS) {
      const deviation = Math.sqrt(state[at + VARIANCE] as number);
      let finer = state[at + VALUE] as number;
      for (let i = 0; i < PER_NUMBER; i++) {
        const mean = state[at + MEANS + i] as number;
        const distance = (finer - mean) / deviation;
        into[to++] = Number.isFinite(distance) ? Math.max(-FURTHEST, Math.min(FURTHEST, distance)) : 0;
        finer = mean;
      }
    }
  }

  /** What each feature is, in the order of `write`. */
  describe(): string[] {
    return this.names.flatMap((name) => [
      `${name}, within 10 minutes`,
      `${name}, 10 minutes to an hour`,
      `${name}, 1 to 12 hours`,
    ]);
  }

  save(): SavedContext {
    const state = Array.from(this.state, (value) => (Number.isNaN(value) ? null : value));
    return { names: [...this.names], state };
  }

  restore({ names, state }: SavedContext): void {
    if (state.length !== names.length * SLOTS) throw new RangeError('saved with other averages');
    this.names.splice(0, this.names.length, ...names);
    this.state = Float64Array.from(state, (value) => value ?? Number.NaN);
  }

  private begin(name: string, value: number): void {
    this.names.push(name);
    const wider = new Float64Array(this.names.length * SLOTS);
    wider.set(this.state);
    wider.fill(value, this.state.length, this.state.length + VARIANCE);
    this.state = wider;
  }

  private follow(at: number, value: number, elapsedMs: number): void {
    const { state } = this;
    state[at + VALUE] = Number.isFinite(value) ? value : Number.NaN;
    if (!Number.isFinite(value)) return;
    const samples = (state[at + SAMPLES] as number) + 1;
    state[at + SAMPLES] = samples;
    // A plain mean at first, so that the first sample does not last.
    const least = 1 / samples;
    for (let i = 0; i < PER_NUMBER; i++) {
      const weight = Math.max(least, 1 - Math.exp(-elapsedMs / (SCALES_MS[i] as number)));
      const mean = state[at + MEANS + i] as number;
      state[at + MEANS + i] = mean + weight * (value - mean);
    }
    const slow = PER_NUMBER - 1;
    const weight = Math.max(least, 1 - Math.exp(-elapsedMs / (SCALES_MS[slow] as number)));
    const distance = value - (state[at + MEANS + slow] as number);
    const variance = state[at + VARIANCE] as number;
    state[at + VARIANCE] = variance + weight * (distance * distance - variance);
  }
}
