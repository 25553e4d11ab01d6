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

/** An action of a leader whose term is over: a later one has acted on the same containers. */
export class StaleTermError extends Error {
  override readonly name = 'StaleTermError';

  constructor(what: string, term: number, newest: number) {
    super(
      `Docker: ${what} is not touched in term ${term}, since its label ${TERM_LABEL} tells of term ${newest}`,
    );
  }
}

/** On containers and services: the fencing token of the action that made or changed them. */
export const TERM_LABEL = 'flyball.term';

/** Refuses an action of a term that is over. */
export function refuseStaleTerm(what: string, term: number | undefined, newest: number): void {
  if (term !== undefined && term < newest) throw new StaleTermError(what, term, newest);
}
