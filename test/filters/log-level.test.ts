import { expect, it } from '@jest/globals';
import { compareLevels, isAtLeast, levelFromName } from '../../filters/log-level.js';

it('orders the levels', () => {
  const shuffled = ['FATAL', 'INFO', 'TRACE', 'ERROR', 'WARN', 'DEBUG'] as const;
  expect([...shuffled].sort(compareLevels)).toEqual(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']);
});

it.each([
  ['WARN', 'WARN'],
  ['Warning', 'WARN'],
  ['critical', 'FATAL'],
  ['debug', 'DEBUG'],
  ['NOTICE', undefined],
  ['constructor', undefined],
  ['', undefined],
])('takes the name %j for %s', (name, expected) => {
  expect(levelFromName(name)).toBe(expected);
});

it('holds back what is less grave, and nothing whose level it does not know', () => {
  const names = ['info', 'WARN', 'CRITICAL', 'NOTICE', ''];
  expect(names.filter((name) => isAtLeast(name, 'WARN'))).toEqual(['WARN', 'CRITICAL', 'NOTICE', '']);
});
