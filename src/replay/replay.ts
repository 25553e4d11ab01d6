import type { Shared } from '../constraints/share-out.ts';
import type { Journal } from '../core/journal.ts';
import type { PoolId } from '../core/observation.ts';
import type { PoolRecord, TickRecord } from '../core/record.ts';
import type { ResourceGuard } from '../core/resources.ts';
import { decide } from '../decide.ts';
import { InvalidOptionError } from '../errors.ts';
import { quotaGuard } from '../guards/guards.ts';
import type { PolicyLike } from '../options.ts';
import { PolicyTrack } from '../shadows/policy-track.ts';
import { PoolComparison, type PoolReplay } from './pool-comparison.ts';
import { ReplayPolicies } from './replay-policies.ts';

/** How recorded ticks are run again. */
export interface ReplayOptions {
  /**
   * The policy to try on all pools. Default: the one that was recorded, found by its name, which must be a template's;
   * one of your own is to be given here or in `policies`.
   */
  readonly policy?: PolicyLike;
  /** The same, by pool. */
  readonly policies?: Readonly<Record<PoolId, PolicyLike>>;
  /**
   * `recorded`: each tick is decided on the very view that was recorded, with the sizes and cooldowns of that day. The
   * same policy gives the same decisions; another shows its next step from there, but not where it would have gone.
   *
   * `own`: the policy goes its own way. Demand, forecasts, schedules and signals are as recorded; sizes, cooldowns
   * and waiting work are modelled (starts take the recorded start-up time). What did not happen is not known: load
   * that answers to the size (retries, impatient callers), limits that pools share, failed starts.
   *
   * Default: `own` where a policy is given, else `recorded`.
   */
  readonly path?: 'recorded' | 'own';
  /**
   * Judges what fits, on the capacity that was recorded. Default: as the guards that come with flyball do; give a guard
   * of your own here, too.
   */
  readonly guard?: ResourceGuard;
  /** First tick, epoch ms. */
  readonly from?: number;
  /** Last tick, epoch ms. */
  readonly to?: number;
  /** Most differences that are kept of a pool, the first of them. An integer, 0 or more; default 100. */
  readonly keepDifferences?: number;
}

/** What a replay has shown. Plain JSON. */
export interface ReplayReport {
  readonly path: 'recorded' | 'own';
  readonly ticks: number;
  /** Epoch ms; of the first and the last tick. */
  readonly from: number;
  readonly to: number;
  /** Every decision came out as it was recorded, byte for byte. */
  readonly identical: boolean;
  readonly pools: readonly PoolReplay[];
}

/** Where records come from. */
export type ReplaySource = Journal | Iterable<TickRecord> | AsyncIterable<TickRecord>;

/**
 * Runs recorded ticks again, through the same policies or others, and shows where decisions differ: "what would
 * `aggressive` have done last Friday?"
 *
 * @throws InvalidOptionError (as a rejection) where a policy is not known
 */
export async function replay(source: ReplaySource, options: ReplayOptions = {}): Promise<ReplayReport> {
  const run = new Replay(options);
  for await (const record of recordsOf(source, options)) run.tick(record);
  return run.report();
}

class Replay {
  readonly #path: 'recorded' | 'own';
  readonly #policies: ReplayPolicies;
  readonly #keep: number;
  readonly #guard: ResourceGuard;
  readonly #pools = new Map<PoolId, PoolComparison>();
  #ticks = 0;
  #from = 0;
  #to = 0;

  constructor(options: ReplayOptions) {
    const { policy, policies, path, keepDifferences = 100, guard = quotaGuard({}) } = options;
    if (path !== undefined && path !== 'recorded' && path !== 'own') {
      throw new InvalidOptionError('path', "must be 'recorded' or 'own'", path);
    }
    if (!Number.isInteger(keepDifferences) || keepDifferences < 0) {
      throw new InvalidOptionError('keepDifferences', 'must be an integer, 0 or more', keepDifferences);
    }
    this.#path = path ?? (policy === undefined && policies === undefined ? 'recorded' : 'own');
    this.#policies = new ReplayPolicies(policy, policies);
    this.#keep = keepDifferences;
    this.#guard = guard;
  }

  tick(record: TickRecord): void {
    if (this.#ticks++ === 0) this.#from = record.at;
    this.#to = record.at;
    const inputs = record.pools.map((pool) => ({
      view: pool.view,
      policy: this.#policies.inForce(pool),
      trigger: pool.decision.trigger,
      ...(pool.apart === true && { apart: true }),
    }));
    // All pools of a tick at once, as they were decided, with what limited them together.
    const decisions = this.#path === 'recorded' ? decide(inputs, this.#sharedIn(record)) : [];
    for (const [index, pool] of record.pools.entries()) {
      const { policy, trigger } = inputs[index] as (typeof inputs)[number];
      this.#comparison(pool).add(pool, policy, decisions[index], trigger);
    }
  }

  report(): ReplayReport {
    const pools = Array.from(this.#pools.values(), (comparison) => comparison.report());
    return {
      path: this.#path,
      ticks: this.#ticks,
      from: this.#from,
      to: this.#to,
      identical: this.#path === 'recorded' && pools.every(({ differing }) => differing === 0),
      pools,
    };
  }

  #sharedIn({ shared }: TickRecord): Shared | undefined {
    return shared?.capacity === undefined ? shared : { ...shared, guard: this.#guard };
  }

  #comparison(record: PoolRecord): PoolComparison {
    const id = record.view.pool;
    let comparison = this.#pools.get(id);
    if (comparison === undefined) {
      const track = this.#path === 'own' ? new PolicyTrack(this.#policies.own(record)) : undefined;
      comparison = new PoolComparison(id, track, this.#keep);
      this.#pools.set(id, comparison);
    }
    return comparison;
  }
}

async function* recordsOf(
  source: ReplaySource,
  { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: ReplayOptions,
): AsyncGenerator<TickRecord> {
  const records = 'read' in source ? source.read({ from, to }) : source;
  for await (const record of records) if (record.at >= from && record.at <= to) yield record;
}
