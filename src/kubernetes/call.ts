import {
  ApiException,
  type ConfigurationOptions,
  Observable,
  type PatchStrategy,
} from '@kubernetes/client-node';
import { KubernetesApiError } from './api-error.ts';

/** The client takes a signal and a patch's content type by a middleware only. */
export function within(signal: AbortSignal, patch?: PatchStrategy): ConfigurationOptions {
  return {
    middleware: [
      {
        pre: (request) => {
          request.setSignal(signal);
          if (patch !== undefined) request.setHeaderParam('Content-Type', patch);
          return new Observable(Promise.resolve(request));
        },
        post: (response) => new Observable(Promise.resolve(response)),
      },
    ],
    middlewareMergeStrategy: 'append',
  };
}

/**
 * An answer, or an error that says in one line what could not be done and why.
 *
 * @param what completes "cannot …"
 * @throws KubernetesApiError where the API server refuses; what the client throws where there is no answer
 */
export async function call<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    throw new KubernetesApiError(what, error.code, statusMessage(error.body) ?? error.message, error);
  }
}

/** The API server explains itself in a `Status` object, which the client hands on as text. */
function statusMessage(body: unknown): string | undefined {
  try {
    const { message } = (typeof body === 'string' ? JSON.parse(body) : body) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
