import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerDaemon, hasDocker } from '../docker-daemon.ts';
import { nodeImage } from '../node-image.ts';
import { hasRedis, RedisServer } from '../redis-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');

interface Run {
  readonly process: ChildProcess;
  /** What it has printed so far. */
  printed(): string;
  readonly exitCode: Promise<number | null>;
}

/** Runs the example as `npm run demo:cluster` does. */
function start(args: readonly string[], variables: Readonly<Record<string, string>>): Run {
  const { DOCKER_HOST: _, REDIS_URL: __, NODE_TEST_CONTEXT: ___, ...env } = process.env;
  const command = ['--import', 'tsx', resolve(ROOT, 'examples/queue-cluster/main.ts'), ...args];
  const child = spawn(process.execPath, command, {
    cwd: ROOT,
    env: { ...env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (text) => {
      printed += text;
    });
  }
  // What does not end by itself is ended, so that nothing is left and the test shows what it printed.
  const ending = setTimeout(() => child.kill('SIGTERM'), 80_000);
  const exitCode = once(child, 'close').then(([code]) => {
    clearTimeout(ending);
    return code as number | null;
  });
  return { process: child, printed: () => printed, exitCode };
}

describe
  .skipIf(!hasDocker || !hasRedis)
  .concurrent('the cluster around a queue', { timeout: 110_000 }, () => {
    const BASE = 'flyball-base:1';
    let daemon: DockerDaemon;
    let server: RedisServer;

    beforeAll(async () => {
      [daemon, server] = await Promise.all([DockerDaemon.start(), RedisServer.start()]);
      await nodeImage(daemon.docker, { name: BASE, files: {}, cmd: ['node'] });
    }, 60_000);
    afterAll(async () => {
      await Promise.all([daemon?.stop(), server?.stop()]);
    }, 60_000);

    const place = (): Record<string, string> => ({
      DOCKER_HOST: `unix://${daemon.socketPath}`,
      REDIS_URL: server.url,
    });

    /** Of a run: its containers, images and keys. */
    async function left(run: Run): Promise<readonly string[]> {
      const name = /the image (flyball-demo-\w+) is made/.exec(run.printed())?.[1];
      if (name === undefined) throw new Error(`it does not tell its name: ${run.printed()}`);
      const redis = new Redis(server.url);
      const [containers, images, keys] = await Promise.all([
        daemon.docker.listContainers({ all: true, filters: { label: [`flyball.pool=${name}`] } }),
        daemon.docker.listImages({ filters: { reference: [name] } }),
        redis.keys(`*${name}*`),
      ]);
      redis.disconnect();
      return [...containers.flatMap(({ Names }) => Names), ...images.map(({ Id }) => Id), ...keys];
    }

    it('loses no job while its leader is killed, and leaves nothing behind', async ({ expect }) => {
      const run = start(['--seconds', '20'], place());
      const exitCode = await run.exitCode;
      const printed = run.printed();
      expect(exitCode, printed).toBe(0);
      expect(printed).toMatch(/jobs +(\d{3,}) sent, \1 done, 0 lost, 0 run twice/);
      const [, killed, pid] =
        /controller ([AB]) +leads in term \d+, and is killed: kill -9 (\d+)/.exec(printed) ?? [];
      expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
      const [, took, successor, term] = /([\d.]+) s later ([AB]) led, in term (\d+)/.exec(printed) ?? [];
      expect(successor).toBe(killed === 'A' ? 'B' : 'A');
      expect(Number(term)).toBeGreaterThan(1);
      expect(Number(took)).toBeGreaterThan(0);
      expect(printed).toMatch(/controller C +follows/);
      expect(printed).toMatch(/worker-minutes +[\d.]+; a pool of \d+/);
      expect(exitCode, printed).toBe(0);
      expect(await left(run)).toEqual([]);
    });

    it("takes an image of one's own, and cleans up when it is interrupted", async ({ expect }) => {
      const run = start(['--seconds', '60', '--no-kill', '--image', BASE], place());
      while (!/00:\d\d .* [AB] leads/.test(run.printed())) {
        expect(run.process.exitCode, run.printed()).toBeNull();
        await sleep(50);
      }
      expect((await left(run)).length).toBeGreaterThan(5);
      run.process.kill('SIGINT');
      expect(await run.exitCode).toBe(130);
      expect(run.printed()).toContain('SIGINT: the day ends here');
      expect(await left(run)).toEqual([]);
    });
  });

describe.concurrent('what cannot be done is said', { timeout: 60_000 }, () => {
  it.each([
    { args: ['--seconds', '5'], code: 2, says: '--seconds must be a number from 20 to 86400, got 5' },
    { args: ['--image', ''], code: 2, says: '--image must be the name of an image' },
    { args: ['--turbo'], code: 2, says: "Unknown option '--turbo'" },
    { args: ['--help'], code: 0, says: 'npm run demo:cluster -- [options]' },
  ])('$args: $says', async ({ args, code, says }) => {
    const run = start(args, {});
    expect(await run.exitCode).toBe(code);
    expect(run.printed()).toContain(says);
  });

  it('no Redis, where one is named', async () => {
    const run = start([], { REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await run.exitCode).toBe(1);
    expect(run.printed()).toMatch(
      /^REDIS_URL is redis:\/\/127\.0\.0\.1:1, and no Redis answers there: .*ECONNREFUSED/,
    );
  });

  it.skipIf(!hasRedis)('no Docker, where one is named', async () => {
    const run = start([], { DOCKER_HOST: 'unix:///nowhere/docker.sock' });
    expect(await run.exitCode).toBe(1);
    expect(run.printed()).toMatch(
      /^DOCKER_HOST is unix:\/\/\/nowhere\/docker.sock, and no Docker answers there/,
    );
  });

  it('neither, and nothing to start them with', async () => {
    const run = start([], { PATH: '/nowhere' });
    expect(await run.exitCode).toBe(1);
    expect(run.printed()).toContain('There is no Redis: set REDIS_URL');
  });
});
