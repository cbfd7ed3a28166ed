import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import { packageFile } from '../../runtime/package-root.js';
import { receiversOf, NO_ALERTS } from '../../server/alerts/alerts-config.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import type { RunningAggregator } from '../support/aggregators.js';

let running: RunningAggregator | null = null;

afterEach(() => running?.stop());

async function start(): Promise<string> {
  running = await runAggregator({
    httpAddress: '127.0.0.1:0',
    peers: new Map([
      ['pano0', '127.0.0.1:0'],
      ['pano1', '127.0.0.1:1'],
    ]),
    alerts: { ...NO_ALERTS, webhooks: receiversOf('http://127.0.0.1:1', 'webhook') },
  });
  return `http://127.0.0.1:${running.aggregator.httpAddress?.port ?? 0}/metrics`;
}

async function scrape(url: string): Promise<string> {
  return (await fetch(url)).text();
}

describe('GET /metrics', () => {
  it('tells what became of reports, who is sick, and how soon that was known', async () => {
    const url = await start();
    const client = running?.client;
    const handle = (await client?.register({ module: 'test', observer: 'peer@1' })) ?? 0;
    for (const subject of ['peer@2', 'peer@3']) {
      const observation = {
        time: timestampFromMillis(Date.now() - 3000),
        metrics: [{ name: 'link', status: Status.DEAD, score: 0 }],
      };
      await client?.submitReport(handle, { observer: 'peer@1', subject, observation });
    }
    const text = await eventually(
      () => scrape(url),
      (answer) =>
        answer.includes('hview_verdict_latency_seconds_count 2') &&
        answer.includes('hview_alerts{state="pending"} 2') &&
        // The scrape before this one.
        answer.includes('hview_http_request_duration_seconds_count{route="/metrics",status="200"}'),
    );
    const lines = text.split('\n');
    for (const line of [
      'hview_reports_received_total{way="single"} 2',
      'hview_reports_total{outcome="accepted"} 2',
      'hview_reports_total{outcome="malformed"} 0',
      'hview_subjects{status="DEAD"} 2',
      'hview_observers 1',
      'hview_subjects_known 2',
      // The observer is watched as well.
      'hview_subjects_watched 3',
      'hview_grpc_call_duration_seconds_count{method="idl.HealthService/SubmitReport",code="OK"} 2',
      'hview_grpc_call_duration_seconds_bucket{le="+Inf",method="idl.HealthService/Register",code="OK"} 1',
      'hview_subjects{status="HEALTHY"} 0',
      'hview_verdict_latency_seconds_bucket{le="2.5"} 0',
      'hview_verdict_latency_seconds_bucket{le="300"} 2',
      'hview_alerts{state="pending"} 2',
      'hview_alerts_waiting{receiver="webhook 127.0.0.1:1"} 0',
      'hview_relay_messages_total{peer="pano1",outcome="dropped"} 0',
    ]) {
      expect(lines).toContain(line);
    }
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });

  it('has the metrics that the documentation lists, and no other', async () => {
    const text = await scrape(await start());
    const told = [...text.matchAll(/^# TYPE (hview_\w+)/gm)].map(([, name]) => name ?? '');
    const [, section = ''] =
      /^## Metrics\n([\s\S]*?)^## /m.exec(readFileSync(packageFile('server', 'README.md'), 'utf8')) ?? [];
    const listed = [...section.matchAll(/`(hview_\w+)`/g)].map(([, name]) => name ?? '');
    expect(told.sort()).toEqual(listed.sort());
  });
});
