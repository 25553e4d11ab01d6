import type { Decision, Trigger } from '../core/decision.ts';
import { Fit } from '../core/fit.ts';
import type { Instant } from '../core/instant.ts';
import type { ShadowRecord } from '../core/record.ts';
import type { PoolView } from '../core/view.ts';
import { InvalidOptionError } from '../errors.ts';
import type { TrialEvent } from '../events.ts';
import type { ScalingPolicy } from '../policies/policy.ts';
import { PolicyTrack } from './policy-track.ts';
import { costRatio, resolveTrial, Trial, type TrialOptions } from './trial.ts';

/** The pool beside which the shadows decide. */
export interface Seat {
  readonly id: string;
  /** The pool's own policy. */
  readonly own: ScalingPolicy;
  /** The policy in force: its own, or the one that a schedule has put in its place. */
  readonly policy: ScalingPolicy;
  /** Its decisions are carried out. */
  readonly acts: boolean;
  /** Makes this the pool's own policy. */
  adopt(policy: ScalingPolicy): void;
}

/** One of the policies that are compared, since the comparison began. Plain JSON. */
export interface ShadowStanding {
  /** Its name among the shadows; of the acting one at the beginning, the policy's name. */
  readonly name: string;
  readonly policy: string;
  /** It carries its decisions out, and its figures are measured; those of the others are modelled. */
  readonly acting: boolean;
  readonly size: number;
  readonly periodMs: number;
  readonly workerHours: number;
  /** Share of the demand that found no ready worker when it came, 0..1. */
  readonly lateRatio: number;
  readonly changes: number;
  /** Its worker-hours over those of the acting policy. */
  readonly costRatio: number;
  readonly decision?: Decision;
}

/** A trial that runs. Plain JSON. */
export interface TrialStanding {
  readonly shadow: string;
  readonly insteadOf: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms. */
  readonly until: number;
  readonly lateRatio: number;
  readonly maxLateRatio: number;
  readonly costRatio: number;
  readonly maxCostRatio: number;
}

/** Policies that decide beside the acting one, and the trial in which one of them acts. */
export class Shadows {
  readonly #seat: Seat;
  readonly #tell: (event: TrialEvent) => void;
  readonly #tracks = new Map<string, PolicyTrack>();
  #acting = new Fit();
  #actingName: string;
  #actedAt: number | undefined;
  #trial: Trial | undefined;

  constructor(seat: Seat, policies: ReadonlyMap<string, ScalingPolicy>, tell: (event: TrialEvent) => void) {
    this.#seat = seat;
    this.#tell = tell;
    this.#actingName = seat.own.name;
    for (const [name, policy] of policies) this.#tracks.set(name, new PolicyTrack(policy));
  }

  /** Lets all of them decide on what was seen; nothing of it is carried out. */
  decide(view: PoolView, decision: Decision, at: Instant, trigger: Trigger): ShadowRecord[] {
    this.#measure(view, decision, at);
    const { policy, own } = this.#seat;
    const scheduled = policy === own ? undefined : policy;
    const records: ShadowRecord[] = [];
    for (const [name, track] of this.#tracks) {
      const shadowed = track.decide(view, at.monotonic, trigger, scheduled);
      records.push({ name, policy: track.policy.name, decision: shadowed });
    }
    this.#judge(at);
    return records;
  }

  /** All that are compared, the acting policy first. */
  standings(view: PoolView | undefined, decision: Decision | undefined): ShadowStanding[] {
    return [
      this.#standing(this.#actingName, this.#seat.own, true, view?.size, this.#acting, decision),
      ...Array.from(this.#tracks, ([name, track]) =>
        this.#standing(name, track.policy, false, track.size, track.fit, track.decision),
      ),
    ];
  }

