import { marginalUtility } from './marginal-utility.ts';

/** What the line knows of one pool. */
export interface Party {
  readonly priority: number;
  /** With weight 2, its 20th worker stands where the 10th of another pool of the same load does. */
  readonly weight: number;
  readonly wanted: number;
  readonly demand: number;
  readonly spread: number;
}

/** Rounding must not refuse the last worker: 3 × 0.1 is a little more than 0.3. */
const DUST = 1e-9;

/**
 * Workers that stand in line for what is there. All draw from the same resources; each resource serves the line from its
 * head until the first that does not fit, and nobody behind that one. A worker is served if all resources that it needs
 * serve it; one that is not served keeps its place, and what it needs, in every resource's line.
 *
 * The order does not depend on how much there is, and nobody is passed over. That is why more of a resource never gives
 * anyone less, which cleverer ways to fill every gap cannot promise (Ghodsi et al., "Dominant Resource Fairness", NSDI
 * 2011: no policy is fair, without waste, and monotone at once). The price is a gap smaller than the worker at the cut.
 */
export class WaitingLine {
  /** By resource: what the line up to here takes. */
  readonly taken: Float64Array;
  /** By party: the worker up to which it is served. */
  readonly reached: Int32Array;
  /** By party: the resource that refused it; -1 = none. */
  readonly refusedBy: Int16Array;
  readonly #parties: readonly Party[];
  readonly #needs: readonly Float64Array[];
  /** By party: its next worker in line, and whether it was refused or is served in full. */
  readonly #nth: Int32Array;
  readonly #closed: Uint8Array;

  /** `needs[resource][party]` is what one worker of the party takes. */
  constructor(parties: readonly Party[], needs: readonly Float64Array[]) {
    this.#parties = parties;
    this.#needs = needs;
    this.taken = new Float64Array(needs.length);
    this.reached = new Int32Array(parties.length);
    this.#nth = new Int32Array(parties.length);
    this.#closed = new Uint8Array(parties.length);
    this.refusedBy = new Int16Array(parties.length).fill(-1);
  }

  /**
   * Lets the next ones in: of each member the workers above `from` up to `to`. The higher priority comes first, then the
   * worker that is worth more, then the pool that has the smaller part of its wish.
   */
  serve(
    members: readonly number[],
    from: ArrayLike<number>,
    to: ArrayLike<number>,
    room: ArrayLike<number>,
  ): void {
    const waiting = members.filter((i) => (to[i] as number) > (from[i] as number));
    if (waiting.length === 0) return;
    if (this.#admitAll(waiting, from, to, room)) return;
    const priority = (i: number): number => (this.#parties[i] as Party).priority;
    waiting.sort((a, b) => priority(b) - priority(a) || a - b);
    for (let start = 0; start < waiting.length; ) {
      let end = start + 1;
      while (end < waiting.length && priority(waiting[end] as number) === priority(waiting[start] as number))
        end++;
      const peers = waiting.slice(start, end);
      if (!this.#admitAll(peers, from, to, room)) this.#admitInTurn(peers, from, to, room);
      start = end;
    }
  }

  /** The ordinary case: everybody fits. */
  #admitAll(
    members: readonly number[],
    from: ArrayLike<number>,
    to: ArrayLike<number>,
    room: ArrayLike<number>,
  ): boolean {
    const totals = this.#needs.map((need) => {
      let total = 0;
      for (const i of members) total += (need[i] as number) * ((to[i] as number) - (from[i] as number));
      return total;
    });
    for (const [r, total] of totals.entries()) {
      if (total > 0 && exceeds((this.taken[r] as number) + total, room[r] as number)) return false;
    }
    for (const [r, total] of totals.entries()) this.taken[r] = (this.taken[r] as number) + total;
    for (const i of members) this.reached[i] = to[i] as number;
    return true;
  }

  #admitInTurn(
    members: readonly number[],
    from: ArrayLike<number>,
    to: ArrayLike<number>,
    room: ArrayLike<number>,
  ): void {
    const queue = new TurnQueue(this.#parties);
    for (const i of members) {
      this.#nth[i] = (from[i] as number) + 1;
      this.#closed[i] = 0;
      queue.push(i, this.#nth[i] as number);
    }
    let open = members.length;
    while (open > 0) {
      const i = queue.pop();
      const nth = this.#nth[i] as number;
      this.#nth[i] = nth + 1;
      const refusing = this.#draw(i, 1, room);
      if (this.#closed[i] === 0) {
        if (refusing === -1) this.reached[i] = nth;
        else this.refusedBy[i] = refusing;
        if (refusing !== -1 || nth === to[i]) {
          this.#closed[i] = 1;
          open--;
        }
      }
      if (nth < (to[i] as number)) queue.push(i, nth + 1);
    }
    // Nobody here can be served any more: the rest only keeps its place.
    for (const i of members) this.#draw(i, (to[i] as number) - (this.#nth[i] as number) + 1, room);
  }

  /** Takes the place of `count` workers; gives the first resource that refuses them, or -1. */
  #draw(i: number, count: number, room: ArrayLike<number>): number {
    let refusing = -1;
    for (let r = 0; r < this.#needs.length; r++) {
      const amount = ((this.#needs[r] as Float64Array)[i] as number) * count;
      if (amount === 0) continue;
      const taken = (this.taken[r] as number) + amount;
      this.taken[r] = taken;
      if (refusing === -1 && exceeds(taken, room[r] as number)) refusing = r;
    }
    return refusing;
  }
}

function exceeds(amount: number, room: number): boolean {
  return amount > room + DUST * Math.max(1, Math.abs(room));
}

/** Whose worker is next: a binary heap. Pushes and pops cost the logarithm of the number of pools. */
class TurnQueue {
  readonly #parties: readonly Party[];
  readonly #heap: number[] = [];
  /** By party: the worth of its next worker, and the part of its wish that it would have with it. */
  readonly #worth: Float64Array;
  readonly #filled: Float64Array;

  constructor(parties: readonly Party[]) {
    this.#parties = parties;
    this.#worth = new Float64Array(parties.length);
    this.#filled = new Float64Array(parties.length);
  }

  push(i: number, nth: number): void {
    const { weight, wanted, demand, spread } = this.#parties[i] as Party;
    this.#worth[i] = marginalUtility(demand, spread, nth / weight);
    this.#filled[i] = nth / (weight * Math.max(1, wanted));
    const heap = this.#heap;
    let at = heap.length;
    heap.push(i);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(i, heap[parent] as number)) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = i;
  }

  pop(): number {
    const heap = this.#heap;
    const first = heap[0] as number;
    const last = heap.pop() as number;
    if (heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && this.#before(heap[child + 1] as number, heap[child] as number)) child++;
      if (!this.#before(heap[child] as number, last)) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  #before(a: number, b: number): boolean {
    const worth = (this.#worth[a] as number) - (this.#worth[b] as number);
    if (worth !== 0) return worth > 0;
    const filled = (this.#filled[a] as number) - (this.#filled[b] as number);
    return filled !== 0 ? filled < 0 : a < b;
  }
}
