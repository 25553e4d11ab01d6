import type { Decision } from '../core/decision.ts';
import { Fit } from '../core/fit.ts';
import type { PoolId } from '../core/observation.ts';
import type { PoolRecord } from '../core/record.ts';
import type { ScalingPolicy } from '../policies/policy.ts';
import type { PolicyTrack } from '../shadows/policy-track.ts';

/** What one side's sizes came to. */
export interface ReplaySide {
  /** Names, in order of their appearance. */
  readonly policies: readonly string[];
  readonly workerHours: number;
  /** Changes of size. */
  readonly changes: number;
  /** Share of the demand that found no ready worker when it came, 0..1. */
  readonly lateRatio: number;
  readonly peakSize: number;
}

/** A tick that was decided differently. */
export interface ReplayDifference {
  /** Epoch ms. */
  readonly at: number;
  readonly recorded: Decision;
  readonly replayed: Decision;
}

export interface PoolReplay {
  readonly pool: PoolId;
  readonly ticks: number;
  /** On the recorded path: ticks whose decision differs in any byte; on its own path: whose size differs. */
  readonly differing: number;
  /** The first of them; on its own path those at which either side changes its size. */
  readonly differences: readonly ReplayDifference[];
  readonly recorded: ReplaySide;
  readonly replayed: ReplaySide;
}

/** A gap longer than this many intervals is not a time that a size was held. */
const LONGEST_GAP_INTERVALS = 5;

/** What was recorded of one pool, beside what comes out now. */
export class PoolComparison {
  readonly #pool: PoolId;
  readonly #track: PolicyTrack | undefined;
  readonly #keep: number;
  readonly #recorded = new Side();
  readonly #replayed = new Side();
  readonly #differences: ReplayDifference[] = [];
  #ticks = 0;
  #differing = 0;
  #lastAt: number | undefined;

  constructor(pool: PoolId, track: PolicyTrack | undefined, keep: number) {
    this.#pool = pool;
    this.#track = track;
    this.#keep = keep;
  }

  add(
    record: PoolRecord,
    policy: ScalingPolicy,
    onRecorded: Decision | undefined,
    trigger: Decision['trigger'],
  ): void {
    const { view, decision: recorded } = record;
    const passedMs = Math.max(0, view.now - (this.#lastAt ?? view.now));
    const known = passedMs <= LONGEST_GAP_INTERVALS * view.intervalMs ? passedMs : 0;
    this.#lastAt = Math.max(view.now, this.#lastAt ?? view.now);
    this.#ticks++;
    this.#recorded.policy(record.policy);
    this.#replayed.policy(policy.name);
    const demand = view.demand.now;
    const track = this.#track;
    let replayed: Decision;
    let differs: boolean;
    if (track === undefined) {
      replayed = onRecorded as Decision;
      differs = JSON.stringify(replayed) !== JSON.stringify(recorded);
      // Both as if the size that the tick before decided had been there at once: like with like.
      this.#recorded.hold(known, demand);
      this.#replayed.hold(known, demand);
    } else {
      replayed = track.decide(view, this.#lastAt, trigger, policy);
      differs = replayed.to !== recorded.to;
      const { ready, starting, draining } = view;
      this.#recorded.fit.add(known, { demand, ready, paid: ready + starting + draining });
    }
    this.#recorded.decided(recorded);
    this.#replayed.decided(replayed);
    if (!differs) return;
    this.#differing++;
    // Sizes that have parted differ in every tick; what tells is where either changes.
    if (track !== undefined && recorded.from === recorded.to && replayed.from === replayed.to) return;
    if (this.#differences.length < this.#keep) this.#differences.push({ at: view.now, recorded, replayed });
  }

  report(): PoolReplay {
    return {
      pool: this.#pool,
      ticks: this.#ticks,
      differing: this.#differing,
      differences: this.#differences,
      recorded: this.#recorded.report(),
      replayed: this.#replayed.report(this.#track?.fit),
    };
  }
}

class Side {
  readonly fit: Fit = new Fit();
  readonly #policies = new Set<string>();
  #size: number | undefined;
  #peak = 0;

  policy(name: string): void {
    this.#policies.add(name);
  }

  /** The size that was decided was held for so long. */
  hold(passedMs: number, demand: number): void {
    if (this.#size !== undefined) this.fit.add(passedMs, { demand, ready: this.#size, paid: this.#size });
  }

  decided({ from, to }: Decision): void {
    if (to !== from) this.fit.changes++;
    this.#size = to;
    this.#peak = Math.max(this.#peak, to);
  }

  report(fit: Fit = this.fit): ReplaySide {
    return {
      policies: [...this.#policies],
      workerHours: fit.workerHours,
      changes: fit.changes,
      lateRatio: fit.lateRatio,
      peakSize: this.#peak,
    };
  }
}
