export type { DashboardData, DashboardPool, DashboardQuery } from '../telemetry/dashboard-data.ts';
export type { ActionAttempt, DashboardAction, DashboardActions } from './actions.ts';
export type { DashboardController } from './controller-port.ts';
export { createDashboard, type Dashboard, type DashboardOptions } from './create-dashboard.ts';
export type { FeedMessage, Fleet, PoolRow } from './feed-message.ts';
