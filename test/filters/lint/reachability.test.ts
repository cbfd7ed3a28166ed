import { describe, expect, it } from '@jest/globals';
import { findUnreachable } from '../../../filters/lint/reachability.js';
import { ruleSetOf, type ClauseText } from './rule-sets.js';

function unreachable(
  chains: Readonly<Record<string, readonly ClauseText[]>>,
  more: Readonly<Record<string, object>> = {},
): string[] {
  return [...findUnreachable(ruleSetOf(chains, more).entries)].map(({ entry }) => entry?.id ?? '');
}

describe('an entry that can never fire is named', () => {
  it.each([
    [['level == WARN', 'level == INFO']],
    [["level (- ['WARN', 'ERROR']", 'level == INFO']],
    [['content == lost it', 'content ~ ^found']],
    [['content ~ ^lost \\d+', 'content ~ ^found']],
    [['level != WARN', 'level == WARN']],
  ])('when its clauses exclude each other: %j', (clauses) => {
    expect(unreachable({ own: clauses })).toEqual(['own']);
  });

  it.each([
    ['class == A', 'class == A', 'with another first clause that it asks for too'],
    ["class (- ['A', 'B']", 'class == A', 'one value of a list'],
    ['content ~ lost', 'content ~ ^we lost (\\d+) nodes', 'a text that its pattern needs'],
    ['content ~ ^lost', 'content ~ ^lost \\d+', 'a beginning that its pattern has'],
    ['content ~ lost', 'content == all is lost', 'a value that the pattern is found in'],
    ['level != DEBUG', 'level == WARN', 'anything but another value'],
    ["content (~ ['^a', '^b']", 'content ~ ^bc', 'one pattern of a list'],
    ['content !~ lost', 'content == fine', 'a value without what must not be found'],
    ['content !~ lost', 'content !~ lost', 'what must not be found either'],
  ])('when an earlier branch decides: %s before %s (%s)', (earlier, clause) => {
    const chains = { first: [earlier, 'level == ERROR'], own: ['role == x', clause] };
    expect(unreachable(chains)).toEqual(['own']);
  });

  it('when an earlier entry of its branch takes all its records', () => {
    const chains = {
      general: ['class == A', 'content ~ lost'],
      special: ['class == A', 'content ~ ^lost node', 'level == WARN'],
    };
    expect(unreachable(chains)).toEqual(['special']);
  });
});

describe('an entry that can fire is left alone', () => {
  it.each([
    ['content ~ lost', 'content ~ l.st', 'a pattern that may find something else'],
    ['content ~ ^lost', 'content ~ lost node', 'a text that need not be at the start'],
    ['content ~ lost$', 'content ~ ^lost node', 'a text that need not be at the end'],
    ['class == A', 'content == A', 'another field'],
    ["content (- ['a']", 'content ~ ^a', 'a pattern with more values'],
    ['level != DEBUG', 'content ~ x', 'another field that differs'],
    ['content ~ (?i)lost', 'content ~ lost', 'a pattern that is more than text'],
  ])('behind %s with %s (%s)', (earlier, clause) => {
    expect(unreachable({ first: [earlier], own: [clause] })).toEqual([]);
  });

  it('when the special case stands first', () => {
    const chains = {
      special: ['class == A', 'content ~ ^lost node'],
      general: ['class == A', 'content ~ lost'],
    };
    expect(unreachable(chains)).toEqual([]);
  });

  it('when the earlier one asks for a graver level', () => {
    const chains = { grave: ['class == A'], any: ['class == A', 'content ~ x'] };
    expect(unreachable(chains)).toEqual(['any']);
    expect(unreachable(chains, { grave: { Classifier: { MinLevel: 'ERROR' } } })).toEqual([]);
  });
});
