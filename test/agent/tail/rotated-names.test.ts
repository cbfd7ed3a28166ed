import { describe, expect, it } from '@jest/globals';
import { compareAge, isPackedName, isRotatedName } from '../../../agent/tail/rotated-names.js';
import type { FoundFile } from '../../../agent/tail/rotated-names.js';

describe('isRotatedName', () => {
  it.each([
    'app.log.1',
    'app.log.12',
    'app.log-20261122',
    'app.log-20261122-1700000000',
    'app.log.2026-11-22',
    'app.log.2026-11-22.3',
    'app.log.2026-11-22T10:00:00Z',
    'app.log_old',
    'app.log.bak',
    'app-2026-11-22.log',
    'app.1.log',
    'app-2026-11-22-3.log',
  ])('takes %s for an older part of app.log', (name) => {
    expect(isRotatedName('app.log', name)).toBe(true);
  });

  it.each([
    'app.log',
    'app.log.1.gz',
    'app.log.2026-11-22.zst',
    'app.log.swp',
    'app.log~',
    'app.log.audit',
    'app.logs',
    'app-audit.log',
    'app2.log',
    'other.log.1',
    'app.out.1',
  ])('does not take %s for one', (name) => {
    expect(isRotatedName('app.log', name)).toBe(false);
  });

  it('knows only parts behind the name where the name has no extension', () => {
    expect(isRotatedName('messages', 'messages-20261122')).toBe(true);
    expect(isRotatedName('messages', 'messages.1')).toBe(true);
    expect(isRotatedName('messages', 'mess-1')).toBe(false);
    expect(isRotatedName('.hidden', '.hidden.1')).toBe(true);
  });
});

describe('isPackedName', () => {
  it.each([
    'app.log.gz',
    'app.log.1.gz',
    'app.log-20261122.gz',
    'app.log.2026-11-22.0.zip',
    'app-2026-11-22-1.log.gz',
  ])('takes %s for a compressed part of app.log', (name) => {
    expect(isPackedName('app.log', name)).toBe(true);
    expect(isRotatedName('app.log', name)).toBe(false);
  });

  it.each(['app.log', 'app.log.1', 'app.log.1.xz', 'app.log.old.tar.gz', 'other.log.1.gz', 'app.logs.gz'])(
    'does not take %s for one',
    (name) => {
      expect(isPackedName('app.log', name)).toBe(false);
    },
  );
});

describe('compareAge', () => {
  function file(name: string, bornNs = 0n, modifiedNs = 0n): FoundFile {
    return { name, path: `/logs/${name}`, key: `1:${name}`, bornNs, modifiedNs, size: 0 };
  }

  function oldestFirst(...files: FoundFile[]): string[] {
    return files.sort(compareAge('app.log')).map(({ name }) => name);
  }

  it('goes by the time a file was made, whatever its number', () => {
    expect(oldestFirst(file('app.log', 9n), file('app.log.1', 3n), file('app.log.2', 5n))).toEqual([
      'app.log.1',
      'app.log.2',
      'app.log',
    ]);
  });

  it('goes by the last change where two were made in the same tick of the clock', () => {
    expect(oldestFirst(file('app.log.1', 3n, 8n), file('app.log.2', 3n, 9n))).toEqual([
      'app.log.1',
      'app.log.2',
    ]);
  });

  it('takes the highest number for the oldest where no time tells, and the log for the newest', () => {
    expect(oldestFirst(file('app.log'), file('app.log.2'), file('app.log.10'), file('app.log.1'))).toEqual([
      'app.log.10',
      'app.log.2',
      'app.log.1',
      'app.log',
    ]);
    expect(oldestFirst(file('app.1.log'), file('app.2.log'))).toEqual(['app.2.log', 'app.1.log']);
  });

  it('goes by the name where dates stand in it and no time tells', () => {
    expect(oldestFirst(file('app-2026-11-23.log'), file('app-2026-11-22.log'))).toEqual([
      'app-2026-11-22.log',
      'app-2026-11-23.log',
    ]);
  });
});
