export { type BullmqQueueOptions, bullmqQueue, type ObservableQueue } from './bullmq/bullmq-queue.ts';
export { type BullmqWorkers, type BullmqWorkersOptions, bullmqWorkers } from './bullmq/bullmq-workers.ts';
