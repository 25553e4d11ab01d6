import { describe, expect, it } from 'vitest';
import type { PoolObservation, WorkerObservation } from '../../src/core/observation.ts';
import { LearnedNeeds } from '../../src/guards/learned-needs.ts';

const NOW = 10_000_000;
const worker = (memoryBytes: number, given: Partial<WorkerObservation> = {}): WorkerObservation => ({
  id: 'w',
  state: 'ready',
  memoryBytes,
  ...given,
});
const reading = (...workers: WorkerObservation[]): PoolObservation => ({
  ready: workers.length,
  busy: 0,
  queued: 0,
  workers,
});

describe('LearnedNeeds', () => {
  it('is the mean of the workers that are ready and warm', () => {
    const needs = new LearnedNeeds();
    const young = worker(10, { startedAt: NOW - 30_000 });
    needs.observe(reading(worker(100), worker(140), worker(20, { state: 'starting' }), young), NOW);
    expect(needs.needs).toEqual({ memoryBytes: 120 });
  });

  it('takes young workers where there are no others', () => {
    const needs = new LearnedNeeds();
    needs.observe(reading(worker(10, { startedAt: NOW - 30_000 })), NOW);
    expect(needs.needs).toEqual({ memoryBytes: 10 });
  });

  it('takes the average of a host that sees no single workers', () => {
    const needs = new LearnedNeeds();
    needs.observe({ ready: 3, busy: 0, queued: 0, resources: { memoryBytes: 50, cpuCores: 0.5 } }, NOW);
    expect(needs.needs).toEqual({ memoryBytes: 50, cpuCores: 0.5 });
  });

  it('believes what is declared, field by field', () => {
    const needs = new LearnedNeeds({ memoryBytes: 64 });
    needs.observe(reading(worker(100, { cpuCores: 0.2 })), NOW);
    expect(needs.needs).toEqual({ memoryBytes: 64, cpuCores: 0.2 });
  });

  it('rises at once, falls slowly, and outlives a pool that sleeps', () => {
    const needs = new LearnedNeeds();
    needs.observe(reading(worker(100)), NOW);
    needs.observe(reading(worker(200)), NOW);
    expect(needs.needs.memoryBytes).toBe(200);
    needs.observe(reading(worker(100)), NOW);
    expect(needs.needs.memoryBytes).toBe(190);
    needs.observe(reading(), NOW);
    expect(needs.needs.memoryBytes).toBe(190);
  });

  it('leaves out what cannot be true', () => {
    const needs = new LearnedNeeds();
    needs.observe(reading(worker(Number.NaN), worker(-5), worker(80)), NOW);
    expect(needs.needs).toEqual({ memoryBytes: 80 });
  });

  it('expects of an optimisation what it won before, or that all become as lean as the leanest', () => {
    const needs = new LearnedNeeds();
    expect(needs.expectedGainRatio).toBeUndefined();
    needs.observe(reading(worker(60), worker(100), worker(100), worker(140)), NOW);
    expect(needs.expectedGainRatio).toBeCloseTo(0.4);
    needs.optimized(0.1);
    needs.optimized(Number.NaN);
    expect(needs.expectedGainRatio).toBe(0.1);
    needs.optimized(0.3);
    expect(needs.expectedGainRatio).toBeCloseTo(0.2);
  });
});
