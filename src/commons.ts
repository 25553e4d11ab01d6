import type { Clock } from './clock.ts';
import { type BudgetOptions, budgetSupplies } from './constraints/budget-rules.ts';
import type { Shared } from './constraints/share-out.ts';
import type { Instant } from './core/instant.ts';
import type { PoolId } from './core/observation.ts';
import type { ResourceCapacity, ResourceGuard, Supply } from './core/resources.ts';
import type { ActiveSignal, Signal, ThrottleAdvice } from './core/signal.ts';
import type { PoolView } from './core/view.ts';
import { isPromise, withDeadline } from './deadline.ts';
import { messageOf } from './errors.ts';
import type { Fault } from './events.ts';
import { costSignal, type Spend, totalSpend } from './fleet/spend-meter.ts';
import { type Raised, SignalBoard } from './triggers/signal-board.ts';
import type { SignalOptions } from './triggers/signal-options.ts';

/** What all pools share, as the options give it. */
export interface CommonsOptions {
  /** Absent = nothing is sensed, and nothing judged. */
  readonly guard: ResourceGuard | undefined;
  readonly budget: BudgetOptions;
  readonly signals: SignalOptions;
}

export interface CommonsHooks {
  fault(fault: Omit<Fault, 'at'>): void;
  recovered(source: Fault['source']): void;
  throttle(advice: ThrottleAdvice): void;
}

const UNSHARED: readonly Supply[] = [];

/** What the pools of a controller share: what there is for workers, what may be spent, and the signals in force. */
export class Commons {
  readonly board: SignalBoard;
  readonly #guard: ResourceGuard | undefined;
  readonly #budget: BudgetOptions;
  readonly #supplies: readonly Supply[];
  readonly #hooks: CommonsHooks;
  #capacity: ResourceCapacity | undefined;

  /**
   * @param before the commons that these replace: signals in force stay, with the options that they were raised under
   * @throws InvalidOptionError
   */
  constructor({ guard, budget, signals }: CommonsOptions, hooks: CommonsHooks, before?: Commons) {
    this.#guard = guard;
    this.#budget = budget;
    this.#supplies = budgetSupplies(budget);
    this.board = before?.board ?? new SignalBoard(signals);
    this.#capacity = guard === undefined || before === undefined ? undefined : before.#capacity;
    this.#hooks = hooks;
  }

  /** Asks the guard what there is. When it fails, what it said last goes on to hold. Never rejects. */
  sense(clock: Clock, timeoutMs: number): void | Promise<void> {
    const guard = this.#guard;
    if (guard === undefined) return;
    const accept = (capacity: ResourceCapacity): void => {
      this.#capacity = capacity;
      this.#hooks.recovered('guard');
    };
    const fail = (error: unknown): void => {
      this.#hooks.fault({ source: 'guard', message: messageOf(error), error });
    };
    try {
      const sensed = withDeadline(clock, timeoutMs, 'sense()', (signal) => guard.sense(signal));
      if (isPromise(sensed)) return sensed.then(accept, fail);
      accept(sensed);
    } catch (error) {
      fail(error);
    }
  }

  /** The limits of this tick, for `decide`. */
  shared(at: Instant): Shared {
    const limits = this.board.supplies(at);
    return {
      ...(this.#guard !== undefined && { guard: this.#guard }),
      ...(this.#capacity !== undefined && { capacity: this.#capacity }),
      budget: limits.length > 0 ? [...this.#supplies, ...limits] : this.#supplies,
    };
  }

  /** Puts a signal of the host's into force. */
  raise(signal: Signal, views: readonly PoolView[], at: Instant): Raised {
    return this.#told(this.board.raise(signal, views, at));
  }

  /** Puts what was detected in a view into force, and gives the signals that hold for its pool now. */
  signalsFor(view: PoolView, detected: readonly Signal[], at: Instant): readonly ActiveSignal[] {
    for (const signal of detected) this.#told(this.board.raise(signal, [view], at, 'detector'));
    return this.board.active(view.pool, at);
  }

  /** Limits what may be spent when more was spent within the hour or the day than the budget allows. */
  audit(spends: readonly Spend[], views: readonly PoolView[], at: Instant): void {
    if (spends.length === 0) return;
    const signal = costSignal(totalSpend(spends), this.#budget);
    if (signal !== undefined) this.#told(this.board.raise(signal, views, at, 'detector'));
  }

  forget(pool: PoolId): void {
    this.board.forget(pool);
  }

  #told(raised: Raised): Raised {
    for (const advice of raised.advice) this.#hooks.throttle(advice);
    return raised;
  }
}

/** What limits decisions, without the guard: plain JSON, for the record. */
export function recordOf({
  capacity,
  budget,
}: Shared): { capacity?: ResourceCapacity; budget: readonly Supply[] } | undefined {
  if (capacity === undefined && budget.length === 0) return undefined;
  return { ...(capacity !== undefined && { capacity }), budget: budget.length > 0 ? budget : UNSHARED };
}
