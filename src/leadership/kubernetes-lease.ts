import { CoordinationV1Api, type KubeConfig, type V1Lease, V1MicroTime } from '@kubernetes/client-node';
import type { Clock } from '../clock.ts';
import { InvalidOptionError } from '../errors.ts';
import { isConflict, isNotFound } from '../kubernetes/api-error.ts';
import { call, within } from '../kubernetes/call.ts';
import { namespaceOf } from '../kubernetes/namespace.ts';
import type { Leadership } from './leadership.ts';
import {
  type Claim,
  type Claimed,
  type Lease,
  type LeaseOptions,
  type LeaseStore,
  leaseOf,
} from './lease.ts';
import { LeaseKeeper } from './lease-keeper.ts';

/** What is needed of a cluster's client: a `CoordinationV1Api` has it. */
export type LeasesApi = Pick<
  CoordinationV1Api,
  'readNamespacedLease' | 'createNamespacedLease' | 'replaceNamespacedLease'
>;

export interface KubernetesLeadershipOptions extends Omit<LeaseOptions, 'name' | 'leaseMs'> {
  /** Of the Lease, which is made where it is missing: instances with the same one stand in for each other. Default `flyball`. */
  readonly name?: string;
  /** Default: the one of the kubeconfig's context, which inside a cluster is the pod's own; else `default`. */
  readonly namespace?: string;
  /**
   * How long a term lasts unless it is renewed, ms. Whole seconds, in which a Lease counts; at least 1,000, default
   * 10,000. A takeover takes at most 1 s longer.
   */
  readonly leaseMs?: number;
}

/** How often a claim is made anew where somebody else has written in between. */
const TRIES = 3;

/**
 * Leadership by a Lease of `coordination.k8s.io/v1`: whoever holds it leads; it is renewed three times in its length,
 * given up by `stop()`, and free for others once it runs out.
 *
 * The lease is counted from before the call that renewed it was sent, and ends a margin early, so the leader knows that
 * its time is over before the others do. These see it run out when its record has not changed for a whole length by
 * their own clock, as client-go does: times that machines have written are never compared. Terms are the Lease's
 * `leaseTransitions`. When the Lease was deleted, the first term of the new one begins a lease later, since the leader
 * from before may still act.
 *
 * @param cluster how it is reached: a `KubeConfig` of the client, or its `CoordinationV1Api`
 * @throws InvalidOptionError
 */
export function kubernetesLeadership(
  cluster: KubeConfig | LeasesApi,
  options: KubernetesLeadershipOptions = {},
): Leadership {
  check(options);
  const lease = leaseOf(options);
  const isConfig = 'makeApiClient' in cluster;
  const api = isConfig ? cluster.makeApiClient(CoordinationV1Api) : cluster;
  const namespace = options.namespace ?? (isConfig ? namespaceOf(cluster) : 'default');
  return new LeaseKeeper(new KubernetesLease(api, namespace, lease), lease);
}

/** Another's record, and when this instance saw it first. */
interface Sighting {
  readonly record: string;
  /** Monotonic ms. */
  readonly at: number;
}

class KubernetesLease implements LeaseStore {
  readonly place = 'Kubernetes';
  readonly #api: LeasesApi;
  readonly #namespace: string;
  readonly #lease: Lease;
  /** As this instance has written it last: it is renewed without another look. */
  #own: V1Lease | undefined;
  #sighting: Sighting | undefined;
  /** No term begins before this moment, monotonic ms. */
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(api: LeasesApi, namespace: string, lease: Lease) {
    this.#api = api;
    this.#namespace = namespace;
    this.#lease = lease;
  }

