/** The API server refused a call. */
export class KubernetesApiError extends Error {
  override readonly name = 'KubernetesApiError';
  /** HTTP status: 403 where a right is missing, 404 where the object is. */
  readonly status: number;

  constructor(what: string, status: number, message: string, cause: unknown) {
    super(`Kubernetes: cannot ${what}: ${status} ${message}`, { cause });
    this.status = status;
  }
}

/** Somebody else has written the object since it was read, or one of that name is there already. */
export const isConflict = (error: unknown): boolean => hasStatus(error, 409);

export const isNotFound = (error: unknown): boolean => hasStatus(error, 404);

const hasStatus = (error: unknown, status: number): boolean =>
  error instanceof KubernetesApiError && error.status === status;
