import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Status } from '../../../protocol/model.js';
import { evidence } from '../../support/fake-verdicts.js';
import type { HttpService } from '../../support/http-service.js';
import { startHttpService } from '../../support/http-service.js';

let service: HttpService;

beforeEach(async () => {
  service = await startHttpService();
  service.verdicts.say('peer@2', [{ observer: 'peer@1', status: Status.HEALTHY }], 1000);
  service.verdicts.say(
    'peer@1',
    [
      { observer: 'peer@2', status: Status.UNHEALTHY, metric: 'link', evidence: evidence({ offset: 12 }) },
      { observer: 'peer@3', status: Status.HEALTHY, metric: 'disk' },
    ],
    2000,
  );
});

afterEach(() => service.stop());

async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${service.url}/api/v1/${path}`, { headers });
}

async function json(path: string): Promise<unknown> {
  return (await get(path)).json();
}

describe('the verdicts', () => {
  it('come worst first, with statuses by name', async () => {
    expect(await json('verdicts')).toEqual({
      verdicts: [
        {
          subject: 'peer@1',
          status: 'UNHEALTHY',
          score: 30,
          sinceMs: 2000,
          timeMs: 2000,
          metrics: ['link'],
          observers: ['peer@2', 'peer@3'],
        },
        {
          subject: 'peer@2',
          status: 'HEALTHY',
          score: 100,
          sinceMs: 1000,
          timeMs: 1000,
          metrics: ['link'],
          observers: ['peer@1'],
        },
      ],
    });
  });

  it('can be asked for by status, in any case', async () => {
    const answer = (await json('verdicts?status=dead,unhealthy')) as { verdicts: { subject: string }[] };
    expect(answer.verdicts.map(({ subject }) => subject)).toEqual(['peer@1']);
  });

  it('refuse a status that is none, and say which', async () => {
    const answer = await get('verdicts?status=dead,poorly');
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error: { code: 'REQUEST_INVALID', message: 'status: "poorly" is no status' },
    });
  });

  it('are not sent again to who has them, and are when they changed', async () => {
    const first = await get('verdicts');
    const etag = first.headers.get('etag') ?? '';
    const again = await get('verdicts', { 'if-none-match': etag });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    service.verdicts.say('peer@2', [{ observer: 'peer@1', status: Status.DEAD }], 3000);
    const changed = await get('verdicts', { 'if-none-match': `"other", ${etag}` });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(etag);
  });

  it('are compressed for who understands that', async () => {
    for (let index = 0; index < 50; index += 1)
      service.verdicts.say(`peer@${index + 10}`, [{ observer: 'peer@1', status: Status.HEALTHY }]);
    const packed = await get('verdicts', { 'accept-encoding': 'gzip' });
    const plain = await get('verdicts', { 'accept-encoding': 'identity' });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(await packed.json()).toEqual(await plain.json());
  });
});

describe('one verdict', () => {
  it('explains itself with votes and evidence', async () => {
    expect(await json('verdict?subject=peer%401')).toMatchObject({
      subject: 'peer@1',
      algorithm: 'fake',
      verdicts: [
        {
          name: 'link',
          status: 'UNHEALTHY',
          votes: [
            {
              observer: 'peer@2',
              status: 'UNHEALTHY',
              weight: 0.8,
              evidence: { host: 'host1', path: '/var/log/zookeeper.log', offset: 12 },
            },
          ],
        },
        { name: 'disk', status: 'HEALTHY', votes: [{ observer: 'peer@3', evidence: null }] },
      ],
    });
  });

  it.each([
    '.',
    '..',
    '../x',
    '<script>alert(1)</script>',
    'a&b=c?#%',
    '\u202Egnp.exe',
    '名前',
    'x'.repeat(256),
  ])('is there for a subject named %j', async (subject) => {
    service.verdicts.say(subject, [{ observer: subject, status: Status.DYING }]);
    expect(await json(`verdict?subject=${encodeURIComponent(subject)}`)).toMatchObject({
      subject,
      status: 'DYING',
    });
  });

  it('is not found for a subject that nothing was said of', async () => {
    const answer = await get('verdict?subject=peer%409');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      error: { code: 'NOT_FOUND', message: 'nothing was ever said of "peer@9"' },
    });
  });

  it.each(['verdict', 'verdict?subject='])('is not told without a subject: %s', async (path) => {
    expect((await get(path)).status).toBe(400);
  });
});

describe('the matrix', () => {
  it('has a letter for each observer and subject', async () => {
    expect(await json('matrix')).toEqual({
      observers: ['peer@1', 'peer@2', 'peer@3'],
      subjects: ['peer@2', 'peer@1'],
      rows: ['h', '.uh'],
    });
  });
});

describe('the history', () => {
  it('tells changes, oldest first', async () => {
    expect(await json('history')).toMatchObject({
      changes: [
        { sequence: 1, subject: 'peer@2', before: 'NA', after: 'HEALTHY', evidence: null },
        { sequence: 2, subject: 'peer@1', before: 'NA', after: 'UNHEALTHY', evidence: { offset: 12 } },
      ],
    });
  });

  it('can be asked for by subject, time and number', async () => {
    service.verdicts.say('peer@2', [{ observer: 'peer@1', status: Status.DEAD }], 3000);
    const sequences = async (query: string): Promise<number[]> =>
      ((await json(`history?${query}`)) as { changes: { sequence: number }[] }).changes.map(
        ({ sequence }) => sequence,
      );
    expect(await sequences('subject=peer%402')).toEqual([1, 3]);
    expect(await sequences('sinceMs=2000')).toEqual([2, 3]);
    expect(await sequences('limit=1')).toEqual([3]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=ten', 'limit=', 'sinceMs=-1', 'sinceMs=1e3'])(
    'refuses %s',
    async (query) => {
      expect((await get(`history?${query}`)).status).toBe(400);
    },
  );
});

describe('the aggregator', () => {
  it('tells who it is, its peers, and how many subjects have each status', async () => {
    expect(await json('aggregator')).toMatchObject({
      id: 'pano0',
      address: '127.0.0.1:6688',
      sequence: 2,
      peers: [{ id: 'pano1', address: '127.0.0.1:6689' }],
      subjects: { UNHEALTHY: 1, HEALTHY: 1 },
    });
  });
});

describe('every answer', () => {
  it.each(['verdicts', 'verdict?subject=none', 'history?limit=0', 'matrix', 'openapi.json'])(
    'is nothing that a browser would take for a page: %s',
    async (path) => {
      const { headers } = await get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  it('comes without a body to HEAD', async () => {
    const answer = await fetch(`${service.url}/api/v1/verdicts`, { method: 'HEAD' });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('');
  });

  it('is refused to a method that would change something', async () => {
    const answer = await fetch(`${service.url}/api/v1/verdicts`, { method: 'POST' });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('GET');
  });
});
