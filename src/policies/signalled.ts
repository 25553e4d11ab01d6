import type { Proposal } from '../core/decision.ts';
import { figure, workers } from '../core/format.ts';
import type { ActiveSignal } from '../core/signal.ts';
import type { PoolView } from '../core/view.ts';
import { wholeWorkers } from './load.ts';
import type { Policy } from './policy.ts';

/**
 * What signals in force say about the size, emergencies aside. `floor`: workers for the largest demand that a signal
 * tells to expect. `ceiling`: the lowest that a signal sets (rate limit, cost).
 */
export function signalled(kind: 'floor' | 'ceiling'): Policy {
  return kind === 'floor'
    ? { name: 'signalled-floor', propose: expectation }
    : { name: 'signalled-ceiling', propose: limit };
}

function expectation(view: PoolView): Proposal | undefined {
  let strongest: ActiveSignal | undefined;
  for (const signal of view.signals) {
    if (signal.expectedDemand === undefined || !inForce(signal, view)) continue;
    if (signal.expectedDemand > (strongest?.expectedDemand ?? 0)) strongest = signal;
  }
  if (strongest?.expectedDemand === undefined) return undefined;
  const size = wholeWorkers(strongest.expectedDemand);
  const expected = figure(strongest.expectedDemand);
  return {
    kind: 'floor',
    size,
    reason: `${strongest.reason}; a demand of ${expected} is expected: ${workers(size)}`,
  };
}

function limit(view: PoolView): Proposal | undefined {
  let lowest: ActiveSignal | undefined;
  for (const signal of view.signals) {
    if (signal.ceiling === undefined || !inForce(signal, view)) continue;
    if (lowest?.ceiling === undefined || signal.ceiling < lowest.ceiling) lowest = signal;
  }
  if (lowest?.ceiling === undefined) return undefined;
  const size = Math.floor(lowest.ceiling);
  return { kind: 'ceiling', size, reason: `${lowest.reason}; at most ${workers(size)} while it lasts` };
}

/** The signal is meant for this pool and has not expired. */
export function inForce(signal: ActiveSignal, view: PoolView): boolean {
  return signal.expiresAt > view.now && (signal.pool === undefined || signal.pool === view.pool);
}
