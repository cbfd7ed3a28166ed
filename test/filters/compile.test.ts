import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileRuleSet } from '../../filters/compile.js';
import { LiteralScanner } from '../../filters/literal-scanner.js';
import { ReferenceMatcher } from '../../filters/reference-matcher.js';
import { arbitraryDetail, arbitraryRecord, arbitraryRuleSet } from './arbitrary-rule-set.js';

const records = fc.array(fc.tuple(arbitraryRecord, arbitraryDetail), { minLength: 1, maxLength: 8 });
const VERBATIM = ['content', 'tag'];

describe('for any rule set and any records', () => {
  it('the compiled matcher answers as the reference matcher does', () => {
    let matches = 0;
    fc.assert(
      fc.property(arbitraryRuleSet, records, (ruleSet, pairs) => {
        const compiled = compileRuleSet(ruleSet);
        const reference = new ReferenceMatcher(ruleSet);
        for (const [record, detail] of pairs) {
          for (const fields of [record, { ...record, detail }]) {
            const expected = reference.match(fields);
            expect(compiled.match(fields)).toEqual(expected);
            if (expected !== null) matches++;
          }
        }
      }),
      { numRuns: 800 },
    );
    // Else the rules and records would be too far apart to show anything.
    expect(matches).toBeGreaterThan(500);
  });

  it('a record that matches holds one of the literals, so looking for them first loses nothing', () => {
    let checked = 0;
    let skipped = 0;
    fc.assert(
      fc.property(arbitraryRuleSet, records, (ruleSet, pairs) => {
        const compiled = compileRuleSet(ruleSet);
        const literals = compiled.literals(VERBATIM);
        if (literals === null) return;
        const scanner = new LiteralScanner(literals);
        for (const [record, detail] of pairs) {
          const line = Buffer.from(`12:00 [${record['tag']}] ${record['content']}`);
          const isCandidate = scanner.next(line, 0, line.length) !== -1;
          const fields = { ...record, detail };
          const withPrefilter = isCandidate ? compiled.match(fields) : null;
          expect(withPrefilter).toEqual(new ReferenceMatcher(ruleSet).match(fields));
          checked++;
          if (!isCandidate) skipped++;
        }
      }),
      { numRuns: 1600 },
    );
    expect(checked).toBeGreaterThan(400);
    expect(skipped).toBeGreaterThan(30);
  });

  it('no literal spans lines or is shorter than three characters', () => {
    fc.assert(
      fc.property(arbitraryRuleSet, (ruleSet) => {
        for (const literal of compileRuleSet(ruleSet).literals(VERBATIM) ?? []) {
          expect(literal).not.toContain('\n');
          expect(literal.length).toBeGreaterThanOrEqual(3);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('continuation lines change nothing when the matcher says so', () => {
    let final = 0;
    fc.assert(
      fc.property(arbitraryRuleSet, records, arbitraryDetail, (ruleSet, pairs, otherDetail) => {
        const compiled = compileRuleSet(ruleSet);
        for (const [record, detail] of pairs) {
          if (compiled.needsDetail(record)) continue;
          const answer = compiled.match(record);
          expect(compiled.match({ ...record, detail })).toEqual(answer);
          expect(compiled.match({ ...record, detail: otherDetail })).toEqual(answer);
          if (answer !== null) final++;
        }
      }),
      { numRuns: 800 },
    );
    expect(final).toBeGreaterThan(100);
  });
});
