import { describe, expect, it } from '@jest/globals';
import { FindingCounter } from '../../../agent/metrics/finding-counter.js';
import { Status } from '../../../protocol/model.js';

function found(counter: FindingCounter, id: string): void {
  counter.found({ rule: { id, why: '' }, status: Status.UNHEALTHY });
}

describe('findings by rule', () => {
  it('are counted apart by rule and status', () => {
    const counter = new FindingCounter();
    found(counter, 'a');
    found(counter, 'a');
    found(counter, 'b');
    expect([...counter.counts()]).toEqual([
      { rule: 'a', status: 'UNHEALTHY', findings: 2 },
      { rule: 'b', status: 'UNHEALTHY', findings: 1 },
    ]);
  });

  it('are counted together beyond a thousand', () => {
    const counter = new FindingCounter();
    for (let rule = 1; rule <= 1003; rule += 1) found(counter, `rule-${rule}`);
    const counts = [...counter.counts()];
    expect(counts).toHaveLength(1001);
    expect(counts.at(-1)).toEqual({ rule: 'other', status: 'UNHEALTHY', findings: 3 });
  });
});
