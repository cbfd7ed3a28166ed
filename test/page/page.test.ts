import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { Status } from '../../protocol/model.js';
import { systemClock } from '../../runtime/clock.js';
import { NO_CHROMIUM, findChromium, launchChromium } from '../support/chromium.js';
import { evidence } from '../support/fake-verdicts.js';
import type { HttpService } from '../support/http-service.js';
import { startHttpService } from '../support/http-service.js';
import type { Visitor } from '../support/visitor.js';
import { visit } from '../support/visitor.js';

const chromium = findChromium();
if (chromium === null) process.stderr.write(`the page is not tested: ${NO_CHROMIUM}\n`);
const describeInBrowser = chromium === null ? describe.skip : describe;

let browser: Browser;
let service: HttpService;
let visitor: Visitor | null = null;

beforeAll(async () => {
  if (chromium !== null) browser = await launchChromium(chromium);
});

afterAll(async () => {
  if (chromium !== null) await browser.close();
});

beforeEach(async () => {
  service = await startHttpService();
});

afterEach(async () => {
  await visitor?.leave();
  visitor = null;
  await service.stop();
});

async function open(options: Parameters<typeof visit>[2] = {}): Promise<Page> {
  visitor = await visit(browser, service.url, options);
  return visitor.page;
}

/** A ZooKeeper server that two others complain of, a sick DataNode, and two that are well. */
function tellOfAnIncident(): void {
  const { verdicts } = service;
  verdicts.say('peer@2', [{ observer: 'peer@1', status: Status.HEALTHY }]);
  verdicts.say('peer@3', [{ observer: 'peer@1', status: Status.HEALTHY }]);
  verdicts.say('dn@10.0.0.1:9866', [{ observer: 'nn@10.0.0.9:8020', status: Status.DYING }]);
  verdicts.say('peer@1', [
    {
      observer: 'peer@2',
      status: Status.UNHEALTHY,
      metric: 'LearnerHandler',
      evidence: evidence({ host: 'zk2', path: '/logs/zookeeper.log', offset: 186449 }),
    },
    { observer: 'peer@3', status: Status.HEALTHY, metric: 'LearnerHandler' },
  ]);
}

function sickNames(page: Page): Promise<string[]> {
  return page.getByRole('region', { name: /^Sick/ }).locator('.name .whole').allTextContents();
}

async function matrixSize(page: Page): Promise<string> {
  return (
    (await page
      .getByRole('heading', { name: /Who says what/ })
      .locator('.quiet')
      .textContent()) ?? ''
  );
}

