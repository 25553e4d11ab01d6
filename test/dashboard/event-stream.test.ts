import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { nodeClient } from '../../src/dashboard/clients.ts';
import { type Client, EventStream } from '../../src/dashboard/event-stream.ts';
import { createDashboard, type FeedMessage } from '../../src/dashboard/index.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { EventReader } from './event-reader.ts';
import { FakeController } from './fake-controller.ts';

/** Keeps what it is sent. */
class Listener implements Client {
  readonly pool: string | undefined;
  readonly received: Uint8Array[] = [];
  isClosed = false;
  takesIn = true;

  constructor(pool?: string) {
    this.pool = pool;
  }

  send(bytes: Uint8Array): boolean {
    if (this.takesIn) this.received.push(bytes);
    return this.takesIn;
  }

  close(): void {
    this.isClosed = true;
  }

  get messages(): { event: string; message: FeedMessage }[] {
    return this.received
      .map((bytes) => Buffer.from(bytes).toString())
      .filter((text) => /^event: (snapshot|tick)/.test(text))
      .map((text) => ({
        event: /^event: (.*)$/m.exec(text)?.[1] as string,
        message: JSON.parse(/^data: (.*)$/m.exec(text)?.[1] as string) as FeedMessage,
      }));
  }
}

function open(...pools: string[]) {
  const clock = new VirtualClock();
  const controller = new FakeController(...pools);
  const stream = new EventStream(controller, { clock, maxClients: 3, heartbeatMs: 15_000 });
  return { clock, controller, stream };
}

describe('the event stream', () => {
  it('begins with all there is, and goes on with what is new', async () => {
    const { clock, controller, stream } = open('web', 'mail');
    controller.change('web', 2, 4);
    const listener = new Listener('web');
    stream.add(listener);

    controller.step();
    await clock.advance(1_000);
    controller.change('web', 4, 6);
    controller.step();
    await clock.advance(1_000);

    const [snapshot, first, second] = listener.messages;
    expect(snapshot?.event).toBe('snapshot');
    expect(snapshot?.message.pools.map(({ id }) => id)).toEqual(['web', 'mail']);
    expect(snapshot?.message.pool?.recent?.at).toHaveLength(1);
    expect(first?.event).toBe('tick');
    expect(second?.message.pool?.recent?.at).toEqual([controller.at]);
    expect(second?.message.pool?.history.map(({ to }) => to)).toEqual([6]);
  });

  it('serialises once for all who watch the same pool', async () => {
    const { clock, controller, stream } = open('web', 'mail');
    const [a, b, c] = [new Listener('web'), new Listener('web'), new Listener('mail')];
    for (const each of [a, b, c]) stream.add(each);
    controller.step();
    await clock.advance(1_000);
    expect(a.received.at(-1)).toBe(b.received.at(-1));
    expect(c.received.at(-1)).not.toBe(a.received.at(-1));
    expect(a.received[1], 'the snapshot too').toBe(b.received[1]);
  });

  it('costs a tick no more than a flag', () => {
    const { controller, stream } = open('web');
    stream.add(new Listener());
    const before = controller.queries.length;
    controller.step();
    expect(controller.queries.length).toBe(before);
  });

  it('tells of a hurried controller at its own pace', async () => {
    const { clock, controller, stream } = open('web');
    const listener = new Listener();
    stream.add(listener);
    for (let tick = 0; tick < 100; tick++) {
      controller.step();
      await clock.advance(10);
    }
    await clock.advance(1_000);
    const ticks = listener.messages.filter(({ event }) => event === 'tick');
    expect(ticks.length).toBeLessThanOrEqual(6);
    const points = ticks.flatMap(({ message }) => message.pool?.recent?.at ?? []);
    expect(points.at(-1), 'nothing is lost').toBe(controller.at);
    expect(new Set(points).size).toBe(points.length);
  });

  it('drops a client that takes in too slowly, and goes on with the others', async () => {
    const { clock, controller, stream } = open('web');
    const [slow, quick] = [new Listener(), new Listener()];
    stream.add(slow);
    stream.add(quick);
    slow.takesIn = false;
    controller.step();
    await clock.advance(1_000);
    expect(slow.isClosed).toBe(true);
    expect(stream.size).toBe(1);
    expect(quick.messages.at(-1)?.event).toBe('tick');
  });

  it('gives signs of life while nothing happens', async () => {
    const { clock, stream } = open('web');
    const listener = new Listener();
    stream.add(listener);
    await clock.advance(46_000);
    const beats = listener.received.filter((bytes) =>
      Buffer.from(bytes).toString().startsWith('event: beat'),
    );
    expect(beats).toHaveLength(3);
  });

  it('listens to the controller only while somebody is there', async () => {
    const { controller, stream, clock } = open('web');
    expect(controller.listeners).toBe(0);
    const listener = new Listener();
    stream.add(listener);
    expect(controller.listeners).toBeGreaterThan(0);
    stream.remove(listener);
    expect(controller.listeners).toBe(0);
    await clock.advance(60_000);
    expect(clock.pending, 'no timer is left').toBe(0);
  });

  it('tells of an action at once, which has no tick of its own', async () => {
    const clock = new VirtualClock();
    const controller = new FakeController('web');
    const { fetch } = createDashboard(controller, { clock, actions: { authorize: () => true } });
    const { body } = await fetch(new Request('http://here/events'));
    const events = new EventReader(body as ReadableStream<Uint8Array>);
    expect((await events.next())?.event).toBe('snapshot');
    const { token } = (await (await fetch(new Request('http://here/session'))).json()) as { token: string };
    const headers = { origin: 'http://here', 'content-type': 'application/json', 'x-flyball-token': token };
    await fetch(
      new Request('http://here/actions/pause', { method: 'POST', headers, body: '{"pool":"web"}' }),
    );
    await clock.advance(1_000);
    expect((await events.next())?.event).toBe('tick');
    await events.cancel();
  });

  it('survives a controller whose data cannot be had', async () => {
    const { clock, controller, stream } = open('web');
    const listener = new Listener();
    stream.add(listener);
    controller.dashboard = () => {
      throw new Error('no\ndata');
    };
    controller.step();
    await clock.advance(1_000);
    expect(Buffer.from(listener.received.at(-1) as Uint8Array).toString()).toBe(': no data: no data\n\n');
  });

  it('shows a pool that was named and is not there as absent', () => {
    const { stream } = open('web');
    const listener = new Listener('nowhere');
    stream.add(listener);
    expect(listener.messages[0]?.message.pool).toBeUndefined();
    expect(listener.messages[0]?.message.pools).toHaveLength(1);
  });

  it('sends each pool’s trend with the snapshot, for the lines in the list', () => {
    const { stream } = open('web', 'mail');
    const listener = new Listener();
    stream.add(listener);
    expect(listener.messages[0]?.message.pools.map(({ trend }) => trend)).toEqual([[2], [2]]);
  });
});

