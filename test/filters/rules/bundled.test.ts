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

/** The entry of a daemon's start, and the contexts in which lines can only come in the order in which they get worse. */
const OF_SYSTEM: Readonly<Record<string, { readonly start: string; readonly rising: readonly string[] }>> = {
  zookeeper: { start: 'server-starting', rising: ['Election', 'ElectionListener', 'Process'] },
  hdfs: { start: 'process-starting', rising: ['DiskError', 'Fencing', 'Process'] },
  cassandra: { start: 'node-starting', rising: [] },
};

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

  it('withdraws at the start of a daemon whatever it said before, in every context there is', () => {
    const start = ruleSet.entries.find(({ id }) => id === OF_SYSTEM[system]?.start);
    const contexts = new Set(ruleSet.entries.map(({ classifier }) => classifier.context));
    expect(new Set(start?.classifier.withdraws?.contexts)).toEqual(contexts);
    expect(start?.classifier.withdraws?.subjects).toBe('all');
  });

  it('lets a weaker finding never take the place of a stronger one of its context', () => {
    const statuses = new Map<string, Set<number>>();
    for (const { classifier } of ruleSet.entries) {
      if (classifier.status < Status.MAYBE_UNHEALTHY) continue;
      const kinds = statuses.get(classifier.context) ?? new Set();
      statuses.set(classifier.context, kinds.add(classifier.status));
    }
    const mixed = [...statuses].filter(([, kinds]) => kinds.size > 1).map(([context]) => context);
    expect(mixed.sort()).toEqual(OF_SYSTEM[system]?.rising);
  });

  it('can be looked for by literal text, so that other lines cost next to nothing', () => {
    expect(literals).not.toBeNull();
    expect(literals?.filter((literal) => literal.length < 6)).toEqual([]);
  });
});
