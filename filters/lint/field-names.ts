import { nearestName } from '../loading/near-miss.js';
import type { RuleEntry } from '../rule-set.js';
import { lintFinding, type LintFinding } from './lint-finding.js';

/** Given to rules for every record, whatever the plugin. */
const ALWAYS = ['detail'];

/** Clauses on fields that the plugin never gives: they test the empty text. `fields`: those it gives. */
export function* findUnknownFields(
  entries: readonly RuleEntry[],
  fields: readonly string[],
): Generator<LintFinding> {
  const known = [...fields, ...ALWAYS];
  for (const entry of entries) {
    for (const [index, { field }] of entry.chain.entries()) {
      if (known.includes(field)) continue;
      const near = nearestName(field, known);
      yield lintFinding({
        severity: 'warning',
        kind: 'unknown-field',
        entry,
        clause: index + 1,
        message: `the plugin gives no field ${JSON.stringify(field)}, so the clause tests the empty text`,
        hint: near === null ? `It gives ${known.join(', ')}.` : `Did you mean ${near}?`,
      });
    }
  }
}
