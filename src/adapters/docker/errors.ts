/** A call to the Docker daemon failed. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
  /** HTTP status: 404 where an image or a service is missing. Absent where the daemon gave no answer. */
  readonly status: number | undefined;

  constructor(what: string, status: number | undefined, reason: string, cause: unknown) {
    super(`Docker: cannot ${what}: ${status === undefined ? '' : `${status} `}${reason}`, { cause });
    this.status = status;
  }
}

/** An action of an instance that led once: a later leader has acted already. */
export class LateTermError extends Error {
  override readonly name = 'LateTermError';
  /** The latest term that the labels tell of. */
  readonly last: number;

  constructor(what: string, last: number, term: number, remedy: string) {
    super(
      `${what} in term ${last} of leadership already: term ${term} is over. Where terms are counted anew, since their ` +
        `lease was lost, ${remedy}`,
    );
    this.last = last;
  }
}
