/** On containers and services: the fencing token of the action that started or scaled them. */
export const TERM_LABEL = 'flyball.term';

/** The term that labels tell of, 0 without one. Whatever else somebody may have written there is no term. */
export function termOf(labels: Readonly<Record<string, string>> | undefined): number {
  const term = Number(labels?.[TERM_LABEL]);
  return Number.isSafeInteger(term) ? term : 0;
}
