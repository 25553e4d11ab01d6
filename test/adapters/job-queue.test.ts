import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JobQueue } from '../../src/adapters/job-pool/job-queue.ts';
import { PendingJob } from '../../src/adapters/job-pool/pending-job.ts';

type Job = PendingJob<string, void>;
const job = (id: number): Job => new PendingJob(id, `job ${id}`, {}, 0);

test('jobs leave in the order of their coming, those that return go first', () => {
  const [a, b, c, d] = [job(1), job(2), job(3), job(4)];
  const queue = new JobQueue<string, void>();
  for (const each of [a, b, c, d]) queue.push(each);
  expect([queue.shift(), queue.shift()]).toEqual([a, b]);
  queue.unshift([a, b]);
  expect(queue.remove(c)).toBe(true);
  expect(queue.remove(c)).toBe(false);
  expect([queue.size, queue.shift(), queue.shift(), queue.shift(), queue.shift()]).toEqual([
    3,
    a,
    b,
    d,
    undefined,
  ]);
});

test('it behaves as an array does, whatever is done to it', () => {
  const step = fc.oneof(
    fc.constant({ do: 'push' as const }),
    fc.constant({ do: 'shift' as const }),
    fc.record({ do: fc.constant('remove' as const), at: fc.nat(20) }),
    fc.record({ do: fc.constant('return' as const), count: fc.nat(3) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new JobQueue<string, void>();
      const taken: Job[] = [];
      let model: Job[] = [];
      let ids = 0;
      for (const each of steps) {
        if (each.do === 'push') {
          ids += 1;
          const next = job(ids);
          queue.push(next);
          model.push(next);
        } else if (each.do === 'shift') {
          const first = queue.shift();
          expect(first).toBe(model.shift());
          if (first) taken.push(first);
        } else if (each.do === 'remove') {
          const target = [...model, ...taken][each.at];
          if (target) expect(queue.remove(target)).toBe(model.includes(target));
          model = model.filter((other) => other !== target);
        } else {
          const back = taken.splice(0, each.count);
          queue.unshift(back);
          model.unshift(...back);
        }
        expect(queue.size).toBe(model.length);
      }
      const rest = Array.from(model, () => queue.shift());
      expect(rest).toEqual(model);
    }),
  );
});
