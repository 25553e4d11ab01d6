import { afterAll, beforeAll, describe } from 'vitest';
import { describeHistoryStore } from '../history-store/history-store-contract.ts';
import { describeStateStore } from '../state-store/state-store-contract.ts';
import { postgres, sqlite } from './databases.ts';
import { describeJournal } from './journal-contract.ts';

describe.each([sqlite(), postgres()])('sqlStore in $name', (database) => {
  describe.skipIf(database.isMissing)('', () => {
    beforeAll(() => database.start());
    afterAll(() => database.stop());
    let count = 0;

    describeHistoryStore('history', async () => {
      const store = await database.open(`history-${count++}`, { retentionDays: 3 });
      return {
        append: (pool, samples) => store.history.append(pool, samples),
        read: (pool, range) => store.history.read(pool, range),
        pools: () => store.history.pools(),
        close: () => store.close(),
      };
    });
    describeStateStore('state', async (place) => {
      const store = await database.open(place);
      return {
        read: (key) => store.state.read(key),
        replace: (key, value, expected) => store.state.replace(key, value, expected),
        close: () => store.close(),
      };
    });
    describeJournal('journal', async () => {
      const store = await database.open(`journal-${count++}`);
      return { journal: store.journal, close: () => store.close() };
    });
  });
});
