import { InvalidOptionError } from '../errors.ts';
import { createPolicy } from '../policies/create-policy.ts';
import type { ScalingPolicy } from '../policies/policy.ts';
import type { PolicyOptions } from '../policies/policy-options.ts';
import { templates } from '../policies/templates.ts';
import { references } from '../testing/references/index.ts';
import {
  type ReferenceAutoscaler,
  type ReferenceContext,
  referencePolicy,
} from '../testing/references/reference.ts';

/**
 * What may take part in a backtest: a name (`adaptive`, a template, a reference, or a reference with its headroom as
 * `hpa@0.7`), options of `createPolicy` under a name of their own, or a function that makes a policy.
 */
export type Entrant =
  | string
  | { readonly name: string; readonly options: PolicyOptions }
  | { readonly name: string; readonly create: (context: ReferenceContext) => ScalingPolicy };

/** One policy in one setting. */
export interface Contender {
  readonly name: string;
  readonly title: string;
  /**
   * `flyball`: a policy of flyball or of the caller. `reference`: written from a published description.
   * `foreknowing`: a reference that was told the load in advance, for orientation only.
   */
  readonly kind: 'flyball' | 'reference' | 'foreknowing';
  /** Where it has one. */
  readonly headroom?: number;
  /** It runs with its defaults. */
  readonly isDefault: boolean;
  /** Options of `createPolicy`. */
  readonly options?: PolicyOptions;
  readonly create?: (context: ReferenceContext) => ScalingPolicy;
}

const FOREKNOWING: ReadonlySet<string> = new Set(['static-peak', 'static-mean', 'oracle']);

/** Names of all policies that `backtest` knows. */
export function contenderNames(): string[] {
  return ['adaptive', ...Object.keys(templates), ...references.map((reference) => reference.name)];
}

/**
 * @param curve Also all other headrooms of the references' curves.
 * @throws InvalidOptionError naming the entrant
 */
export function resolveContenders(entrants: readonly Entrant[] | 'all', curve: boolean): Contender[] {
  const all = entrants === 'all' ? contenderNames() : entrants;
  if (all.length === 0) throw new InvalidOptionError('policies', 'must name at least one policy', all);
  return all.flatMap((entrant, i) => resolve(entrant, `policies[${i}]`, curve));
}

function resolve(entrant: Entrant, field: string, curve: boolean): Contender[] {
  if (typeof entrant !== 'string') {
    const { name } = entrant;
    if ('create' in entrant) {
      return [{ name, title: name, kind: 'flyball', isDefault: true, create: entrant.create }];
    }
    createPolicy(entrant.options);
    return [{ name, title: name, kind: 'flyball', isDefault: true, options: entrant.options }];
  }
  const [name = '', headroom] = entrant.split('@');
  if (headroom === undefined && (name === 'adaptive' || Object.hasOwn(templates, name))) {
    const options = { template: name } as PolicyOptions;
    return [{ name, title: `flyball ${name}`, kind: 'flyball', isDefault: true, options }];
  }
  const reference = references.find((other) => other.name === name);
  if (reference === undefined) {
    throw new InvalidOptionError(field, `must be one of ${contenderNames().join(', ')}`, entrant);
  }
  if (headroom !== undefined) return [ofReference(reference, headroomOf(headroom, field))];
  const others = curve
    ? reference.headroom.curve.filter((value) => value !== reference.headroom.default)
    : [];
  return [reference.headroom.default, ...others].map((value) => ofReference(reference, value));
}

function headroomOf(text: string, field: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 100)) {
    throw new InvalidOptionError(field, 'must give the headroom as a number above 0, e.g. hpa@0.7', text);
  }
  return value;
}

function ofReference(reference: ReferenceAutoscaler, headroom: number): Contender {
  const { name, title } = reference;
  const kind = FOREKNOWING.has(name) ? 'foreknowing' : 'reference';
  return { name, title, kind, headroom, isDefault: headroom === reference.headroom.default };
}

/** A new policy, with a memory of its own. */
export function policyOf(contender: Contender, context: ReferenceContext): ScalingPolicy {
  if (contender.create !== undefined) return contender.create(context);
  if (contender.options !== undefined) return createPolicy(contender.options);
  const reference = references.find((other) => other.name === contender.name) as ReferenceAutoscaler;
  return referencePolicy(reference, context, contender.headroom);
}

/** `hpa@0.8`, or just the name. */
export function labelOf(contender: Pick<Contender, 'name' | 'headroom'>): string {
  return contender.headroom === undefined ? contender.name : `${contender.name}@${contender.headroom}`;
}
