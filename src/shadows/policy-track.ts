import { PaceMeter } from '../constraints/pace-meter.ts';
import type { Decision, Trigger } from '../core/decision.ts';
import { Fit } from '../core/fit.ts';
import { type CrewLedger, crewOf, type FluidCrew } from '../core/fluid-crew.ts';
import type { PoolView } from '../core/view.ts';
import { decide } from '../decide.ts';
import type { ScalingPolicy } from '../policies/policy.ts';
import { type Rehearsal, rehearsalOf } from '../policies/rehearsal.ts';
import { viewWith } from './modelled-crew.ts';

/**
 * A policy on the load of a pool that it does not own: it decides with a memory of its own (cooldowns, windows,
 * emergencies), and its decisions lead to a size of its own, which is modelled. Limits that pools share (budget,
 * resources) are not modelled: it may hold what it would not have got.
 */
export class PolicyTrack {
  readonly policy: ScalingPolicy;
  /** What its size would have cost, and how much it would have made wait. */
  fit: Fit = new Fit();
  decision: Decision | undefined;
  readonly #pace: PaceMeter;
  readonly #rehearsal: Rehearsal | undefined;
  readonly #ledger: CrewLedger = {
    served: (passedMs, demand, { ready, size }) => this.fit.add(passedMs, { demand, ready, paid: size }),
  };
  #crew: FluidCrew | undefined;
  #emergency: { readonly sizeBefore: number; readonly since: number } | undefined;
  #demand = 0;

  constructor(policy: ScalingPolicy) {
    this.policy = policy;
    this.#pace = new PaceMeter(policy.pace, policy.hold);
    this.#rehearsal = rehearsalOf(policy);
  }

  /** The size that it would hold now; `undefined` before it has decided. */
  get size(): number | undefined {
    return this.#crew?.size;
  }

  /**
   * Decides on what the pool's own controller sees.
   *
   * @param policy that a schedule has put in force for a while; default: its own
   */
  decide(live: PoolView, monotonic: number, trigger: Trigger, policy: ScalingPolicy = this.policy): Decision {
    this.#crew ??= live.quality === 'none' ? undefined : crewOf(live, monotonic);
    const view = this.#view(live, monotonic);
    const [decision] = decide([{ view, policy, trigger }]) as [Decision];
    this.#remember(decision, live, monotonic);
    return decision;
  }

  /** Forgets what it has cost so far. */
  begin(): void {
    this.fit = new Fit();
  }

  #view(live: PoolView, monotonic: number): PoolView {
    const crew = this.#crew;
    if (crew === undefined) return live;
    // What was demanded since the tick before is what this tick has measured.
    if (live.quality === 'full' || live.quality === 'partial') this.#demand = live.demand.now;
    crew.advance(monotonic, this.#demand, this.#ledger);
    const view = viewWith(crew, live);
    view.pace = this.#pace.recall(monotonic, 0);
    if (this.#rehearsal !== undefined) view.headroom = this.#rehearsal.advance(live, monotonic);
    delete view.emergency;
    // Needs, prices and paid hours are those of the workers that are really there.
    delete view.terms;
    if (this.#emergency !== undefined) {
      const { sizeBefore, since } = this.#emergency;
      view.emergency = { sizeBefore, sinceMs: monotonic - since };
    }
    return view;
  }

  #remember(decision: Decision, live: PoolView, monotonic: number): void {
    this.decision = decision;
    if (!decision.emergency) this.#emergency = undefined;
    else this.#emergency ??= { sizeBefore: decision.from, since: monotonic };
    if (live.quality === 'full') this.#pace.want(decision.wanted, monotonic);
    if (this.#crew === undefined || decision.to === decision.from) return;
    this.#pace.change(decision.from, decision.to, monotonic);
    this.#crew.resize(decision.to, monotonic, live.startup.p50Ms);
    this.fit.changes++;
  }
}
