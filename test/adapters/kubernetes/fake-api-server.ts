import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubeConfig, V1Pod, V1PolicyRule } from '@kubernetes/client-node';
import { type Answer, refusal } from './answer.ts';
import { FakeLeases } from './fake-leases.ts';
import { kubeConfigOf, TOKEN } from './kube-config.ts';

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

const VERBS: Readonly<Record<string, string>> = { PATCH: 'patch', POST: 'create', PUT: 'update' };
const PATH =
  /^\/(?:api|apis\/(?<group>[\w.]+))\/(?<version>\w+)\/namespaces\/shop\/(?<plural>\w+)(?:\/(?<name>[\w.-]+))?(?:\/(?<part>\w+))?$/;

interface Served {
  readonly call: string;
  readonly api: string;
  readonly plural: string;
  readonly name: string | undefined;
  readonly part: string | undefined;
  readonly query: URLSearchParams;
  // biome-ignore lint/suspicious/noExplicitAny: whatever a client sends
  readonly body: any;
}

interface WorkloadPatch {
  readonly metadata?: { readonly resourceVersion?: string; readonly annotations?: Record<string, string> };
  readonly spec?: { readonly replicas?: number };
}

/**
 * The part of the Kubernetes API that flyball uses, written after its published reference: paths, verbs, content
 * types of patches, `Status` bodies, RBAC, and what the controllers do with pods, quicker than a cluster.
 */
export class FakeApiServer {
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  readonly #timers: Set<NodeJS.Timeout> = new Set();
  #created = 0;
  #version = 0;
  readonly leases: FakeLeases = new FakeLeases();
  /** Of the workload. */
  annotations: Record<string, string> = {};
  replicas = 0;
  pods: FakePod[] = [];
  /** Starting and stopping take that long. */
  podMs = 10;
  kind: 'Deployment' | 'StatefulSet' = 'Deployment';
  autoscalers: { name: string; kind: string; target: string }[] = [];
  /** Answers to give before the ordinary ones, by `verb resource`. */
  readonly failures: Map<string, Answer[]> = new Map();
  /** What happens just before a call is served, by `verb resource`: once each. */
  readonly before: Map<string, () => void> = new Map();
  /** Calls that are served, and whose answers are lost: each entry one. */
  readonly lost: string[] = [];
  /** It takes in what is sent, and answers nothing. */
  hangs = false;
  /** All is allowed while there are none. */
  rules: readonly V1PolicyRule[] = [];
  /** What was asked for, as `verb resource`. */
  readonly log: string[] = [];

  /** With key and certificate it speaks TLS. */
  constructor(tls?: { key: Buffer; cert: Buffer }) {
    const listener: RequestListener = (request, response) => {
      void this.#answer(request).then(({ call, status, body }) => {
        if (this.hangs) return;
        const lost = this.lost.indexOf(call);
        if (lost >= 0) {
          this.lost.splice(lost, 1);
          response.destroy();
          return;
        }
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
    return kubeConfigOf(this.port, { scheme: this.#scheme, token });
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

  async #answer(request: IncomingMessage): Promise<Answer & { call: string }> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
    const url = new URL(request.url ?? '', this.url);
    const { group = '', version, plural = '', name, part } = PATH.exec(url.pathname)?.groups ?? {};
    const resource = part === undefined ? plural : `${plural}/${part}`;
    const verb = VERBS[request.method ?? ''] ?? (name === undefined ? 'list' : 'get');
    const call = `${verb} ${resource}`;
    this.log.push(call);

    const refused = this.#refuse(request, verb, group, resource, name);
    if (refused !== undefined) return { call, ...refused };
    const happens = this.before.get(call);
    this.before.delete(call);
    happens?.();
    const answer =
      `${group}/${version}` === 'coordination.k8s.io/v1' && plural === 'leases'
        ? this.leases.answer(verb, name, body)
        : this.#serve({
            call,
            api: `${group}/${version}`,
            plural,
            name,
            part,
            query: url.searchParams,
            body,
          });
    return { call, ...answer };
  }

  #refuse(
    request: IncomingMessage,
    verb: string,
    group: string,
    resource: string,
    name: string | undefined,
  ): Answer | undefined {
    const { authorization, 'content-type': contentType } = request.headers;
    if (authorization !== `Bearer ${TOKEN}`) return refusal(401, 'Unauthorized', 'Unauthorized');
    if (!this.#mayDo(verb, group, resource, name)) {
      return refusal(
        403,
        'Forbidden',
        `User "flyball" cannot ${verb} resource "${resource}" in API group "${group}"`,
      );
    }
    if (verb === 'patch' && contentType !== 'application/merge-patch+json') {
      return refusal(415, 'UnsupportedMediaType', 'the fake knows merge patches only');
    }
    return this.failures.get(`${verb} ${resource}`)?.shift();
  }

