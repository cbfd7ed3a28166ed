import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SetAside } from '../../../agent/delivery/set-aside.js';
import type { StoredEntry } from '../../../agent/spool/spool-entry.js';
import { HviewError } from '../../../runtime/errors.js';
import type { LogFields, Logger } from '../../../runtime/logger.js';
import { silentLogger } from '../../../runtime/logger.js';
import { FakeClock } from '../../support/fake-clock.js';
import { inFolder } from '../../support/followed-log.js';
import { spoolEntry } from '../../support/spool-entries.js';

const WHY = new HviewError('REQUEST_INVALID', 'a score is NaN');

function stored(id: string): StoredEntry {
  return { ...spoolEntry({ id }), sequence: 1, bytes: 100 };
}

function setUp(folder: string, maxBytes?: number) {
  const clock = new FakeClock();
  const told: LogFields[] = [];
  const logger: Logger = { ...silentLogger, error: (_, fields = {}) => void told.push(fields) };
  const file = join(folder, 'set-aside.jsonl');
  const setAside = new SetAside({ file, clock, logger, ...(maxBytes === undefined ? {} : { maxBytes }) });
  return { clock, told, file, setAside };
}

describe('observations that are set aside', () => {
  it('are kept one a line with when and why', async () => {
    await inFolder(async (folder) => {
      const { setAside, file } = setUp(folder);
      await setAside.add(stored('1'), WHY);
      await setAside.add(stored('2'), WHY);
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({
          setAsideAt: '2023-11-14T22:13:20.000Z',
          code: 'REQUEST_INVALID',
          reason: 'a score is NaN',
          id: '1',
          report: spoolEntry({ id: '1' }).report,
        }),
        expect.objectContaining({ id: '2' }),
      ]);
      expect(setAside.count).toBe(2);
    });
  });

  it('take no more room than two files of the largest size', async () => {
    await inFolder(async (folder) => {
      const { setAside, file } = setUp(folder, 2000);
      for (let id = 1; id <= 50; id += 1) await setAside.add(stored(`${id}`), WHY);
      expect(existsSync(`${file}.1`)).toBe(true);
      expect(statSync(file).size).toBeLessThan(2500);
      expect(statSync(`${file}.1`).size).toBeLessThan(2500);
      expect(readFileSync(file, 'utf8')).toContain('"id":"50"');
    });
  });

  it('are told of once in ten seconds, with how many were not told', async () => {
    await inFolder(async (folder) => {
      const { setAside, clock, told } = setUp(folder);
      for (let id = 1; id <= 5; id += 1) await setAside.add(stored(`${id}`), WHY);
      clock.advance(10_000);
      await setAside.add(stored('6'), WHY);
      expect(told).toEqual([
        expect.objectContaining({ id: '1', othersSinceLastTold: 0 }),
        expect.objectContaining({ id: '6', othersSinceLastTold: 4 }),
      ]);
    });
  });

  it('are counted where nothing can be written', async () => {
    await inFolder(async (folder) => {
      const { setAside } = setUp(join(folder, 'not', 'there'));
      await setAside.add(stored('1'), WHY);
      expect(setAside.count).toBe(1);
    });
  });
});
