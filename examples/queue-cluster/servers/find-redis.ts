import { Redis } from 'ioredis';
import { MissingError } from './missing.ts';
import { isRedisHere, RedisServer } from './redis-server.ts';

export interface FoundRedis {
  readonly url: string;
  /** In words, for people. */
  readonly what: string;
  /** It was started here, and is ended by `stop`. */
  readonly isOwn: boolean;
  stop(): Promise<void>;
}

/** The Redis at `REDIS_URL`, else one that is started here. @throws MissingError */
export async function findRedis(): Promise<FoundRedis> {
  const url = process.env.REDIS_URL;
  if (url !== undefined && url !== '') {
    const said = await ask(url);
    if (said !== undefined)
      throw new MissingError(`REDIS_URL is ${url}, and no Redis answers there: ${said}`);
    return { url, what: 'the Redis at REDIS_URL', isOwn: false, stop: async () => {} };
  }
  if (!isRedisHere()) {
    throw new MissingError(
      'There is no Redis: set REDIS_URL (redis://127.0.0.1:6379), or install redis-server, and one is started.',
    );
  }
  const server = await RedisServer.start();
  const what = `a Redis of its own, port ${server.port}`;
  return { url: server.url, what, isOwn: true, stop: () => server.stop() };
}

/** Why it cannot be used, `undefined` where it answers. */
async function ask(url: string): Promise<string | undefined> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    commandTimeout: 3_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let lastError: Error | undefined;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await redis.connect();
    await redis.ping();
    return undefined;
  } catch (error) {
    return (lastError ?? (error as Error)).message;
  } finally {
    redis.disconnect();
  }
}
