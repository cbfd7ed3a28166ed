import { expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { AggregatorCounts } from '../../server/aggregator-counts.js';
import { aggregatorMetrics } from '../../server/aggregator-metrics.js';
import { runAggregator } from '../support/aggregators.js';

/** What the route answers, asked by nobody in particular. */
async function answerOf({ route }: ReturnType<typeof aggregatorMetrics>): Promise<string> {
  let text = '';
  const response = { writeHead: () => undefined, end: (body: string) => (text = body) };
  await route.handle(
    undefined as never,
    response as unknown as ServerResponse,
    new URL('http://localhost/metrics'),
  );
  return text;
}

it('all figures of an answer are of one moment, for which the accounts are asked once', async () => {
  const running = await runAggregator();
  const accounts: AggregatorCounts = running.aggregator.counts();
  await running.stop();
  let asked = 0;
  const metrics = aggregatorMetrics({
    counts: () => {
      asked += 1;
      return { ...accounts, accepted: asked, known: { subjects: asked, observers: asked, watched: asked } };
    },
    statuses: () => [],
  });
  for (const scrape of [1, 2]) {
    const lines = (await answerOf(metrics)).split('\n');
    expect(asked).toBe(scrape);
    expect(lines).toContain(`hview_reports_total{outcome="accepted"} ${scrape}`);
    expect(lines).toContain(`hview_observers ${scrape}`);
    expect(lines).toContain(`hview_subjects_known ${scrape}`);
    expect(lines).toContain(`hview_subjects_watched ${scrape}`);
  }
});
