/** A caller's mistake: an option, a call or a reading that breaks a rule. Thrown before anything is started. */
export class InvalidOptionError extends TypeError {
  override readonly name = 'InvalidOptionError';
  /** Path of the field, e.g. `pools[0].maxWorkers`. */
  readonly field: string;
  /** The rule that it breaks, e.g. `must be at least minWorkers (4)`. */
  readonly rule: string;
  /** The value that was given. */
  readonly value: unknown;

  constructor(field: string, rule: string, value: unknown) {
    super(`${field} ${rule}, got ${show(value)}`);
    this.field = field;
    this.rule = rule;
    this.value = value;
  }
}

/** An asynchronous call that outlived its deadline. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
  readonly timeoutMs: number;

  constructor(what: string, timeoutMs: number) {
    super(`${what} did not settle within ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** An action that was refused, because another instance leads or may lead. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError';

  constructor() {
    super('this instance does not lead: it observes and decides, and does not act');
  }
}

/** An action of a term of leadership that is over: a later one has acted on this pool already. */
export class LateTermError extends Error {
  override readonly name = 'LateTermError';
  /** The latest term that has acted. */
  readonly last: number;

  /**
   * @param what has been done: "Service web was scaled"
   * @param remedy where terms are counted anew
   */
  constructor(what: string, last: number, term: number, remedy: string) {
    super(
      `${what} in term ${last} of leadership already: term ${term} is over. Where terms are counted anew, since their ` +
        `lease was lost, ${remedy}`,
    );
    this.last = last;
  }
}

/** A value as it reads best in an error, at most 80 characters. */
function show(value: unknown): string {
  if (typeof value === 'number' || value === undefined || value === null) return String(value);
  if (typeof value === 'function') return `a function (${value.name || 'anonymous'})`;
  let text: string;
  try {
    text = JSON.stringify(value, (_, part) => (typeof part === 'function' ? '()' : part)) ?? String(value);
  } catch {
    text = String(value);
  }
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
