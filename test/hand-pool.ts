import type {
  PoolObservation,
  ReplicaPoolAdapter,
  StartRequest,
  StopRequest,
  WorkerId,
  WorkerPoolAdapter,
} from '../src/core/model.ts';

/** A pool whose state a test sets by hand, and that writes down what it is asked for. */
export class HandPool implements WorkerPoolAdapter {
  state: PoolObservation = { ready: 1, busy: 0, queued: 0 };
  readonly starts: StartRequest[] = [];
  readonly stops: { id: WorkerId; request: StopRequest }[] = [];
  wake: ((reason: string) => void) | undefined;
  /** What the next starts do; default: become ready at once. */
  onStart: (signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  #next = 0;

  constructor(state: Partial<PoolObservation> = {}) {
    this.set(state);
  }

  set(state: Partial<PoolObservation>): void {
    this.state = { ...this.state, ...state };
  }

  observe(): PoolObservation | Promise<PoolObservation> {
    return this.state;
  }

  async startWorker(request: StartRequest, signal: AbortSignal): Promise<WorkerId> {
    this.starts.push(request);
    await this.onStart(signal);
    this.set({ ready: this.state.ready + 1 });
    return `hand-${this.#next++}`;
  }

  async stopWorker(id: WorkerId, request: StopRequest): Promise<void> {
    this.stops.push({ id, request });
    this.set({ ready: this.state.ready - 1 });
  }

  subscribe(wake: (reason: string) => void): () => void {
    this.wake = wake;
    return () => {
      this.wake = undefined;
    };
  }
}

/** An orchestrator that obeys at once. */
export class HandReplicas implements ReplicaPoolAdapter {
  state: PoolObservation = { ready: 1, busy: 0, queued: 0 };
  readonly asked: number[] = [];

  observe(): PoolObservation {
    return this.state;
  }

  async scaleTo(size: number): Promise<void> {
    this.asked.push(size);
    this.state = { ...this.state, ready: size };
  }
}