describe('clients', () => {
  it('a Node response whose buffer is full is slow, and destroyed on close', () => {
    const { stream } = open('web');
    let destroyed = false;
    const response = {
      destroyed: false,
      writableEnded: false,
      writableLength: 0,
      on: () => response,
      write() {
        response.writableLength += 3_000_000;
        return false;
      },
      end: () => expect.unreachable('an orderly end would wait for ever'),
      destroy() {
        destroyed = true;
      },
    };
    nodeClient(stream, response as unknown as ServerResponse, undefined);
    expect(stream.size).toBe(0);
    expect(destroyed).toBe(true);
  });

  it('a Fetch response that nobody reads is ended once 2 MB wait', async () => {
    const clock = new VirtualClock();
    const controller = new FakeController(...Array.from({ length: 2_000 }, (_, index) => `pool-${index}`));
    const dashboard = createDashboard(controller, { clock });
    const response = await dashboard.fetch(new Request('http://here/events'));
    for (let tick = 0; tick < 10 && controller.listeners > 0; tick++) {
      controller.step();
      await clock.advance(1_000);
    }
    expect(controller.listeners, 'it was dropped').toBe(0);
    const events = new EventReader(response.body as ReadableStream<Uint8Array>);
    let last: Awaited<ReturnType<EventReader['next']>>;
    do last = await events.next();
    while (last !== undefined);
  });

  it('one more than the most is answered with 503, and so is everyone after close', async () => {
    const controller = new FakeController('web');
    const dashboard = createDashboard(controller, { maxClients: 1, clock: new VirtualClock() });
    const ask = (): Promise<Response> => dashboard.fetch(new Request('http://here/events'));
    const first = await ask();
    const second = await ask();
    expect([first.status, second.status]).toEqual([200, 503]);
    expect(second.headers.get('retry-after')).toBe('10');
    const events = new EventReader(first.body as ReadableStream<Uint8Array>);
    await events.next();
    dashboard.close();
    expect(await events.next(), 'open streams end').toBeUndefined();
    expect((await ask()).status).toBe(503);
    expect(controller.listeners).toBe(0);
  });
});
