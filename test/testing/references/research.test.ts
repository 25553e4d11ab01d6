import { describe, expect, it } from 'vitest';
import { adapt } from '../../../src/testing/references/adapt.ts';
import { conpaas } from '../../../src/testing/references/conpaas.ts';
import { hist } from '../../../src/testing/references/hist.ts';
import { react } from '../../../src/testing/references/react.ts';
import { reg } from '../../../src/testing/references/reg.ts';
import { ask, hold } from './play.ts';

const HOUR = 3600;

describe('react', () => {
  it('provisions for the load that is there, and a fifth more', () => {
    expect(ask(react(), 0, { ready: 8, load: 10 })).toBe(12);
    // 60 s of work wait: 4 workers for 15 s. ⌈(8 + 4) × 1.2⌉.
    expect(ask(react(), 0, { ready: 8, load: 8, queued: 60 })).toBe(15);
  });

  it('releases only when two are idle', () => {
    expect(ask(react(), 0, { ready: 12, load: 9 })).toBe(12);
    expect(ask(react(), 0, { ready: 12, load: 8 })).toBe(10);
  });
});

describe('adapt', () => {
  it('goes up at once, and a tenth further', () => {
    expect(ask(adapt(), 0, { ready: 10, load: 12 })).toBe(14);
  });

  it('releases slowly: a quarter of the surplus an interval', () => {
    const engine = adapt({ factor: 1 });
    // Surplus 4: one goes.
    expect(ask(engine, 0, { ready: 10, load: 6 })).toBe(9);
    // Surplus 3, gain 9 / 9.5: 0.71 are carried over, and with 0.72 more one goes.
    expect(ask(engine, 15, { ready: 9, load: 6 })).toBe(9);
    expect(ask(engine, 30, { ready: 9, load: 6 })).toBe(8);
  });

  it('never releases what the load needs', () => {
    const engine = adapt();
    for (let tick = 0, ready = 40; tick < 400; tick++) {
      ready = ask(engine, tick * 15, { ready, load: 10 });
      expect(ready).toBeGreaterThanOrEqual(11);
    }
  });
});

describe('hist', () => {
  const day = (engine: ReturnType<typeof hist>, from: number, to: number): number => {
    let size = Number.NaN;
    for (let at = from; at < to; at += 60) {
      const load = Math.floor(at / HOUR) % 24 === 12 ? 20 : 4;
      size = ask(engine, at, { ready: 30, load });
    }
    return size;
  };

  it('reacts while an hour has no past', () => {
    const engine = hist();
    expect(ask(engine, 0, { ready: 3, load: 4 })).toBe(5);
    expect(ask(engine, 15, { ready: 30, load: 4 })).toBe(5);
  });

  it('provisions for what the hour brought before, one start-up ahead of it', () => {
    const engine = hist();
    const noon = 24 * HOUR + 12 * HOUR;
    // 4 × 1.05 until a minute before noon; then 20 × 1.05.
    expect(day(engine, 0, noon - 60)).toBe(5);
    expect(day(engine, noon - 60, noon)).toBe(21);
    expect(day(engine, noon, noon + HOUR - 60)).toBe(21);
    expect(day(engine, noon + HOUR - 60, noon + HOUR)).toBe(5);
  });

  it('adds the mean underestimate of the last three hours', () => {
    const engine = hist();
    day(engine, 0, 24 * HOUR);
    hold(engine, [24 * HOUR, 25 * HOUR], { ready: 30, load: 10 }, 60);
    // 10 came where 4 were expected: 4 + 6 / 3, × 1.05, for the hours that follow.
    expect(ask(engine, 26 * HOUR - 60, { ready: 30, load: 4 })).toBe(7);
  });

  it('reacts when most of the last readings were short', () => {
    const engine = hist();
    day(engine, 0, 24 * HOUR);
    expect(hold(engine, [24 * HOUR, 24 * HOUR + 15], { ready: 5, load: 10 })).toBe(5);
    expect(ask(engine, 24 * HOUR + 30, { ready: 5, load: 10 })).toBe(11);
  });
});

describe('reg', () => {
  it('goes up with the load and a fifth further', () => {
    expect(ask(reg(), 0, { ready: 10, load: 12 })).toBe(15);
  });

  it('goes down with the regression', () => {
    const engine = reg();
    const sizes = Array.from({ length: 10 }, (_, minute) =>
      ask(engine, minute * 60, { ready: 30, load: 20 - minute }),
    );
    // 20, 19, … 11: the line goes on to 10, × 1.2.
    expect(sizes.at(-1)).toBe(12);
  });

  it('never goes up with the regression', () => {
    const engine = reg();
    const sizes = Array.from({ length: 20 }, (_, minute) =>
      ask(engine, minute * 60, { ready: 25, load: minute + 5 }),
    );
    expect(Math.max(...sizes)).toBe(25);
  });
});

describe('conpaas', () => {
  it('provisions for the highest minute that the best model expects within ten', () => {
    const engine = conpaas();
    const sizes = Array.from({ length: 11 }, (_, minute) =>
      ask(engine, minute * 60, { ready: 100, load: 10 + minute }),
    );
    expect(sizes[0]).toBe(12);
    expect(sizes[9]).toBe(12);
    // 10, 11, … 20: linear regression is exact and goes on to 30, × 1.2.
    expect(sizes[10]).toBe(36);
  });

  it('does not wait for the next reconfiguration when load is above the size', () => {
    const engine = conpaas();
    ask(engine, 0, { ready: 12, load: 10 });
    expect(ask(engine, 15, { ready: 12, load: 20 })).toBe(24);
  });
});
