import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import type { AggregatorConfig } from '../../server/config.js';
import { NO_SECURITY } from '../../server/security-config.js';
import type { RunningAggregator } from '../support/aggregators.js';
import { eventually, runAggregator } from '../support/aggregators.js';
import { batchOf } from '../support/batches.js';
import { NO_CHROMIUM, findChromium, launchChromium } from '../support/chromium.js';
import { EventReader } from '../support/event-reader.js';
import { visit } from '../support/visitor.js';

const TIME = timestampFromMillis(Date.UTC(2024, 4, 11));
const PROVENANCE = {
  host: 'zk2',
  path: '/logs/zookeeper.log',
  offset: 186449,
  line: 'Unexpected exception in LearnerHandler:',
  rule: 'follower-link-failed',
  why: 'The leader can no longer read from the follower.',
};

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(
  parts: Partial<AggregatorConfig> = {},
): Promise<RunningAggregator & { readonly url: string }> {
  const running = await runAggregator({ httpAddress: '127.0.0.1:0', ...parts });
  undo.push(() => running.stop());
  return { ...running, url: `http://127.0.0.1:${running.aggregator.httpAddress?.port ?? 0}` };
}

/** As the agent beside peer@2 sends it. */
async function reportSick({ client }: RunningAggregator): Promise<void> {
  const metrics = [{ name: 'LearnerHandler', status: Status.UNHEALTHY, score: 20 }];
  const report = { observer: 'peer@2', subject: 'peer@1', observation: { time: TIME, metrics } };
  const result = await client.submitBatch(batchOf({ id: '', report, provenance: PROVENANCE }));
  expect(result.accepted).toBe(1);
}

describe('an aggregator with an HTTP port', () => {
  it('tells everybody who asks whether it is well and takes reports', async () => {
    const { url } = await start();
    for (const path of ['/healthz', '/readyz']) {
      const answer = await fetch(`${url}${path}`);
      expect([answer.status, await answer.text()]).toEqual([200, 'ok\n']);
    }
  });

  it('tells over it what came in over gRPC, down to the line', async () => {
    const running = await start();
    await reportSick(running);
    const answer = await eventually(
      async () => (await fetch(`${running.url}/api/v1/verdict?subject=peer%401`)).json(),
      (body) => JSON.stringify(body).includes('UNHEALTHY'),
    );
    expect(answer).toMatchObject({
      subject: 'peer@1',
      status: 'UNHEALTHY',
      verdicts: [
        {
          name: 'LearnerHandler',
          votes: [
            { observer: 'peer@2', status: 'UNHEALTHY', evidence: { agent: 'agent@test', ...PROVENANCE } },
          ],
        },
      ],
    });
    expect(await (await fetch(`${running.url}/api/v1/matrix`)).json()).toEqual({
      observers: ['peer@2'],
      subjects: ['peer@1'],
      rows: ['u'],
    });
  });

  it('tells who watches of the change that a report makes', async () => {
    const running = await start();
    const events = new EventReader(await fetch(`${running.url}/api/v1/watch`));
    expect(await events.next()).toMatchObject({ type: 'hello' });
    await reportSick(running);
    expect(await events.next()).toMatchObject({
      type: 'change',
      data: { subject: 'peer@1', before: 'NA', after: 'UNHEALTHY', evidence: { offset: 186449 } },
    });
    await events.close();
  });

  it('lets nobody ask without the token where there are tokens, and shows the page, which asks for it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hview-http-'));
    undo.push(() => rmSync(folder, { recursive: true }));
    const tokenFile = join(folder, 'tokens');
    const tokens = { query: 'query-'.repeat(3), submit: 'submit-'.repeat(3) };
    const lines = Object.entries(tokens).map(([role, token]) => `${role}-only ${role} ${token}\n`);
    writeFileSync(tokenFile, lines.join(''), { mode: 0o600 });
    const { url } = await start({ security: { ...NO_SECURITY, tokenFile } });
    const status = async (path: string, token?: string): Promise<number> => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await fetch(`${url}${path}`, { headers });
      await answer.body?.cancel();
      return answer.status;
    };
    const paths = [
      'aggregator',
      'verdicts',
      'verdict?subject=x',
      'matrix',
      'history',
      'watch',
      'openapi.json',
    ];
    for (const path of paths.map((name) => `/api/v1/${name}`)) {
      expect([path, await status(path)]).toEqual([path, 401]);
      expect([path, await status(path, tokens.submit)]).toEqual([path, 403]);
    }
    expect(await status('/api/v1/verdicts', tokens.query)).toBe(200);
    expect(await status('/')).toBe(200);
  });

  it('stops at once while a page watches', async () => {
    const running = await start();
    const events = new EventReader(await fetch(`${running.url}/api/v1/watch`));
    await events.next();
    await running.aggregator.stop();
    expect(await events.next()).toBeNull();
  });

  it('does not start on an HTTP address that it cannot have', async () => {
    const { aggregator } = await start();
    const taken = `127.0.0.1:${aggregator.httpAddress?.port ?? 0}`;
    await expect(runAggregator({ httpAddress: taken })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  });
});

const chromium = findChromium();
if (chromium === null) process.stderr.write(`the page is not tested with an aggregator: ${NO_CHROMIUM}\n`);

(chromium === null ? describe.skip : describe)('its page', () => {
  it('shows a report as it comes in, and the line behind it', async () => {
    const running = await start();
    const browser = await launchChromium(chromium ?? '');
    undo.push(() => browser.close());
    const { page, complaints } = await visit(browser, running.url);
    await page.getByText('Nobody was observed yet.').waitFor();
    await reportSick(running);
    await page
      .getByRole('button', { name: /peer@1.*unhealthy/ })
      .first()
      .click();
    const detail = page.getByRole('region', { name: 'peer@1' });
    await detail.getByText(PROVENANCE.line).first().waitFor();
    await detail.getByText('/logs/zookeeper.log:186449').first().waitFor();
    expect(complaints).toEqual([]);
  });
});
