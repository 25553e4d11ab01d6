import type { Clock } from './clock.ts';
import type { PoolId } from './core/observation.ts';
import { messageOf } from './errors.ts';
import type { ControllerEvents, Fault, FaultSource, ScaledEvent, TrialEvent } from './events.ts';
import { FaultLog, type StandingFault } from './fault-log.ts';
import type { LeadershipEvent } from './leadership/standing.ts';
import type { ControllerOptions } from './options.ts';
import { publish } from './telemetry/diagnostics.ts';

/** Listens before all others: the dashboard's recorder. */
export type Recorder = { readonly [T in keyof ControllerEvents]?: (detail: ControllerEvents[T][0]) => void };

/** Where events go in the end. */
export interface Audience {
  listenerCount(event: keyof ControllerEvents): number;
  emit(event: keyof ControllerEvents, ...payload: never): boolean;
}

/** Tells what happens: to the recorder, the diagnostics channels, the listeners and the log. */
export class Herald {
  readonly #audience: Audience;
  readonly #recorder: Recorder;
  readonly #logger: NonNullable<ControllerOptions['logger']>;
  readonly #clock: Clock;
  readonly #faults = new FaultLog();
  /** Events of which a listener has failed: that of another one is news. */
  readonly #failing = new Set<keyof ControllerEvents>();

  constructor(
    audience: Audience,
    recorder: Recorder,
    logger: NonNullable<ControllerOptions['logger']>,
    clock: Clock,
  ) {
    this.#audience = audience;
    this.#recorder = recorder;
    this.#logger = logger;
    this.#clock = clock;
  }

  tell<T extends keyof ControllerEvents>(event: T, ...payload: ControllerEvents[T]): void {
    const [detail] = payload;
    this.#recorder[event]?.(detail);
    publish(event, detail);
    if (this.#audience.listenerCount(event) > 0) this.#audience.emit(event, ...(payload as never));
  }

  /** Somebody listens to it. */
  isHeard(event: keyof ControllerEvents): boolean {
    return this.#audience.listenerCount(event) > 0;
  }

  /** One line for a decision that changes something. */
  scaled(change: ScaledEvent): void {
    const { pool, from, to } = change;
    const { wanted, emergency, reason } = change.decision;
    this.#logger.info({ pool, from, to, wanted, emergency }, `${pool}: ${from} → ${to}: ${reason}`);
    this.tell('scaled', change);
  }

  trial(event: TrialEvent): void {
    const { pool, shadow, outcome, reason } = event;
    this.#logger.info({ pool, shadow, trial: outcome }, `${pool}: trial of ${shadow} ${outcome}: ${reason}`);
    this.tell('trial', event);
  }

  leadership(event: LeadershipEvent): void {
    const { leader, fencingToken } = event;
    this.#logger.info(
      { leader, fencingToken },
      leader ? 'this instance leads now' : 'this instance leads no more',
    );
    this.tell('leadership', event);
  }

  /** @param news it was not told before, however often its source fails */
  fault(fault: Omit<Fault, 'at'>, news = false): void {
    const told: Fault = { at: this.#clock.now(), ...fault };
    if (!this.#faults.report(told, this.#clock.monotonic(), news)) return;
    const { pool, source, error } = told;
    this.#logger.warn({ pool, source, err: error }, told.message);
    this.tell('fault', told);
  }

  /** Something threw. */
  failure(source: FaultSource, error: unknown, what = ''): void {
    this.fault({ source, message: `${what}${messageOf(error)}`, error });
  }

  /** A listener threw. One for faults must not be called for its own. */
  listenerFailed(event: keyof ControllerEvents, error: unknown): void {
    const message = `a listener of '${event}' failed: ${messageOf(error)}`;
    if (event === 'fault') this.#logger.warn({ source: 'listener', err: error }, message);
    else this.fault({ source: 'listener', message, error }, !this.#failing.has(event));
    this.#failing.add(event);
  }

  /** The cause of earlier faults has gone. */
  recovered(pool: PoolId | undefined, source: FaultSource): void {
    const over = this.#faults.clear(pool, source);
    if (over === undefined) return;
    const at = this.#clock.now();
    const message = `over: ${over.message}`;
    this.tell('fault', { at, ...(pool !== undefined && { pool }), source, message, recovered: true });
  }

  /** Faults whose causes last. */
  standing(): StandingFault[] {
    return this.#faults.standing();
  }

  forget(pool: PoolId): void {
    this.#faults.forget(pool);
  }
}
