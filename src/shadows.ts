import type { Decision, Trigger } from './core/decision.ts';
import { Fit } from './core/fit.ts';
import type { Instant } from './core/instant.ts';
import type { ShadowRecord } from './core/record.ts';
import type { PoolView } from './core/view.ts';
import { InvalidOptionError } from './errors.ts';
import type { TrialEvent } from './events.ts';
import type { ScalingPolicy } from './policies/policy.ts';
import { PolicyTrack } from './policy-track.ts';
import { resolveTrial, Trial, type TrialOptions } from './trial.ts';

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

/** One of the policies that are compared. */
export interface ShadowStanding {
  readonly name: string;
  readonly policy: string;
  readonly acting: boolean;
  readonly size: number;
  readonly fit: Readonly<Fit>;
  readonly decision?: Decision;
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

  get trial(): Trial | undefined {
    return this.#trial;
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

  /** The acting policy first. */
  standings(view: PoolView | undefined, decision: Decision | undefined): ShadowStanding[] {
    const acting: ShadowStanding = {
      name: this.#actingName,
      policy: this.#seat.own.name,
      acting: true,
      size: view?.size ?? 0,
      fit: this.#acting,
      ...(decision !== undefined && { decision }),
    };
    const shadows = [...this.#tracks].map(([name, { policy, size, fit, decision: shadowed }]) => ({
      name,
      policy: policy.name,
      acting: false,
      size: size ?? 0,
      fit,
      ...(shadowed !== undefined && { decision: shadowed }),
    }));
    return [acting, ...shadows];
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

  #insteadOf(trial: Trial): PolicyTrack {
    return this.#tracks.get(trial.insteadOf) as PolicyTrack;
  }
}
