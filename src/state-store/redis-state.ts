import { InvalidOptionError } from '../errors.ts';
import type { StateStore } from './state-store.ts';

/** What is needed of a Redis client: an ioredis client has it. */
export interface StateClient {
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

export interface RedisStateOptions {
  /** Controllers with the same name share their state. Default `flyball`. */
  readonly name?: string;
}

/** Gives the version and the document, or nothing. */
const READ = `return redis.call('HMGET', KEYS[1], 'version', 'document')`;

/** `ARGV`: the document, the version that it replaces. Gives 1 where it was replaced. */
const REPLACE = `
if tonumber(redis.call('HGET', KEYS[1], 'version') or '0') ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2] + 1, 'document', ARGV[1])
return 1`;

/**
 * State in Redis: a hash for each document, replaced in one step by a script. It is as durable as that Redis is; one
 * that lost its memory is written anew by the controllers that still run.
 *
 * @param redis an ioredis client; its connection is left open
 * @throws InvalidOptionError
 */
export function redisState(redis: StateClient, options: RedisStateOptions = {}): StateStore {
  const { name = 'flyball' } = options;
  if (typeof name !== 'string' || name === '')
    throw new InvalidOptionError('name', 'must not be empty', name);
  const keyOf = (key: string): string => `{${name}}:state:${key}`;
  const writing = new Set<Promise<unknown>>();
  let closed = false;
  return {
    async read(key) {
      const [version, document] = (await redis.eval(READ, 1, keyOf(key))) as (string | null)[];
      if (version == null || document == null) return undefined;
      return { value: parsed(document), version: Number(version) };
    },
    async replace(key, value, expected) {
      if (closed) throw new Error('this store is closed');
      const write = redis.eval(REPLACE, 1, keyOf(key), JSON.stringify(value), expected);
      const settled = write.then(
        () => {},
        () => {},
      );
      writing.add(settled);
      try {
        return (await write) === 1;
      } finally {
        writing.delete(settled);
      }
    },
    async close() {
      closed = true;
      await Promise.all(writing);
    },
  };
}

/** What somebody has broken by hand is no document: it can be replaced. */
function parsed(document: string): unknown {
  try {
    return JSON.parse(document);
  } catch {
    return null;
  }
}