/** Waits until something of the page is as it should be. */
async function until<Value>(ask: () => Promise<Value>, expected: Value): Promise<void> {
  for (const beganMs = Date.now(); Date.now() - beganMs < 20_000;) {
    if (JSON.stringify(await ask()) === JSON.stringify(expected)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await ask()).toEqual(expected);
}

describeInBrowser('the page', () => {
  it('shows how many have each status, and the sick ones worst first', async () => {
    tellOfAnIncident();
    const page = await open();
    await page.getByText('Live').waitFor();
    await until(() => sickNames(page), ['dn@10.0.0.1:9866', 'peer@1']);
    for (const text of ['1 dying', '1 unhealthy', '2 healthy', '0 dead'])
      await page.getByRole('button', { name: text, exact: true }).waitFor();
    expect(await matrixSize(page)).toBe('4 by 4');
    expect(await page.title()).toBe('(2) hview pano0');
    expect(visitor?.complaints).toEqual([]);
  });

  it('shows a change as it happens, and says it to who cannot see', async () => {
    tellOfAnIncident();
    const page = await open();
    await until(() => sickNames(page), ['dn@10.0.0.1:9866', 'peer@1']);
    service.verdicts.say('peer@3', [{ observer: 'peer@2', status: Status.DEAD }]);
    await until(() => sickNames(page), ['peer@3', 'dn@10.0.0.1:9866', 'peer@1']);
    await page.getByRole('status').getByText('peer@3 is now dead').waitFor({ state: 'attached' });
    expect(visitor?.complaints).toEqual([]);
  });

  it('explains a verdict: who said so, how much that weighs, the line, where it stands, and why it counts', async () => {
    tellOfAnIncident();
    const page = await open();
    await page.getByRole('button', { name: /peer@1.*unhealthy/ }).click();
    const detail = page.getByRole('region', { name: 'peer@1' });
    const vote = detail.getByRole('listitem').filter({ hasText: 'peer@2' }).first();
    for (const text of [
      'unhealthy',
      '0.80',
      'Unexpected exception in LearnerHandler:',
      'zk2',
      '/logs/zookeeper.log:186449',
      'follower-link-failed',
      'The leader can no longer read from the follower.',
    ])
      await vote.getByText(text).first().waitFor();
    await detail.getByRole('img', { name: /The verdict over time: 1 changes/ }).waitFor();
    expect(await page.evaluate('location.hash')).toBe('#subject=peer%401');
    await page.goBack();
    await detail.waitFor({ state: 'detached' });
    expect(visitor?.complaints).toEqual([]);
  });

  it('shows what is new of the subject that is open', async () => {
    tellOfAnIncident();
    const page = await open({ path: '#subject=peer%402' });
    const detail = page.getByRole('region', { name: 'peer@2' });
    await detail.getByText('healthy').first().waitFor();
    service.verdicts.say('peer@2', [{ observer: 'peer@9', status: Status.DEAD, evidence: evidence() }]);
    await detail.getByText('Unexpected exception').first().waitFor();
    await detail.getByRole('img', { name: /2 changes/ }).waitFor();
  });

  it('says so when nothing is known of the subject in its address, and shows it when something is', async () => {
    tellOfAnIncident();
    const page = await open({ path: '#subject=peer%409' });
    await page.getByText('Nothing was ever said of this subject').waitFor();
    expect(visitor?.complaints).toEqual([]);
    service.verdicts.say('peer@9', [{ observer: 'peer@2', status: Status.DEAD, evidence: evidence() }]);
    await page.getByRole('region', { name: 'peer@9' }).getByText('Unexpected exception').first().waitFor();
  });

  it('filters by status, system and name, and keeps that in its address', async () => {
    tellOfAnIncident();
    const page = await open();
    await page.getByRole('button', { name: '1 unhealthy' }).click();
    await until(() => matrixSize(page), '1 by 2');
    await page.getByRole('button', { name: '1 unhealthy' }).click();
    await page.getByRole('button', { name: /HDFS/ }).click();
    await until(() => sickNames(page), ['dn@10.0.0.1:9866']);
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByRole('searchbox').fill('EER@ 3');
    await until(() => matrixSize(page), '1 by 1');
    await page.getByText('Nobody of these is sick.').waitFor();
    expect(await page.evaluate('location.hash')).toBe('#q=EER%40+3');
    await page.reload();
    await until(() => matrixSize(page), '1 by 1');
    expect(await page.getByRole('searchbox').inputValue()).toBe('EER@ 3');
  });

  it('can be walked with the keys alone', async () => {
    tellOfAnIncident();
    const page = await open();
    await until(() => matrixSize(page), '4 by 4');
    const focused = (): Promise<string> =>
      page.evaluate('document.activeElement.id || document.activeElement.tagName');
    const place = (): Promise<string> => page.evaluate(`document.getElementById('matrix-place').textContent`);
    await page.keyboard.press('/');
    expect(await focused()).toBe('INPUT');
    await page.keyboard.type('peer');
    await until(() => matrixSize(page), '3 by 3');
    await page.keyboard.press('Escape');
    await until(() => matrixSize(page), '4 by 4');
    await page.keyboard.press('Escape');
    await page.keyboard.press('m');
    expect(await focused()).toBe('matrix');
    await page.keyboard.press('ArrowDown');
    await until(place, 'peer@1, unhealthy');
    await page.keyboard.press('End');
    await until(place, 'peer@3 says of peer@1: healthy');
    await page.keyboard.press('ArrowLeft');
    await until(place, 'peer@2 says of peer@1: unhealthy');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'peer@1' }).waitFor();
    await until(focused, 'detail-title');
    await page.keyboard.press('Escape');
    await page.getByRole('region', { name: 'peer@1' }).waitFor({ state: 'detached' });
    expect(await focused()).toBe('matrix');
    await page.keyboard.press('n');
    await page.getByRole('region', { name: 'dn@10.0.0.1:9866' }).waitFor();
    await page.keyboard.press('n');
    await page.getByRole('region', { name: 'peer@1' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys and signs' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(visitor?.complaints).toEqual([]);
  });

  it('opens the subject of a cell that is clicked', async () => {
    tellOfAnIncident();
    const page = await open();
    await until(() => matrixSize(page), '4 by 4');
    const box = await page.getByRole('grid').boundingBox();
    if (box === null) throw new Error('the matrix has no box');
    // The second row of four: peer@1.
    await page.mouse.click(box.x + 300, box.y + box.height * 0.42);
    await page.getByRole('region', { name: 'peer@1' }).waitFor();
  });

  it('says when the aggregator is gone, comes back by itself, and has what it missed', async () => {
    tellOfAnIncident();
    const page = await open();
    await until(() => sickNames(page), ['dn@10.0.0.1:9866', 'peer@1']);
    const { verdicts, url } = service;
    await service.stop();
    await page.getByText(/^Lost/).waitFor();
    expect(await sickNames(page)).toEqual(['dn@10.0.0.1:9866', 'peer@1']);
    verdicts.say('peer@1', [{ observer: 'peer@2', status: Status.HEALTHY }]);
    service = await startHttpService({ fake: verdicts, port: Number(new URL(url).port) });
    await page.getByText('Live').waitFor();
    await until(() => sickNames(page), ['dn@10.0.0.1:9866']);
  });

  it('lets go of its stream while nobody looks, and has what it missed when somebody does', async () => {
    tellOfAnIncident();
    const idle = service.verdicts.watchers;
    visitor = await visit(browser, service.url, { hasFakeClock: true });
    const { page } = visitor;
    await until(() => sickNames(page), ['dn@10.0.0.1:9866', 'peer@1']);
    const turn = (isHidden: boolean): Promise<void> =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`);
    const watchers = (): Promise<number> => Promise.resolve(service.verdicts.watchers - idle);
    expect(await watchers()).toBe(1);
    await turn(true);
    await page.clock.fastForward(31_000);
    await until(watchers, 0);
    service.verdicts.say('peer@3', [{ observer: 'peer@2', status: Status.DEAD }]);
    await turn(false);
    await until(watchers, 1);
    await until(() => sickNames(page), ['peer@3', 'dn@10.0.0.1:9866', 'peer@1']);
  });

  it('keeps up with changes that never stop', async () => {
    const page = await open();
    await page.getByText('Live').waitFor();
    let round = 0;
    const flapping = setInterval(() => {
      round += 1;
      const status = round % 2 === 0 ? Status.DEAD : Status.DYING;
      service.verdicts.say('peer@1', [{ observer: 'peer@2', status }]);
    }, 20);
    try {
      await until(() => sickNames(page), ['peer@1']);
    } finally {
      clearInterval(flapping);
    }
  });

  it('has nothing to reach behind the details where they lie over all', async () => {
    tellOfAnIncident();
    const page = await open({ viewport: { width: 390, height: 844 } });
    await page
      .getByRole('button', { name: /peer@1.*unhealthy/ })
      .first()
      .click();
    await page.getByRole('region', { name: 'peer@1' }).waitFor();
    const reach = (): Promise<string> =>
      page.evaluate(
        `document.querySelector('input[type=search]').focus(); document.activeElement.getAttribute('type')`,
      );
    expect(await reach()).not.toBe('search');
    await page.getByRole('button', { name: 'Close details' }).click();
    await page.getByRole('region', { name: 'peer@1' }).waitFor({ state: 'detached' });
    expect(await reach()).toBe('search');
  });

  it('says when it hears nothing any more', async () => {
    await service.stop();
    const frozen = { ...systemClock, after: () => ({ cancel: () => undefined }) };
    service = await startHttpService({ clock: frozen, beatMs: 600 });
    const page = await open();
    await page.getByText(/^Stale/).waitFor();
  });

  it('asks for a token when it needs one, and again when that is wrong', async () => {
    await service.stop();
    service = await startHttpService({
      guard: {
        asksWho: true,
        takesPassword: true,
        refuse: ({ headers }) =>
          headers.authorization === 'Bearer right' ? null : { status: 401, reason: 'who are you?' },
      },
    });
    tellOfAnIncident();
    const page = await open();
    const dialog = page.getByRole('dialog', { name: 'A token, please' });
    await dialog.getByLabel('Token').fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByText('The aggregator did not accept the token.').waitFor();
    expect(await visitor?.accessibilityFaults()).toEqual([]);
    await dialog.getByLabel('Token').fill('right');
    await page.keyboard.press('Enter');
    await until(() => sickNames(page), ['dn@10.0.0.1:9866', 'peer@1']);
    await dialog.waitFor({ state: 'detached' });
    await page.reload();
    await until(() => sickNames(page), ['dn@10.0.0.1:9866', 'peer@1']);
  });

  it('shows hostile names and lines without harm', async () => {
    const markup = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    const names = [
      markup,
      '\u202Egnp.exe',
      `x${'\u0301'.repeat(100)}`,
      'y'.repeat(256),
      '\u001b[31m\r\nz',
      '__proto__@1',
    ];
    for (const name of names) {
      service.verdicts.say(name, [
        {
          observer: name,
          status: Status.DEAD,
          metric: name,
          evidence: evidence({ line: name, path: name, host: name, rule: name, why: name, agent: name }),
        },
      ]);
    }
    const page = await open({ path: `#subject=${encodeURIComponent(markup)}` });
    await page.getByRole('region', { name: markup }).getByText(markup).first().waitFor();
    expect(await page.locator('img, #page script').count()).toBe(0);
    await page.getByRole('button', { name: /‹202e›gnp\.exe.*dead/ }).click();
    await page.getByRole('heading', { name: '‹202e›gnp.exe' }).waitFor();
    await page.keyboard.press('Escape');
    await page
      .getByRole('button', { name: /␛\[31m␍␊z.*dead/ })
      .first()
      .click();
    await page.getByRole('heading', { name: '␛[31m␍␊z' }).waitFor();
    expect(await page.evaluate('document.body.scrollWidth <= innerWidth')).toBe(true);
    expect(visitor?.complaints).toEqual([]);
  });

  it('tells a newcomer what to do when nobody was observed yet', async () => {
    const page = await open();
    await page.getByText('Nobody was observed yet.').waitFor();
    await page.getByText('hview-client -server 127.0.0.1:6688 report').waitFor();
    expect(await visitor?.accessibilityFaults()).toEqual([]);
    service.verdicts.say('peer@1', [{ observer: 'peer@2', status: Status.DEAD }]);
    await until(() => sickNames(page), ['peer@1']);
  });

  it('keeps the colours that one chose', async () => {
    const page = await open();
    const scheme = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.documentElement).colorScheme');
    expect(await scheme()).toBe('light dark');
    await page.getByRole('button', { name: 'Colours: as the system' }).click();
    await page.getByRole('button', { name: 'Colours: light' }).click();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    await page.reload();
    await until(scheme, 'dark');
  });

  it.each([
    ['light', 1440, 900],
    ['dark', 1440, 900],
    ['light', 390, 844],
    ['dark', 390, 844],
    ['light', 1000, 700],
    ['dark', 2560, 1440],
  ] as const)(
    'has no fault that axe-core knows, and fits: %s, %i by %i',
    async (colorScheme, width, height) => {
      tellOfAnIncident();
      service.verdicts.say('peer@4', [{ observer: 'peer@1', status: Status.PENDING }]);
      service.verdicts.say('peer@5', [{ observer: 'peer@1', status: Status.MAYBE_UNHEALTHY }]);
      service.verdicts.say('peer@6', [{ observer: 'peer@1', status: Status.DEAD }]);
      const page = await open({ colorScheme, viewport: { width, height } });
      await until(() => matrixSize(page), '7 by 4');
      expect(await visitor?.accessibilityFaults()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      await page
        .getByRole('button', { name: /peer@1.*unhealthy/ })
        .first()
        .click();
      await page.getByRole('region', { name: 'peer@1' }).getByText('Unexpected exception').first().waitFor();
      expect(await visitor?.accessibilityFaults()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    },
  );
});
