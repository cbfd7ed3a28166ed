import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { HealthClient } from '../../protocol/health-client.js';
import type { Report } from '../../protocol/model.js';
import { Status } from '../../protocol/model.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { runAggregator } from '../support/aggregators.js';
import { observation, report } from '../support/observations.js';

let running: RunningAggregator;
let client: HealthClient;
let handle: number;

beforeAll(async () => {
  running = await runAggregator();
  client = running.client;
  handle = await client.register({ module: 'ZooKeeper', observer: 'peer@1' });
});

afterAll(() => running.stop());

const SOURCE = { id: 'pano1', address: 'h:1' };
const LONG = 'x'.repeat(257);
const withMetric = (status: Status, score: number): Report =>
  report({ observation: observation(1, ['q', status, score]) });

describe('a malformed request', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['subject is empty', () => client.observe('')],
    ['subject is longer than 256 bytes', () => client.stopObserving(LONG)],
    ['module is empty', () => client.register({ module: '', observer: 'peer@1' })],
    ['observer is longer than 256 bytes', () => client.register({ module: 'm', observer: LONG })],
    ['report.observer is empty', () => client.submitReport(handle, report({ observer: '' }))],
    ['report.subject is longer than 256 bytes', () => client.submitReport(handle, report({ subject: LONG }))],
    [
      'report.observation.metrics["q"].value.score is NaN',
      () => client.submitReport(handle, withMetric(Status.HEALTHY, NaN)),
    ],
    [
      'report.observation.metrics["q"].value.status is INVALID',
      () => client.submitReport(handle, withMetric(Status.INVALID, 1)),
    ],
    [
      'source.id is empty',
      () => client.learnReport({ kind: 'normal', source: { id: '', address: '' }, report: report() }),
    ],
    [
      'report.subject is empty',
      () => client.learnReport({ kind: 'subscription', source: SOURCE, report: report({ subject: '' }) }),
    ],
    [
      'report.observation.metrics["q"].value.score is Infinity',
      () =>
        client.learnReport({ kind: 'normal', source: SOURCE, report: withMetric(Status.HEALTHY, Infinity) }),
    ],
    [
      'time is no time between the years 1 and 9999',
      () => client.ping(SOURCE, { seconds: 253_402_300_800, nanos: 0 }),
    ],
  ])('is answered with "%s", and leaves no trace', async (message, ask) => {
    const before = await client.getObservedSubjects();
    await expect(ask()).rejects.toMatchObject({ code: 'REQUEST_INVALID', message });
    expect(await client.getObservedSubjects()).toEqual(before);
    expect((await client.dumpPanorama()).size).toBe(0);
  });
});

describe('an unusual request that is well formed', () => {
  it('may lack metrics, and then moves only the time', async () => {
    await client.submitReport(
      handle,
      report({ subject: 'a', observation: observation(5, ['q', Status.DEAD, 0]) }),
    );
    expect(await client.submitReport(handle, report({ subject: 'a', observation: observation(6) }))).toBe(
      'accepted',
    );
    expect((await client.getInference('a')).observation).toEqual(observation(6, ['q', Status.DEAD, 0]));
    await client.stopObserving('a');
  });

  it.each(['constructor', 'toString', '0', 'ä/☃ "\\\n', 'x'.repeat(256)])(
    'may have %j as a subject, observer and metric',
    async (name) => {
      const said = { observer: name, subject: name, observation: observation(1, [name, Status.HEALTHY, 90]) };
      const own = await client.register({ module: name, observer: name });
      expect(await client.submitReport(own, said)).toBe('accepted');
      expect(await client.getLatestReport(name)).toEqual(said);
      expect((await client.getInference(name)).observation).toEqual(said.observation);
      expect((await client.dumpPanorama()).get(name)?.views.get(name)?.observations).toEqual([
        said.observation,
      ]);
      expect((await client.dumpInference()).get(name)?.observers).toEqual([name]);
    },
  );
});
