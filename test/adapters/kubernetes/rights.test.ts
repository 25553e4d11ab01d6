import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadAllYaml, type V1PolicyRule, type V1Role } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kubernetesWorkload } from '../../../src/adapters/kubernetes.ts';
import { systemClock } from '../../../src/clock.ts';
import { kubernetesLeadership } from '../../../src/leadership/kubernetes.ts';
import { instanceOf, until } from '../../leadership/lease-contract.ts';
import { FakeApiServer } from './fake-api-server.ts';

/** As the guide calls it. */
const LEASE = 'render-service';
const guide = readFileSync(resolve(import.meta.dirname, '../../../docs/kubernetes.md'), 'utf8');
const roles = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
  .flatMap(([, yaml = '']) => loadAllYaml(yaml) as V1Role[])
  .filter(({ kind }) => kind === 'Role');

/** The rules of a Role of the guide, each with one right. */
function rightsOf(role: string): V1PolicyRule[] {
  const { rules = [] } = roles.find(({ metadata }) => metadata?.name === role) ?? {};
  return rules.flatMap(({ apiGroups = [], resources = [], resourceNames, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({
          apiGroups: [group],
          resources: [resource],
          verbs: [verb],
          ...(resourceNames && { resourceNames }),
        })),
      ),
    ),
  );
}

const nameOf = ({ verbs, resources = [] }: V1PolicyRule): string => `${verbs[0]} ${resources[0]}`;
const alone = rightsOf('flyball');
const leading = [
  ...alone.filter((right) => !/^patch .*\/scale$/.test(nameOf(right))),
  ...rightsOf('flyball-leadership'),
];

const { signal } = new AbortController();
let server: FakeApiServer;
beforeEach(async () => {
  server = new FakeApiServer();
  await server.listen();
});
afterEach(() => server.close());

/** What one instance does, alone or in a term of leadership. */
async function scale(fencingToken?: number): Promise<void> {
  server.replicas = 2;
  server.pods = [0, 1].map((number) => ({
    name: `worker-${number}`,
    number,
    phase: 'Running',
    ready: true,
    terminating: false,
    annotations: {},
  }));
  const scaler = await kubernetesWorkload({
    name: 'worker',
    kind: server.kind,
    kubeConfig: server.kubeConfig(),
    busyPods: () => ({ 'worker-0': 1, 'worker-1': 0 }),
  });
  await scaler.observe(signal);
  await scaler.scaleTo(1, signal, fencingToken === undefined ? {} : { fencingToken });
}

/** Makes the Lease, and takes one that is there. Rejects with the first fault. */
async function lead(): Promise<void> {
  await elect();
  server.leases.put(LEASE, { holderIdentity: '', leaseTransitions: 3 });
  await elect();
}

async function elect(): Promise<void> {
  const leadership = kubernetesLeadership(server.kubeConfig(), { name: LEASE, instance: 'we' });
  const { told } = instanceOf(leadership, systemClock);
  const fault = (): string | undefined => told.find((what) => what.startsWith('failed'));
  const isHeld = (): boolean => /^we/.test(server.leases.get(LEASE)?.spec.holderIdentity ?? '');
  await until(() => isHeld() || fault() !== undefined);
  await leadership.leave().catch(() => {});
  const message = fault();
  if (message !== undefined)
    throw Object.assign(new Error(message), { status: /403/.test(message) ? 403 : 0 });
}

describe.each(['Deployment', 'StatefulSet'] as const)(
  'the Roles of the guide are enough for a %s',
  (kind) => {
    beforeEach(() => {
      server.kind = kind;
    });

    it('of one instance', async () => {
      server.rules = alone;
      await scale();
      expect(server.replicas).toBe(1);
    });

    it('of several', async () => {
      server.rules = leading;
      await lead();
      await scale(1);
      expect(server.replicas).toBe(1);
    });
  },
);

const kindOf = (right: V1PolicyRule): FakeApiServer['kind'] =>
  nameOf(right).includes('statefulsets') ? 'StatefulSet' : 'Deployment';

describe('the Roles of the guide have no right too many', () => {
  it.each(alone.map((right) => [nameOf(right), right] as const))(
    'without "%s" one instance is refused',
    async (_, right) => {
      server.kind = kindOf(right);
      server.rules = alone.filter((each) => each !== right);
      await expect(scale()).rejects.toMatchObject({ status: 403 });
    },
  );

  it.each(leading.map((right) => [nameOf(right), right] as const))(
    'without "%s" one of several is refused',
    async (_, right) => {
      server.kind = kindOf(right);
      server.rules = leading.filter((each) => each !== right);
      await expect(lead().then(() => scale(1))).rejects.toMatchObject({ status: 403 });
    },
  );
});