  #serve({ call, api, plural, name, part, query, body }: Served): Answer {
    if (api === 'apps/v1') {
      if (plural !== `${this.kind.toLowerCase()}s` || name !== 'worker') {
        return refusal(404, 'NotFound', `${plural}.apps "${name}" not found`);
      }
      return call.startsWith('patch') ? this.#patchWorkload(part, body) : this.#workload(part);
    }
    if (call === 'list pods') {
      const isOurs = query.get('labelSelector') === 'app=worker';
      const items = isOurs ? this.pods.map((pod) => this.#pod(pod)) : [];
      return { status: 200, body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items } };
    }
    if (call === 'patch pods') {
      const pod = this.pods.find((each) => each.name === name);
      if (pod === undefined) return refusal(404, 'NotFound', `pods "${name}" not found`);
      Object.assign(pod.annotations, body.metadata?.annotations);
      return { status: 200, body: this.#pod(pod) };
    }
    if (api === 'autoscaling/v2' && call === 'list horizontalpodautoscalers') {
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

  /** A patch that names a version is for that version only. */
  #patchWorkload(part: string | undefined, { metadata = {}, spec = {} }: WorkloadPatch): Answer {
    const { replicas } = spec;
    if (replicas !== undefined && !(Number.isInteger(replicas) && replicas >= 0)) {
      return refusal(422, 'Invalid', 'spec.replicas is no count');
    }
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== `${this.#version}`) {
      return refusal(409, 'Conflict', 'the object has been modified');
    }
    this.touch();
    if (part === undefined) Object.assign(this.annotations, metadata.annotations);
    if (replicas !== undefined) this.scale(replicas);
    return this.#workload(part);
  }

  #mayDo(verb: string, group: string, resource: string, name = ''): boolean {
    return (
      this.rules.length === 0 ||
      this.rules.some(
        ({ verbs, apiGroups = [], resources = [], resourceNames }) =>
          verbs.includes(verb) &&
          apiGroups.includes(group) &&
          resources.includes(resource) &&
          (resourceNames?.includes(name) ?? true),
      )
    );
  }

  #workload(part: string | undefined): Answer {
    const metadata = { name: 'worker', namespace: 'shop', resourceVersion: `${this.#version}` };
    const [spec, status] = [{ replicas: this.replicas }, { replicas: this.pods.length }];
    return {
      status: 200,
      body:
        part === 'scale'
          ? {
              kind: 'Scale',
              apiVersion: 'autoscaling/v1',
              metadata,
              spec,
              status: { ...status, selector: 'app=worker' },
            }
          : {
              kind: this.kind,
              apiVersion: 'apps/v1',
              metadata: { ...metadata, annotations: this.annotations },
              spec: { ...spec, selector: { matchLabels: { app: 'worker' } } },
              status,
            },
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

  /** Somebody writes the workload, its status say. */
  touch(): void {
    this.#version += 1;
  }

  /** What the workload's controller does. */
  scale(replicas: number): void {
    this.touch();
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
      this.touch();
      act();
    }, this.podMs);
    this.#timers.add(timer);
  }
}
