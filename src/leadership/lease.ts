import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { InvalidOptionError } from '../errors.ts';

/** What every leadership by a lease takes. */
export interface LeaseOptions {
  /** Instances with the same name stand in for each other. Default `flyball`. */
  readonly name?: string;
  /** How long a term lasts unless it is renewed, ms. At least 100; default 10,000. A takeover takes at most 1 s longer. */
  readonly leaseMs?: number;
  /** So long before its lease runs out a leader stops to act, for clocks that differ, ms. Default: a tenth of the lease. */
  readonly marginMs?: number;
  /**
   * Of this instance, for people who look at the lease. It is followed there by a random part: two that were given the
   * same one do not hold the lease together. Default: the random part alone.
   */
  readonly instance?: string;
}

/** A lease as one instance seeks it. */
export interface Lease {
  readonly name: string;
  readonly leaseMs: number;
  readonly marginMs: number;
  /** This instance, as no other one is called, nor itself after a restart. */
  readonly holder: string;
}

/** What an instance knows when it asks for the lease. */
export interface Claim {
  /** The controller's. */
  readonly clock: Clock;
  /** Number of the newest term it has heard of, 0 where of none. */
  readonly newestTerm: number;
  /** Number of the term that it has and that is not over yet. */
  readonly ownTerm: number | undefined;
}

/** What has come of a claim. */
export interface Claimed {
  /** Number of the newest term. */
  readonly term: number;
  /** How long another may have the lease yet, ms. 0: it is this instance's, for a whole length from before it asked. */
  readonly takenForMs: number;
  /** How long the term must wait to begin, ms: a leader of whom nothing is known any more may act until then. */
  readonly beginsInMs: number;
}

/** Where a lease is kept. */
export interface LeaseStore {
  /** As people call it. */
  readonly place: string;
  /**
   * Takes the lease where it is free, renews it where it is this instance's, looks at it where it is another's.
   *
   * @param signal aborted when nobody waits for the answer any more. It may be given later, or never
   */
  claim(claim: Claim, signal: AbortSignal): Promise<Claimed>;
  /** Gives the lease up where it is this instance's. Called after the last claim, once. */
  release(clock: Clock, signal: AbortSignal): Promise<void>;
}

/** @throws InvalidOptionError */
export function leaseOf(options: LeaseOptions): Lease {
  const { name = 'flyball', leaseMs = 10_000, marginMs = leaseMs / 10, instance } = options;
  if (!(leaseMs >= 100 && leaseMs <= Number.MAX_SAFE_INTEGER)) {
    throw new InvalidOptionError('leaseMs', 'must be at least 100 ms', leaseMs);
  }
  if (!(marginMs >= 0 && marginMs <= leaseMs / 2)) {
    throw new InvalidOptionError('marginMs', 'must be between 0 and half of leaseMs', marginMs);
  }
  if (name === '') throw new InvalidOptionError('name', 'must not be empty', name);
  if (instance === '') throw new InvalidOptionError('instance', 'must not be empty', instance);
  const holder = instance === undefined ? randomUUID() : `${instance}_${randomUUID()}`;
  return { name, leaseMs: Math.round(leaseMs), marginMs, holder };
}
