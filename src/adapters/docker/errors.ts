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
