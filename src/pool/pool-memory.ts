import type { PaceMeter } from '../constraints/pace-meter.ts';
import type { Decision } from '../core/decision.ts';
import type { Instant } from '../core/instant.ts';
import type { Rehearsal } from '../policies/rehearsal.ts';
import { joinChanges, type Learned, type RecentPast } from '../shared-state/pool-documents.ts';
import type { StartupTimes } from '../workers/startup-times.ts';
import type { PoolForecaster } from './pool-forecaster.ts';

/** An emergency that lasts. */
interface Emergency {
  readonly sizeBefore: number;
  /** Monotonic ms. */
  readonly since: number;
}

/** What one pool remembers that outlives its instance: it can be told, and taken over by another. */
export class PoolMemory {
  readonly pace: PaceMeter;
  readonly startups: StartupTimes;
  readonly forecaster: PoolForecaster | undefined;
  /** Of the policy in force, where it rehearses. */
  rehearsal: Rehearsal | undefined;
  /** Rises with each change of size, and when an emergency begins or ends. */
  revision = 0;
  #emergency: Emergency | undefined;

  constructor(pace: PaceMeter, startups: StartupTimes, forecaster: PoolForecaster | undefined) {
    this.pace = pace;
    this.startups = startups;
    this.forecaster = forecaster;
  }

  get emergency(): Emergency | undefined {
    return this.#emergency;
  }

  /** Remembers how an emergency began, and forgets it when it is over. */
  note({ emergency, from }: Decision, { monotonic }: Instant): void {
    if (emergency === (this.#emergency !== undefined)) return;
    this.#emergency = emergency ? { sizeBefore: from, since: monotonic } : undefined;
    this.revision++;
  }

  change(from: number, to: number, { monotonic }: Instant): void {
    this.pace.change(from, to, monotonic);
    this.revision++;
  }

  recent({ now, monotonic }: Instant): RecentPast {
    const emergency = this.#emergency;
    const wall = (ms: number): number => Math.max(0, Math.round(now - (monotonic - ms)));
    return {
      changes: this.pace.past(monotonic).map(({ agoMs, by }) => [wall(monotonic - agoMs), by]),
      ...(emergency && {
        emergency: { sizeBefore: emergency.sizeBefore, since: wall(emergency.since) },
      }),
    };
  }

  /**
   * Takes over what the leader did.
   *
   * @param leads this instance does: what it did itself stands, after what was done before
   */
  takeRecent({ changes, emergency }: RecentPast, leads: boolean, at: Instant): void {
    const { now, monotonic } = at;
    const joined = leads ? joinChanges(changes, this.recent(at).changes) : changes;
    // Clocks differ: nothing has happened in the future.
    const past = joined.map(([when, by]) => ({ agoMs: Math.max(0, now - when), by }));
    this.pace.restore(past, monotonic);
    if (emergency === undefined) return;
    const since = monotonic - Math.max(0, now - emergency.since);
    if (this.#emergency !== undefined && this.#emergency.since <= since) return;
    this.#emergency = { sizeBefore: emergency.sizeBefore, since };
  }

  learned(): Pick<Learned, 'startupsMs' | 'predictor' | 'rehearsal'> {
    const predictor = this.forecaster?.save();
    const rehearsal = this.rehearsal?.save();
    return {
      startupsMs: this.startups.all(),
      ...(predictor !== undefined && { predictor }),
      ...(rehearsal !== undefined && { rehearsal }),
    };
  }

  /** Takes over what was learned elsewhere, where it is more than what is known here. */
  takeLearned({ startupsMs, predictor, rehearsal }: Learned, now: number): void {
    if (this.startups.startup.samples === 0) for (const ms of startupsMs) this.startups.add(ms);
    if (predictor !== undefined) this.forecaster?.restore(predictor, now);
    if (rehearsal !== undefined) this.rehearsal?.restore(rehearsal);
  }
}
