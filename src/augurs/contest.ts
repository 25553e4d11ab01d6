/** Comparisons after which the challenger may lead: an hour of them. */
const TRIALS = 6;
/** Weight of the newest error: errors of the last six hours count. */
const NEWEST = 1 / 36;

export interface SavedContest {
  readonly judged: number;
  readonly challenger: number;
  readonly champion: number;
}

/** Which of two forecasts has lately been nearer to what came. */
export class Contest {
  #judged = 0;
  #challenger = 0;
  #champion = 0;
  readonly #pending = new Map<number, readonly [challenger: number, champion: number]>();

  get isJudged(): boolean {
    return this.#judged >= TRIALS;
  }

  /** Whether the challenger has had the smaller mean absolute error. */
  get challengerLeads(): boolean {
    return this.isJudged && this.#challenger < this.#champion;
  }

  /** Notes what both expect of a step. */
  expect(step: number, challenger: number, champion: number): void {
    this.#pending.set(step, [challenger, champion]);
  }

  /** Holds against the mean of a step, NaN when it is not known, what was expected of it. */
  judge(step: number, actual: number): void {
    const expected = this.#pending.get(step);
    for (const earlier of this.#pending.keys()) if (earlier <= step) this.#pending.delete(earlier);
    if (expected === undefined || Number.isNaN(actual)) return;
    this.#judged++;
    // A plain mean at first, so that the first error does not last.
    const weight = Math.max(NEWEST, 1 / this.#judged);
    this.#challenger += weight * (Math.abs(expected[0] - actual) - this.#challenger);
    this.#champion += weight * (Math.abs(expected[1] - actual) - this.#champion);
  }

  save(): SavedContest {
    return { judged: this.#judged, challenger: this.#challenger, champion: this.#champion };
  }

  restore({ judged, challenger, champion }: SavedContest): void {
    this.#judged = judged;
    this.#challenger = challenger;
    this.#champion = champion;
    this.#pending.clear();
  }
}