  async claim(claim: Claim, signal: AbortSignal): Promise<Claimed> {
    return this.#again(async () => {
      const lease = this.#own ?? (await this.#read(signal));
      // Whether what is sent now arrives is not known before its answer.
      this.#own = undefined;
      return lease === undefined ? this.#create(claim, signal) : this.#seek(lease, claim, signal);
    });
  }

  /** Where its term has not begun, another's may still last: then the lease is left to run out. */
  async release(clock: Clock, signal: AbortSignal): Promise<void> {
    if (clock.monotonic() < this.#quietUntil) return;
    await this.#again(async () => {
      const lease = this.#own ?? (await this.#read(signal));
      this.#own = undefined;
      if (lease?.spec?.holderIdentity !== this.#lease.holder) return;
      await this.#replace({ ...lease, spec: { ...lease.spec, holderIdentity: '' } }, signal);
    });
  }

  async #create({ clock, newestTerm }: Claim, signal: AbortSignal): Promise<Claimed> {
    // Remembered before it is sent: an answer that is lost must not shorten the wait.
    this.#quietUntil = clock.monotonic() + this.#lease.leaseMs;
    const term = newestTerm + 1;
    const time = new V1MicroTime(clock.now());
    const body: V1Lease = {
      metadata: { name: this.#lease.name, namespace: this.#namespace },
      spec: { ...this.#spec(time), acquireTime: time, leaseTransitions: term },
    };
    this.#own = await call(
      `create ${this.#title}`,
      this.#api.createNamespacedLease({ namespace: this.#namespace, body }, within(signal)),
    );
    return this.#mine(term, clock);
  }

  /** Takes a lease that is there, renews it, or sees how long it is another's. */
  async #seek(lease: V1Lease, claim: Claim, signal: AbortSignal): Promise<Claimed> {
    const { clock, newestTerm, ownTerm } = claim;
    const { spec = {} } = lease;
    const { holderIdentity: holder = '', leaseTransitions = 0, acquireTime } = spec;
    if (holder !== '' && holder !== this.#lease.holder) {
      const takenForMs = this.#watch(lease, clock.monotonic());
      if (takenForMs > 0) return { term: leaseTransitions, takenForMs, beginsInMs: 0 };
    }
    const goesOn = holder === this.#lease.holder && leaseTransitions === ownTerm;
    const term = goesOn ? leaseTransitions : Math.max(leaseTransitions, newestTerm) + 1;
    const time = new V1MicroTime(clock.now());
    this.#own = await this.#replace(
      {
        ...lease,
        spec: {
          ...spec,
          ...this.#spec(time),
          acquireTime: (goesOn && acquireTime) || time,
          leaseTransitions: term,
        },
      },
      signal,
    );
    return this.#mine(term, clock);
  }

  #mine(term: number, clock: Clock): Claimed {
    return { term, takenForMs: 0, beginsInMs: Math.max(0, this.#quietUntil - clock.monotonic()) };
  }

  /** Gives the time that is left of another's lease, ms. */
  #watch({ metadata, spec }: V1Lease, now: number): number {
    const record = JSON.stringify([metadata?.uid, spec]);
    if (this.#sighting?.record !== record) this.#sighting = { record, at: now };
    const lengthMs = spec?.leaseDurationSeconds ? spec.leaseDurationSeconds * 1_000 : this.#lease.leaseMs;
    return Math.max(0, this.#sighting.at + lengthMs - now);
  }

  #spec(renewTime: V1MicroTime): NonNullable<V1Lease['spec']> {
    const { holder, leaseMs } = this.#lease;
    return { holderIdentity: holder, leaseDurationSeconds: leaseMs / 1_000, renewTime };
  }

  async #read(signal: AbortSignal): Promise<V1Lease | undefined> {
    const { name } = this.#lease;
    try {
      return await call(
        `read ${this.#title}`,
        this.#api.readNamespacedLease({ namespace: this.#namespace, name }, within(signal)),
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Refused where somebody else has written it since, or has made it anew: it carries its version and its id. */
  #replace(body: V1Lease, signal: AbortSignal): Promise<V1Lease> {
    const { name } = this.#lease;
    return call(
      `write ${this.#title}`,
      this.#api.replaceNamespacedLease({ namespace: this.#namespace, name, body }, within(signal)),
    );
  }

  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (!(isConflict(error) || isNotFound(error)) || tries >= TRIES) throw error;
      }
    }
  }

  get #title(): string {
    return `Lease ${this.#namespace}/${this.#lease.name}`;
  }
}

/** The rule for names of objects: a DNS subdomain. */
const NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function check({ name, namespace, leaseMs }: KubernetesLeadershipOptions): void {
  if (name !== undefined && !NAME.test(name)) {
    throw new InvalidOptionError(
      'name',
      'must be a name for an object of Kubernetes, as `render-service`',
      name,
    );
  }
  if (namespace === '') throw new InvalidOptionError('namespace', 'must not be empty', namespace);
  if (leaseMs !== undefined && !(leaseMs >= 1_000 && leaseMs % 1_000 === 0)) {
    throw new InvalidOptionError('leaseMs', 'must be whole seconds, 1,000 ms or more', leaseMs);
  }
}
