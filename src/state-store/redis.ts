export { type RedisStateOptions, redisState, type StateClient } from './redis-state.ts';
