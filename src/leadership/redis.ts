export { type LeaseClient, type RedisLeadershipOptions, redisLeadership } from './redis-lease.ts';
