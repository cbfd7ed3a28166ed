import { describe, expect, it } from '@jest/globals';
import { checkRuleSet } from '../../../filters/lint/check-rule-set.js';
import { BUNDLED_PLUGINS } from '../../../plugins/registry.js';
import { Status } from '../../../protocol/model.js';
import { bundledRules } from '../../support/bundled-rules.js';

const all = BUNDLED_PLUGINS.map((factory) => ({
  factory,
  system: factory.name,
  rules: bundledRules(factory),
}));

describe.each(all)('the rule set for $system', ({ factory, rules, system }) => {
  const { ruleSet, literals } = rules;

  it('loads without a warning and drops subjects that the system does not know', () => {
    expect(ruleSet.warnings).toEqual([]);
    expect(ruleSet.knownSubjectsOnly).toBe(true);
    expect(ruleSet.plugin).toBe(system);
  });

  it('checks clean: examples, reach, speed, fields, coverage, no line of which two entries say different things', () => {
    expect(factory.fields).toBeDefined();
    const findings = checkRuleSet(ruleSet, { fields: factory.fields ?? null, examples: rules });
    expect(findings.map(({ entry, message }) => `${entry?.id ?? ''}: ${message}`)).toEqual([]);
  });

  it('names every field that its records have', () => {
    const given = new Set(
      ruleSet.entries.flatMap(({ examples }) =>
        examples.flatMap(({ lines }) => rules.records(lines).flatMap((fields) => Object.keys(fields))),
      ),
    );
    given.delete('detail');
    expect([...given].sort()).toEqual([...(factory.fields ?? [])].sort());
  });

  it('says for each entry why its line matters, and for which versions it is', () => {
    const speechless = ruleSet.entries.filter(({ why, versions }) => !/\.$/.test(why) || versions === '');
    expect(speechless.map(({ id }) => id)).toEqual([]);
  });

  it('ends every finding that is not good: by a newer word in its context, a withdrawal, or an expiry', () => {
    const contextsThatEnd = new Set(
      ruleSet.entries.flatMap(({ classifier }) => [
        ...(classifier.withdraws?.contexts ?? []),
        ...(classifier.status === Status.HEALTHY ? [classifier.context] : []),
      ]),
    );
    const endless = ruleSet.entries.filter(
      ({ classifier }) =>
        classifier.status > Status.HEALTHY &&
        classifier.expiresMs === null &&
        !contextsThatEnd.has(classifier.context),
    );
    expect(endless.map(({ id }) => id)).toEqual([]);
  });

  it('can be looked for by literal text, so that other lines cost next to nothing', () => {
    expect(literals).not.toBeNull();
    expect(literals?.filter((literal) => literal.length < 6)).toEqual([]);
  });
});
