export type * from './adapter.ts';
export type * from './decision.ts';
export type * from './forecast.ts';
export type * from './instant.ts';
export type * from './observation.ts';
export type * from './record.ts';
export type * from './signal.ts';
export type * from './view.ts';
