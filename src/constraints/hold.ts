import { dampingMs } from '../core/flap-budget.ts';
import { adjust, type Plan } from '../core/plan.ts';
import type { PoolView } from '../core/view.ts';
import type { HoldRules } from '../policies/policy.ts';

/** Scale-ups without effect after which no further one is tried for a while. */
const INEFFECTIVE_LIMIT = 2;

/** Growth allowed on a forecast alone when an outage begins, as a share of the size; it fades to 0 … */
const OUTAGE_GROWTH_RATIO = 0.5;
/** … over this time without an observation. */
const OUTAGE_FADE_MS = 30 * 60_000;

/** Decides whether a wanted change is carried out now, later or not at all. */
export function hold(plan: Plan, view: PoolView, rules: HoldRules): void {
  holdUnobserved(plan, view);
  if (plan.size > view.size) holdUp(plan, view, rules);
  else if (plan.size < view.size) holdDown(plan, view, rules);
}

/** A pool that is not seen in full is never shrunk; one that is not seen at all grows only with caution. */
function holdUnobserved(plan: Plan, view: PoolView): void {
  const { size, quality } = view;
  if (quality === 'full' || plan.size === size) return;
  const age = `${seconds(view.ageMs)} s`;
  if (quality === 'none') {
    stay(plan, view, 'unobserved', 'the pool was never observed: its size is kept');
  } else if (plan.size < size) {
    if (quality === 'partial') {
      stay(plan, view, 'partial-reading', 'the reading is partial: the pool is not shrunk on it');
    } else {
      stay(plan, view, 'unobserved', `the pool was last observed ${age} ago: it is not shrunk`);
    }
  } else if (quality === 'stale') {
    const share = OUTAGE_GROWTH_RATIO * Math.max(0, 1 - view.ageMs / OUTAGE_FADE_MS);
    const most = size + Math.ceil(size * share);
    if (plan.size > most) {
      const reason = `the pool was last observed ${age} ago: it may grow to ${most} on what was expected`;
      adjust(plan, 'hold', 'outage-growth', most, reason);
    }
  }
}

function holdUp(plan: Plan, view: PoolView, rules: HoldRules): void {
  const { size } = view;
  // From zero with work waiting, nothing is worth the wait.
  if (size === 0 && view.queued > 0) return;
  const memory = view.pace;
  if (memory.ineffectiveUps >= INEFFECTIVE_LIMIT) {
    stay(
      plan,
      view,
      'ineffective',
      `the last ${memory.ineffectiveUps} scale-ups brought no throughput: the limit is elsewhere`,
    );
    return;
  }
  if (plan.size - size < rules.upToleranceRatio * size) {
    stay(plan, view, 'within-tolerance', tolerance(plan.size - size, size, rules.upToleranceRatio));
    return;
  }
  const { sinceUpMs } = memory;
  if (sinceUpMs !== undefined && sinceUpMs < rules.upCooldownMs) {
    stay(plan, view, 'cooldown', cooling('up', sinceUpMs, rules.upCooldownMs));
    return;
  }
  if (memory.wantedMin !== undefined && memory.wantedMin < plan.size) {
    const to = Math.max(size, memory.wantedMin);
    const window = seconds(rules.upStabilizationMs);
    adjust(plan, 'hold', 'stabilizing', to, `${memory.wantedMin} was enough within the last ${window} s`);
  }
}

function holdDown(plan: Plan, view: PoolView, rules: HoldRules): void {
  const { size } = view;
  const memory = view.pace;
  // The last workers of a pool may always go: 1 of 1 is no small change.
  if (size - plan.size < rules.downToleranceRatio * size) {
    stay(plan, view, 'within-tolerance', tolerance(size - plan.size, size, rules.downToleranceRatio));
    return;
  }
  const sinceChangeMs = earliest(memory.sinceUpMs, memory.sinceDownMs);
  if (sinceChangeMs !== undefined && sinceChangeMs < rules.downCooldownMs) {
    stay(plan, view, 'cooldown', cooling('down', sinceChangeMs, rules.downCooldownMs));
    return;
  }
  if (memory.wantedMax !== undefined && memory.wantedMax > plan.size) {
    const to = Math.min(size, memory.wantedMax);
    const window = seconds(rules.downStabilizationMs);
    adjust(plan, 'hold', 'stabilizing', to, `${memory.wantedMax} was needed within the last ${window} s`);
    if (plan.size >= size) return;
  }
  holdReversal(plan, view, rules);
}

/** The flap budget. Only scale-downs are damped, as a late scale-up costs more than an early one. */
function holdReversal(plan: Plan, view: PoolView, { reversalsPerHour }: HoldRules): void {
  const { lastDirection, reversalsLastHour: spent, sinceUpMs = Number.POSITIVE_INFINITY } = view.pace;
  if (lastDirection !== 'up') return;
  const waitMs = dampingMs(spent, reversalsPerHour, view.startup.p90Ms + view.intervalMs);
  const of = `${spent} of ${reversalsPerHour} reversals an hour are spent`;
  if (waitMs === Number.POSITIVE_INFINITY) {
    stay(plan, view, 'flap-damped', `${of}: no scale-down until one of them is an hour old`);
  } else if (sinceUpMs < waitMs) {
    stay(plan, view, 'flap-damped', `${of}: a scale-down waits ${seconds(waitMs)} s after a scale-up`);
  }
}

function stay(plan: Plan, view: PoolView, code: Parameters<typeof adjust>[2], reason: string): void {
  adjust(plan, 'hold', code, view.size, reason);
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

function tolerance(change: number, size: number, ratio: number): string {
  return `${change} of ${size} is less than the tolerance of ${Math.round(ratio * 100)}%`;
}

function cooling(direction: 'up' | 'down', sinceMs: number, cooldownMs: number): string {
  const left = seconds(cooldownMs - sinceMs);
  return `cooldown: no scale-${direction} for another ${left} s of ${seconds(cooldownMs)} s`;
}

function seconds(ms: number): number {
  return Math.round(ms / 1000);
}
