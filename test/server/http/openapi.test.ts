import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { Status } from '../../../protocol/model.js';
import { systemClock } from '../../../runtime/clock.js';
import { packageFile } from '../../../runtime/package-root.js';
import { apiRoutes } from '../../../server/http/api-routes.js';
import { EventReader } from '../../support/event-reader.js';
import { FakeVerdicts, evidence } from '../../support/fake-verdicts.js';
import type { HttpService } from '../../support/http-service.js';
import { startHttpService } from '../../support/http-service.js';

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>>;
}

interface Description {
  readonly paths: Readonly<
    Record<string, { readonly get: { readonly responses: Readonly<Record<string, Answer>> } }>
  >;
  readonly components: { readonly responses: Readonly<Record<string, Answer>> };
}

const description = JSON.parse(
  readFileSync(packageFile('server', 'http', 'openapi.json'), 'utf8'),
) as Description;
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
// OpenAPI's own words beside those of JSON Schema.
ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components']);
ajv.addSchema(description, 'api');

/** What is wrong with an answer of the route with that status; empty when nothing is. */
function faults(path: string, status: number, body: unknown): string {
  const answer = description.paths[path]?.get.responses[String(status)];
  if (answer === undefined) return `${path} is not described to answer ${status}`;
  const whole =
    answer.$ref === undefined
      ? answer
      : description.components.responses[answer.$ref.split('/').at(-1) ?? ''];
  const schema = whole?.content?.['application/json']?.schema;
  if (schema === undefined) return `${path} ${status} is described without a body`;
  return check(schema.$ref ?? '', body);
}

function check(reference: string, body: unknown): string {
  if (reference === '') return typeof body === 'object' ? '' : 'not an object';
  return ajv.validate(`api${reference}`, body) ? '' : ajv.errorsText();
}

let service: HttpService;

beforeAll(async () => {
  service = await startHttpService();
  service.verdicts.say('peer@1', [
    { observer: 'peer@2', status: Status.UNHEALTHY, evidence: evidence() },
    { observer: 'peer@3', status: Status.NA },
    { observer: 'peer@1', status: Status.PENDING, metric: 'disk' },
  ]);
  for (const status of [Status.HEALTHY, Status.MAYBE_UNHEALTHY, Status.DYING, Status.DEAD])
    service.verdicts.say('dn@10.0.0.1:9866', [{ observer: 'nn@10.0.0.1:8020', status }]);
});

afterAll(() => service.stop());

describe('the description of the API', () => {
  it('has every route, and no other', () => {
    const verdicts = new FakeVerdicts();
    const { routes, close } = apiRoutes({
      self: { id: 'pano0', address: '' },
      peers: [],
      verdicts,
      panoramas: () => [],
      clock: systemClock,
    });
    close();
    expect(Object.keys(description.paths).sort()).toEqual(routes.map(({ path }) => path).sort());
    expect(new Set(routes.map(({ method, access }) => `${method} ${access}`))).toEqual(
      new Set(['GET query']),
    );
  });

  it.each([
    ['/api/v1/aggregator', '', 200],
    ['/api/v1/verdicts', '', 200],
    ['/api/v1/verdicts', '?status=dead', 200],
    ['/api/v1/verdicts', '?status=odd', 400],
    ['/api/v1/verdict', '?subject=peer%401', 200],
    ['/api/v1/verdict', '?subject=nobody', 404],
    ['/api/v1/verdict', '', 400],
    ['/api/v1/matrix', '', 200],
    ['/api/v1/history', '', 200],
    ['/api/v1/history', '?limit=0', 400],
    ['/api/v1/watch', '?after=x', 400],
    ['/api/v1/openapi.json', '', 200],
  ])('is true of %s%s, which answers %i', async (path, query, status) => {
    const answer = await fetch(`${service.url}${path}${query}`);
    expect(answer.status).toBe(status);
    expect(faults(path, status, await answer.json())).toBe('');
  });

  it('is true of what the stream says', async () => {
    const events = new EventReader(await fetch(`${service.url}/api/v1/watch?after=0`));
    const hello = await events.next();
    expect(check('#/components/schemas/WatchHello', hello?.data)).toBe('');
    const change = await events.next();
    expect(change?.type).toBe('change');
    expect(check('#/components/schemas/Change', change?.data)).toBe('');
    await events.close();
  });

  it('would notice an answer that is not as described', () => {
    expect(faults('/api/v1/verdicts', 200, { verdicts: [{ subject: 'peer@1', status: 'POORLY' }] })).not.toBe(
      '',
    );
  });

  it('is what the aggregator serves', async () => {
    const answer = await fetch(`${service.url}/api/v1/openapi.json`);
    expect(await answer.json()).toEqual(description);
  });
});
