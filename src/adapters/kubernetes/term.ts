import type { V1ObjectMeta } from '@kubernetes/client-node';
import { LateTermError } from '../../errors.ts';
import { nameOf, type Workload } from './workload.ts';

/** The term of leadership in which a workload was scaled last. */
export const TERM = 'flyball.dev/term';

/** What a write on a condition needs: the term it finds, and the version that it is for. */
export interface TermRecord {
  /** 0 where none is written. */
  readonly term: number;
  readonly resourceVersion: string | undefined;
}

/** @throws LateTermError where a later term has scaled the workload already */
export function recordOf(workload: Workload, metadata: V1ObjectMeta | undefined, term: number): TermRecord {
  const written = Number(metadata?.annotations?.[TERM] ?? 0);
  // Whatever else somebody may have written there is no term.
  const last = Number.isSafeInteger(written) ? written : 0;
  if (last > term)
    throw new LateTermError(`${nameOf(workload)} was scaled`, last, term, `remove the annotation ${TERM}`);
  return { term: last, resourceVersion: metadata?.resourceVersion };
}
