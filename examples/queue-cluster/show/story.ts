/** Something that happened. */
export interface Happening {
  /** Since the day began, ms; what was before is 0. */
  readonly atMs: number;
  /** Who: `controller A`, `show`. */
  readonly who: string;
  readonly text: string;
  /** Of those that people must not miss. */
  readonly isGrave: boolean;
}

/** What has happened so far, in order. */
export class Story {
  readonly happenings: Happening[] = [];
  #beganAt: number | undefined;

  /** The day begins now. */
  begin(): void {
    this.#beganAt = performance.now();
  }

  /** Since the day began, ms. */
  now(): number {
    return this.#beganAt === undefined ? 0 : performance.now() - this.#beganAt;
  }

  tell(who: string, text: string, isGrave = false): void {
    this.happenings.push({ atMs: this.now(), who, text, isGrave });
  }
}
