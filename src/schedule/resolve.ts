import type { ParsedSchedule } from './parse-schedule.ts';
import type { ScheduleAction } from './schedule.ts';
import type { Span } from './timeline.ts';

/** One schedule's wish at an instant. */
export type Claim = SizeClaim | PolicyClaim;

interface ClaimBase {
  readonly schedule: ParsedSchedule;
  readonly span: Span;
}

export interface SizeClaim extends ClaimBase {
  readonly kind: 'scaleTo' | 'atLeast' | 'atMost';
  readonly size: number;
}

export interface PolicyClaim extends ClaimBase {
  readonly kind: 'policy';
  readonly policy: string;
}

/** A claim that counts, with the size that is left of it. */
export interface Standing {
  readonly claim: SizeClaim;
  readonly size: number;
  /** The ceiling that cut it. */
  readonly cutBy?: SizeClaim;
}

/** Claims on one pool at one instant, contradictions resolved. */
export interface Resolution {
  /** The strongest first. */
  readonly standing: readonly Standing[];
  readonly policy: PolicyClaim | undefined;
  readonly overridden: readonly { readonly claim: Claim; readonly by: Claim }[];
  /** The highest floor; 0 = none. */
  readonly floor: number;
  /** The lowest ceiling that nothing may lift; `Infinity` = none. */
  readonly limit: number;
}

export function claimOf(schedule: ParsedSchedule, span: Span): Claim {
  return { schedule, span, ...kindOf(span.action) };
}

function kindOf(
  action: ScheduleAction,
): Pick<SizeClaim, 'kind' | 'size'> | Pick<PolicyClaim, 'kind' | 'policy'> {
  if ('scaleTo' in action) return { kind: 'scaleTo', size: action.scaleTo };
  if ('atLeast' in action) return { kind: 'atLeast', size: action.atLeast };
  if ('atMost' in action) return { kind: 'atMost', size: action.atMost };
  return { kind: 'policy', policy: action.policy };
}

/**
 * Lets the stronger claims stand and fits the weaker ones in. Stronger is: higher priority; then `atMost` before
 * `atLeast` before `scaleTo`; then begun later; then larger. A floor above a ceiling that stands is cut to it; a
 * ceiling below a floor that stands is set aside; of several `scaleTo` one counts.
 *
 * So `atLeast: 20` with `scaleTo: 8` is 20 or more, and `atMost: 5` with `scaleTo: 8` is 5.
 */
export function resolve(claims: readonly Claim[]): Resolution {
  const standing: Standing[] = [];
  const overridden: { claim: Claim; by: Claim }[] = [];
  let policy: PolicyClaim | undefined;
  let exact: Standing | undefined;
  let floor: Standing | undefined;
  let ceiling: Standing | undefined;
  let limit = Number.POSITIVE_INFINITY;

  for (const claim of [...claims].sort(byStrength)) {
    if (claim.kind === 'policy') {
      if (policy) overridden.push({ claim, by: policy });
      else policy = claim;
      continue;
    }
    const winner = contradicted(claim, exact, floor);
    if (winner) {
      overridden.push({ claim, by: winner.claim });
      continue;
    }
    const stands: Standing =
      claim.kind !== 'atMost' && ceiling && claim.size > ceiling.size
        ? { claim, size: ceiling.size, cutBy: ceiling.claim }
        : { claim, size: claim.size };
    standing.push(stands);
    if (claim.kind === 'scaleTo') exact = stands;
    if (claim.kind !== 'atMost' && (!floor || stands.size > floor.size)) floor = stands;
    if (claim.kind !== 'atLeast' && (!ceiling || stands.size < ceiling.size)) ceiling = stands;
    if (isLimit(claim)) limit = Math.min(limit, stands.size);
  }
  return { standing, policy, overridden, floor: floor?.size ?? 0, limit };
}

/** A ceiling that is meant: pre-warmed and fading workers stay below it. A plain `scaleTo` is lifted for them. */
export function isLimit({ kind, schedule }: SizeClaim): boolean {
  return kind === 'atMost' || (kind === 'scaleTo' && !schedule.emergencyOverride);
}

/** The stronger claim that leaves this one nothing to say, if there is one. */
function contradicted(
  claim: SizeClaim,
  exact: Standing | undefined,
  floor: Standing | undefined,
): Standing | undefined {
  if (claim.kind === 'atLeast') return exact && claim.size > exact.size ? exact : undefined;
  if (claim.kind === 'scaleTo' && exact) return exact;
  return floor && claim.size < floor.size ? floor : undefined;
}

const RANK = { atMost: 0, atLeast: 1, scaleTo: 2, policy: 3 };

function byStrength(a: Claim, b: Claim): number {
  return (
    b.schedule.priority - a.schedule.priority ||
    RANK[a.kind] - RANK[b.kind] ||
    b.span.from - a.span.from ||
    ('size' in a && 'size' in b ? b.size - a.size : 0) ||
    (a.schedule.name < b.schedule.name ? -1 : 1)
  );
}
