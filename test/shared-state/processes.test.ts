import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hasRedis, RedisServer } from '../redis-server.ts';

const INSTANCE = fileURLToPath(new URL('../fixtures/sharing-instance.ts', import.meta.url));

interface Said {
  readonly acted: boolean;
  readonly to: number;
  readonly emergency: boolean;
  readonly before?: number;
  readonly signals: number;
  readonly lastDirection?: string;
}

describe.skipIf(!hasRedis)('processes that share their state in Redis', () => {
  let server: RedisServer;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });

  afterAll(async () => {
    await Promise.all(children.map(kill));
    await server.stop();
  });

  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  function start(): { child: ChildProcess; said: Said[] } {
    const child = spawn(process.execPath, ['--import', 'tsx', INSTANCE, `${server.port}`, 'service'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const said: Said[] = [];
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      // The last line of one that was killed may be cut off.
      if (line.endsWith('}')) said.push(JSON.parse(line));
    });
    return { child, said };
  }

  const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 10 });

  test('an emergency that a follower raised outlives the leader that is killed', {
    timeout: 60_000,
  }, async () => {
    const [a, b] = [start(), start()];
    await until(() => expect([a, b].some(({ said }) => said.at(-1)?.acted)).toBe(true));
    await until(() => expect([a, b].every(({ said }) => said.length > 0)).toBe(true));
    const [leader, follower] = a.said.at(-1)?.acted ? [a, b] : [b, a];
    await until(() => expect(leader.said.at(-1)).toMatchObject({ emergency: false }));
    follower.child.stdin?.write('spike\n');
    await until(() => expect(leader.said.at(-1)).toMatchObject({ acted: true, emergency: true, signals: 1 }));
    // The tick after the first one of the emergency says how it began.
    await until(() => expect(leader.said.at(-1)?.before).toBeDefined());
    await until(() => expect(follower.said.at(-1)).toMatchObject({ lastDirection: 'up', emergency: true }));
    const { to: size = 0, before } = leader.said.at(-1) ?? {};
    await kill(leader.child);
    await until(() => expect(follower.said.at(-1)).toMatchObject({ acted: true, emergency: true }));
    // One that is started only now knows of it in its first tick.
    const late = start();
    await until(() => expect(late.said.length).toBeGreaterThan(0));
    expect(late.said[0]).toMatchObject({ signals: 1, emergency: true, before, lastDirection: 'up' });
    for (const { to, acted } of [...follower.said, ...late.said])
      if (acted) expect(to).toBeGreaterThanOrEqual(size);
  });
});
