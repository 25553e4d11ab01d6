/** Jobs that one container runs at once: they wait for something else most of the time. */
export const SLOTS_PER_WORKER = 4;

/** Most containers. */
export const MAX_WORKERS = 14;
