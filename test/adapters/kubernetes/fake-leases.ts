import { randomUUID } from 'node:crypto';
import { type Answer, refusal } from './answer.ts';

/** A Lease as it goes over the wire. */
export interface FakeLease {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly leaseTransitions?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}

/** Go's layout of a MicroTime: six digits, no fewer. */
const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/**
 * Leases as the API server keeps them: every write has a new version; one that names an old version or another object's
 * uid is a conflict; and a PUT without a uid makes what is not there.
 */
export class FakeLeases {
  readonly #leases = new Map<string, FakeLease>();
  #version = 0;

  get(name: string): FakeLease | undefined {
    return this.#leases.get(name);
  }

  /** What another client writes, whatever is there. */
  put(name: string, spec: FakeLease['spec']): void {
    const uid = this.#leases.get(name)?.metadata.uid ?? randomUUID();
    this.#store({ metadata: { name, namespace: 'shop', uid }, spec });
  }

  delete(name: string): void {
    this.#leases.delete(name);
  }

  answer(verb: string, name: string | undefined, body: FakeLease | undefined): Answer {
    if (verb === 'create' && body !== undefined) {
      if (this.#leases.has(body.metadata.name)) {
        return refusal(
          409,
          'AlreadyExists',
          `leases.coordination.k8s.io "${body.metadata.name}" already exists`,
        );
      }
      return this.#write({ ...body, metadata: { ...body.metadata, uid: randomUUID() } }, 201);
    }
    const known = this.#leases.get(name ?? '');
    if (verb === 'update' && body !== undefined) {
      const { uid, resourceVersion } = body.metadata;
      if (uid !== undefined && uid !== known?.metadata.uid) {
        return conflict(name, `Precondition failed: UID in precondition: ${uid}`);
      }
      if (resourceVersion === undefined) {
        return refusal(422, 'Invalid', 'metadata.resourceVersion: must be specified for an update');
      }
      if (known !== undefined && resourceVersion !== known.metadata.resourceVersion) {
        return conflict(
          name,
          'the object has been modified; please apply your changes to the latest version',
        );
      }
      return this.#write({ ...body, metadata: { ...body.metadata, uid: uid ?? randomUUID() } }, 200);
    }
    if (known === undefined)
      return refusal(404, 'NotFound', `leases.coordination.k8s.io "${name}" not found`);
    return { status: 200, body: known };
  }

  #write(lease: FakeLease, status: number): Answer {
    const { leaseDurationSeconds, leaseTransitions, acquireTime, renewTime } = lease.spec;
    for (const time of [acquireTime, renewTime]) {
      if (time !== undefined && !MICRO_TIME.test(time)) {
        return refusal(400, 'BadRequest', `parsing time "${time}" as "2006-01-02T15:04:05.000000Z07:00"`);
      }
    }
    if (
      leaseDurationSeconds !== undefined &&
      !(Number.isInteger(leaseDurationSeconds) && leaseDurationSeconds > 0)
    ) {
      return refusal(422, 'Invalid', 'spec.leaseDurationSeconds: must be greater than 0');
    }
    if (leaseTransitions !== undefined && !(Number.isInteger(leaseTransitions) && leaseTransitions >= 0)) {
      return refusal(422, 'Invalid', 'spec.leaseTransitions: must be greater than or equal to 0');
    }
    return { status, body: this.#store(lease) };
  }

  #store(lease: FakeLease): FakeLease {
    this.#version += 1;
    const stored = { ...lease, metadata: { ...lease.metadata, resourceVersion: `${this.#version}` } };
    this.#leases.set(lease.metadata.name, stored);
    return stored;
  }
}

function conflict(name: string | undefined, message: string): Answer {
  return refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on leases.coordination.k8s.io "${name}": ${message}`,
  );
}
