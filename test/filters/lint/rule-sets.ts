import { loadRuleSet } from '../../../filters/load-rule-set.js';
import type { RuleSet } from '../../../filters/rule-set.js';

/** A clause as `field operator pattern`, such as `content ~ ^lost (?P<host>\S+)`; `!` before it: captures. */
export type ClauseText = string;

/** A rule set of entries given by their clauses; each says something else unless told otherwise. */
export function ruleSetOf(
  chains: Readonly<Record<string, readonly ClauseText[]>>,
  more: Readonly<Record<string, object>> = {},
): RuleSet {
  const tree = Object.entries(chains).map(([id, clauses], index) => {
    const { Classifier = {}, ...entry } = (more[id] ?? {}) as { Classifier?: object };
    return {
      Id: id,
      Chain: clauses.map(clauseOf),
      Classifier: { Context: id, Status: 'unhealthy', Score: index, ...Classifier },
      ...entry,
    };
  });
  return loadRuleSet(JSON.stringify({ FilterTree: tree }), 'test.json');
}

function clauseOf(text: ClauseText): object {
  const [, capture = '', field = '', operator = '', pattern = ''] =
    /^(!?)(\S+) (==|!=|!~|~|\(-|\(~) ([\s\S]*)$/.exec(text) ?? [];
  return { Field: field, Operator: operator, Pattern: pattern, CaptureResult: capture === '!' };
}