  /** The trial that runs, if one does. */
  trial(): TrialStanding | undefined {
    const trial = this.#trial;
    if (trial === undefined) return undefined;
    const { shadow, insteadOf, startedAt, until, maxLateRatio, maxCostRatio } = trial;
    const { lateRatio } = this.#acting;
    const ratio = costRatio(this.#acting, this.#insteadOf(trial).fit);
    return { shadow, insteadOf, startedAt, until, lateRatio, maxLateRatio, costRatio: ratio, maxCostRatio };
  }

  /** @throws InvalidOptionError */
  promote(name: string, options: TrialOptions, view: PoolView | undefined, at: Instant): void {
    const track = this.#tracks.get(name);
    if (track === undefined) {
      throw new InvalidOptionError('shadow', `must name a shadow of ${this.#seat.id}`, name);
    }
    if (this.#trial !== undefined) {
      throw new InvalidOptionError(
        'shadow',
        `must wait: the trial of ${this.#trial.shadow} still runs`,
        name,
      );
    }
    if (!this.#seat.acts) {
      throw new InvalidOptionError(
        'pool',
        'must be acting, neither paused nor in recommend mode',
        this.#seat.id,
      );
    }
    const settings = resolveTrial(options);
    const insteadOf = this.#swap(name, track.policy);
    const graceMs = view === undefined ? 0 : view.startup.p90Ms + view.intervalMs;
    this.#trial = new Trial({ pool: this.#seat.id, shadow: name, insteadOf, at, graceMs, ...settings });
    this.#tell(this.#trial.begun(at));
  }

  /** Ends a trial before its time and hands the pool back. `false`: none runs. */
  takeBack(reason: string, at: Instant): boolean {
    const trial = this.#trial;
    if (trial === undefined) return false;
    this.#trial = undefined;
    const event = trial.end('taken-back', reason, at, this.#acting, this.#insteadOf(trial).fit);
    this.#swap(trial.insteadOf, this.#insteadOf(trial).policy);
    this.#tell(event);
    return true;
  }

  /** The host has given the pool another policy: a trial ends, and the comparison begins anew. */
  succeed(policy: ScalingPolicy, at: Instant): void {
    this.takeBack('the pool was given another policy', at);
    this.#seat.adopt(policy);
    this.#actingName = policy.name;
    this.#begin();
  }

  /** The acting policy becomes a shadow, and one of the shadows acts. Gives the name of the former. */
  #swap(name: string, policy: ScalingPolicy): string {
    const former = this.#actingName;
    const free = former === name || this.#tracks.has(former) ? `${former} (before)` : former;
    this.#tracks.delete(name);
    this.#tracks.set(free, new PolicyTrack(this.#seat.own));
    this.#seat.adopt(policy);
    this.#actingName = name;
    this.#begin();
    return free;
  }

  /** The comparison begins anew, for all alike. */
  #begin(): void {
    this.#acting = new Fit();
    for (const track of this.#tracks.values()) track.begin();
  }

  #measure(view: PoolView, decision: Decision, at: Instant): void {
    const passedMs = at.monotonic - (this.#actedAt ?? at.monotonic);
    this.#actedAt = at.monotonic;
    const { ready, starting, draining, demand } = view;
    this.#acting.add(passedMs, { demand: demand.now, ready, paid: ready + starting + draining });
    if (decision.to !== decision.from && this.#seat.acts) this.#acting.changes++;
  }

  #judge(at: Instant): void {
    const trial = this.#trial;
    if (trial === undefined || !this.#seat.acts) return;
    if (trial.inGrace(at)) {
      this.#begin();
      return;
    }
    const before = this.#insteadOf(trial).fit;
    const breach = trial.breach(this.#acting, before);
    if (breach !== undefined) {
      this.takeBack(breach, at);
    } else if (at.monotonic >= trial.endsAt) {
      this.#trial = undefined;
      this.#tell(trial.end('kept', 'the trial has passed', at, this.#acting, before));
    }
  }

  #standing(
    name: string,
    policy: ScalingPolicy,
    acting: boolean,
    size: number | undefined,
    fit: Fit,
    decision: Decision | undefined,
  ): ShadowStanding {
    const { periodMs, workerHours, lateRatio, changes } = fit;
    return {
      name,
      policy: policy.name,
      acting,
      size: size ?? 0,
      periodMs,
      workerHours,
      lateRatio,
      changes,
      costRatio: costRatio(fit, this.#acting),
      ...(decision !== undefined && { decision }),
    };
  }

  #insteadOf(trial: Trial): PolicyTrack {
    return this.#tracks.get(trial.insteadOf) as PolicyTrack;
  }
}
