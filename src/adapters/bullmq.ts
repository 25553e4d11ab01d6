export { type BullmqQueueOptions, bullmqQueue } from './bullmq/bullmq-queue.ts';
export { type BullmqWorkers, type BullmqWorkersOptions, bullmqWorkers } from './bullmq/bullmq-workers.ts';
export type { ObservableQueue } from './bullmq/observable-queue.ts';
