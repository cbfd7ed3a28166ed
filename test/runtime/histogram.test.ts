import { describe, expect, it } from '@jest/globals';
import { Histogram, Registry } from 'prom-client';
import { LabelledHistogram } from '../../runtime/histogram.js';

const NAME = { name: 'hview_test_seconds', help: 'How long it took.' };
const BUCKETS = [0.001, 0.5, 2];

function textOf(histogram: LabelledHistogram): Promise<string> {
  const registry = new Registry();
  registry.registerMetric(histogram);
  return registry.metrics();
}

describe('a histogram', () => {
  it('tells the same as the one of the package, which takes longer to count', async () => {
    const registry = new Registry();
    const oracle = new Histogram({
      ...NAME,
      ...{ labelNames: ['method', 'code'], buckets: BUCKETS, registers: [registry] },
    });
    const ours = new LabelledHistogram({ ...NAME, labels: ['method', 'code'], buckets: BUCKETS });
    const values: readonly [number, string, string][] = [
      [0, 'Ping', 'OK'],
      [0.001, 'Ping', 'OK'],
      [0.0011, 'Ping', 'OK'],
      [3, 'Ping', 'INTERNAL'],
      [2, 'Say "\\"\n', 'OK'],
      [1e9, 'Ping', 'OK'],
    ];
    for (const [value, method, code] of values) {
      oracle.observe({ method, code }, value);
      ours.series(method, code)(value);
    }
    const lines = (text: string): string[] => text.split('\n').sort();
    expect(lines(await textOf(ours))).toEqual(lines(await registry.metrics()));
  });

  it('without labels is there before anything was counted', async () => {
    const text = await textOf(new LabelledHistogram({ ...NAME, labels: [], buckets: BUCKETS }));
    expect(text).toBe(
      [
        '# HELP hview_test_seconds How long it took.',
        '# TYPE hview_test_seconds histogram',
        'hview_test_seconds_bucket{le="0.001"} 0',
        'hview_test_seconds_bucket{le="0.5"} 0',
        'hview_test_seconds_bucket{le="2"} 0',
        'hview_test_seconds_bucket{le="+Inf"} 0',
        'hview_test_seconds_sum 0',
        'hview_test_seconds_count 0',
        '',
      ].join('\n'),
    );
  });
});
