import { isRedisHere } from '../examples/queue-cluster/servers/redis-server.ts';

export { RedisServer } from '../examples/queue-cluster/servers/redis-server.ts';

/** Debian's redis-server; `.ci/run` installs it. */
export const hasRedis: boolean = isRedisHere();

if (!hasRedis) console.log('redis-server is not on this machine: its tests are skipped');
