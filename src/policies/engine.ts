import type { Proposal, Refusal, Voice } from '../core/decision.ts';
import { figure } from '../core/format.ts';
import { MOST_WORKERS } from '../core/observation.ts';
import type { PoolView } from '../core/view.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Policy, PolicyEngine } from './policy.ts';

/** What is left of a fraction by rounding errors is no worker: 0.1 * 3 / 0.1 = 3.0000000000000004 is 3. */
const DUST = 1e-9;

/**
 * The ordinary engine. It takes the largest target, raises it to the highest floor and cuts it to the lowest
 * ceiling, so a ceiling beats a floor and a floor beats a target. With no target the present size is the target.
 *
 * Fractions are rounded up, a ceiling's down. Every voice stays in the proposal; `won` marks the one whose number it
 * is (the first of equals), and none where nothing but the present size spoke. A policy that throws, or proposes NaN,
 * a negative or an absurd number, has no opinion in this tick and is listed in `refused`.
 *
 * While any policy declares an emergency, the proposal is one, and `emergencySize` is what the emergency itself
 * asks for (within the lowest ceiling). A ceiling that `yields` does not count then.
 *
 * @throws InvalidOptionError when a policy has no name or no `propose`.
 */
export function createEngine(policies: readonly Policy[]): PolicyEngine {
  checkPolicies('policies', policies);
  return { propose: (view) => conclude(view, policies) };
}

export function checkPolicies(field: string, policies: readonly Policy[]): void {
  if (!Array.isArray(policies)) throw new InvalidOptionError(field, 'must be a list of policies', policies);
  for (const [index, policy] of policies.entries()) {
    if (typeof policy?.propose !== 'function' || typeof policy.name !== 'string' || policy.name === '') {
      throw new InvalidOptionError(
        `${field}[${index}]`,
        'must be a policy with a name and propose()',
        policy,
      );
    }
  }
}

type Heard = { -readonly [Field in keyof Voice]: Voice[Field] };

function conclude(view: PoolView, policies: readonly Policy[]): Proposal {
  const voices: Heard[] = [];
  let refused: Refusal[] | undefined;
  let target: Heard | undefined;
  let floor: Heard | undefined;
  let ceiling: Heard | undefined;
  let yielding: Heard | undefined;
  let emergencySize: number | undefined;

  for (const policy of policies) {
    const voice = ask(policy, view);
    if (voice === undefined) continue;
    if (!('won' in voice)) {
      refused ??= [];
      refused.push(voice);
      continue;
    }
    voices.push(voice);
    const { kind, size } = voice;
    if (kind === 'ceiling') {
      if (voice.yields === true) yielding = lower(yielding, voice);
      else ceiling = lower(ceiling, voice);
      continue;
    }
    if (kind === 'target') target = higher(target, voice);
    else floor = higher(floor, voice);
    if (voice.emergency === true) emergencySize = Math.max(emergencySize ?? 0, size);
  }

  if (emergencySize === undefined && yielding !== undefined) ceiling = lower(ceiling, yielding);

  let size = target?.size ?? view.size;
  let winner = target;
  if (floor !== undefined && floor.size > size) {
    size = floor.size;
    winner = floor;
  }
  if (ceiling !== undefined && ceiling.size < size) {
    size = ceiling.size;
    winner = ceiling;
  }
  if (winner !== undefined) winner.won = true;

  return {
    kind: 'target',
    size,
    reason: winner?.reason ?? `no policy asks for a change: ${view.size} stay`,
    voices,
    ...(winner?.confidence !== undefined && { confidence: winner.confidence }),
    ...(emergencySize !== undefined && { emergency: true, emergencySize: Math.min(emergencySize, size) }),
    ...(refused !== undefined && { refused }),
  };
}

function higher(a: Heard | undefined, b: Heard): Heard {
  return a === undefined || b.size > a.size ? b : a;
}

function lower(a: Heard | undefined, b: Heard): Heard {
  return a === undefined || b.size < a.size ? b : a;
}

/** One policy's voice, a refusal, or silence. */
function ask(policy: Policy, view: PoolView): Heard | Refusal | undefined {
  try {
    const proposal = policy.propose(view);
    return proposal === undefined || proposal === null ? undefined : hear(policy.name, proposal);
  } catch (error) {
    return { by: policy.name, reason: error instanceof Error ? `threw: ${error.message}` : 'threw' };
  }
}

function hear(by: string, { kind, size, reason, emergency, yields, confidence }: Proposal): Heard | Refusal {
  if (kind !== 'target' && kind !== 'floor' && kind !== 'ceiling') {
    return { by, reason: 'proposed neither target, floor nor ceiling' };
  }
  if (typeof size !== 'number' || !(size >= 0 && size <= MOST_WORKERS)) {
    return {
      by,
      reason:
        typeof size === 'number'
          ? `proposed ${figure(size)} workers`
          : `proposed a ${typeof size} for a size`,
    };
  }
  return {
    by,
    kind,
    size: kind === 'ceiling' ? Math.floor(size + DUST) : Math.max(0, Math.ceil(size - DUST)),
    reason: typeof reason === 'string' ? reason : `${by} gave no reason`,
    won: false,
    ...(emergency === true && kind !== 'ceiling' && { emergency }),
    ...(yields === true && kind === 'ceiling' && { yields }),
    ...(confidence !== undefined && { confidence }),
  };
}
