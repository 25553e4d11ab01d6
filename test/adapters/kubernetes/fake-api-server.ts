import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig, type V1Pod, type V1PolicyRule } from '@kubernetes/client-node';

export const TOKEN = 'a-service-account';
const COST = 'controller.kubernetes.io/pod-deletion-cost';

/** A pod of the fake: what the tests may set is at the top. */
export interface FakePod {
  readonly name: string;
  readonly number: number;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  ready: boolean;
  terminating: boolean;
  annotations: Record<string, string>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const refusal = (code: number, reason: string, message: string): Answer => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message },
});

/**
 * The part of the Kubernetes API that the adapter uses, written after its published reference: paths, verbs, content
 * types of patches, `Status` bodies, RBAC, and what the controllers do with pods, quicker than a cluster.
 */
export class FakeApiServer {
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  readonly #timers: Set<NodeJS.Timeout> = new Set();
  #created = 0;
  replicas = 0;
  pods: FakePod[] = [];
  /** Starting and stopping take that long. */
  podMs = 10;
  kind: 'Deployment' | 'StatefulSet' = 'Deployment';
  autoscalers: { name: string; kind: string; target: string }[] = [];
  /** Answers to give before the ordinary ones, by `verb resource`. */
  readonly failures: Map<string, Answer[]> = new Map();
  /** All is allowed while there are none. */
  rules: readonly V1PolicyRule[] = [];
  /** What was asked for, as `verb resource`. */
  readonly log: string[] = [];

  /** With key and certificate it speaks TLS. */
  constructor(tls?: { key: Buffer; cert: Buffer }) {
    const listener: RequestListener = (request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    };
    this.#server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    this.#scheme = tls === undefined ? 'http' : 'https';
  }

  async listen(port = 0): Promise<KubeConfig> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return this.kubeConfig();
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  kubeConfig(token: string = TOKEN): KubeConfig {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions(this.options(token));
    return kubeConfig;
  }

  options(token: string = TOKEN): object {
    return {
      clusters: [{ name: 'fake', server: this.url, skipTLSVerify: true }],
      users: [{ name: 'flyball', token }],
      contexts: [{ name: 'test', cluster: 'fake', user: 'flyball', namespace: 'shop' }],
      currentContext: 'test',
    };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** The next answers to a call. */
  fail(call: string, status: number, reason: string, times = 1): void {
    this.failures.set(call, Array(times).fill(refusal(status, reason, `${reason}, says the test`)));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.headers.authorization !== `Bearer ${TOKEN}`)
      return refusal(401, 'Unauthorized', 'Unauthorized');

    const url = new URL(request.url ?? '', this.url);
    const path =
      /^\/(?:api|apis\/(?<group>\w+))\/(?<version>\w+)\/namespaces\/shop\/(?<plural>\w+)(?:\/(?<name>[\w-]+))?(?:\/(?<part>\w+))?$/;
    const { group = '', version, plural = '', name, part } = path.exec(url.pathname)?.groups ?? {};
    const resource = part === undefined ? plural : `${plural}/${part}`;
    const verb = request.method === 'PATCH' ? 'patch' : name === undefined ? 'list' : 'get';
    const call = `${verb} ${resource}`;
    this.log.push(call);

    if (!this.#mayDo(verb, group, resource)) {
      return refusal(
        403,
        'Forbidden',
        `User "flyball" cannot ${verb} resource "${resource}" in API group "${group}"`,
      );
    }
    const failure = this.failures.get(call)?.shift();
    if (failure !== undefined) return failure;

    const isMerge = request.headers['content-type'] === 'application/merge-patch+json';
    if (verb === 'patch' && !isMerge)
      return refusal(415, 'UnsupportedMediaType', 'the fake knows merge patches only');
    const patch = verb === 'patch' ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;

    if (`${group}/${version}` === 'apps/v1' && part === 'scale') {
      if (plural !== `${this.kind.toLowerCase()}s` || name !== 'worker') {
        return refusal(404, 'NotFound', `${plural}.apps "${name}" not found`);
      }
      if (patch !== undefined) {
        const replicas = patch.spec?.replicas;
        if (!Number.isInteger(replicas) || replicas < 0)
          return refusal(422, 'Invalid', 'spec.replicas is no count');
        this.scale(replicas);
      }
      return { status: 200, body: this.#scale() };
    }
    if (call === 'list pods') {
      const isOurs = url.searchParams.get('labelSelector') === 'app=worker';
      const items = isOurs ? this.pods.map((pod) => this.#pod(pod)) : [];
      return { status: 200, body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items } };
    }
    if (call === 'patch pods') {
      const pod = this.pods.find((each) => each.name === name);
      if (pod === undefined) return refusal(404, 'NotFound', `pods "${name}" not found`);
      Object.assign(pod.annotations, patch.metadata.annotations);
      return { status: 200, body: this.#pod(pod) };
    }
    if (`${group}/${version}` === 'autoscaling/v2' && call === 'list horizontalpodautoscalers') {
      const items = this.autoscalers.map(({ name, kind, target }) => ({
        metadata: { name, namespace: 'shop' },
        spec: { maxReplicas: 9, scaleTargetRef: { apiVersion: 'apps/v1', kind, name: target } },
      }));
      return {
        status: 200,
        body: { kind: 'HorizontalPodAutoscalerList', apiVersion: 'autoscaling/v2', items },
      };
    }
    return refusal(404, 'NotFound', 'the server could not find the requested resource');
  }

  #mayDo(verb: string, group: string, resource: string): boolean {
    return (
      this.rules.length === 0 ||
      this.rules.some(
        ({ verbs, apiGroups = [], resources = [] }) =>
          verbs.includes(verb) && apiGroups.includes(group) && resources.includes(resource),
      )
    );
  }

  #scale(): object {
    return {
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'worker', namespace: 'shop', resourceVersion: '1' },
      spec: { replicas: this.replicas },
      status: { replicas: this.pods.length, selector: 'app=worker' },
    };
  }

  #pod({ name, phase, ready, terminating, annotations }: FakePod): V1Pod {
    return {
      metadata: {
        name,
        namespace: 'shop',
        labels: { app: 'worker' },
        annotations,
        ...(terminating && { deletionTimestamp: new Date() }),
      },
      status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    };
  }

  /** What the workload's controller does. */
  scale(replicas: number): void {
    this.replicas = replicas;
    const active = this.pods.filter(({ terminating, phase }) => !terminating && !/ed$/.test(phase));
    const cost = ({ annotations }: FakePod): number => Number(annotations[COST] ?? 0);
    const goesFirst =
      this.kind === 'StatefulSet'
        ? (a: FakePod, b: FakePod): number => b.number - a.number
        : (a: FakePod, b: FakePod): number =>
            Number(a.ready) - Number(b.ready) || cost(a) - cost(b) || b.number - a.number;
    for (const pod of active.sort(goesFirst).slice(0, Math.max(0, active.length - replicas))) {
      pod.terminating = true;
      this.#later(() => {
        this.pods = this.pods.filter((each) => each !== pod);
      });
    }
    for (let count = active.length; count < replicas; count += 1) {
      const number = this.#created;
      this.#created += 1;
      const pod: FakePod = {
        name: `worker-${number}`,
        number,
        phase: 'Pending',
        ready: false,
        terminating: false,
        annotations: {},
      };
      this.pods.push(pod);
      this.#later(() => Object.assign(pod, { phase: 'Running', ready: true }));
    }
  }

  #later(act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, this.podMs);
    this.#timers.add(timer);
  }
}
