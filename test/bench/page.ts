import type { Page } from 'playwright-core';
import { Status } from '../../protocol/model.js';
import { busyVerdicts } from '../support/busy-verdicts.js';
import { NO_CHROMIUM, findChromium, launchChromium } from '../support/chromium.js';
import { startHttpService } from '../support/http-service.js';
import { visit } from '../support/visitor.js';
import type { BenchOptions } from './bench-options.js';
import type { BenchRow } from './table.js';
import { below, percentile } from './table.js';

const SUBJECTS = 1000;
const OBSERVERS = 50;

/** What the eye takes for motion, milliseconds a frame at 60 a second, with the tolerance of one missed frame. */
const SMOOTH_MS = 34;

/** From one key to the next of somebody who types fast, milliseconds: by then the first is to be seen. */
const PROMPT_MS = 200;

/** The page over many subjects in a real browser: frames while it scrolls, and how soon it answers a key or a change. */
export async function benchPage({ isSmall }: BenchOptions): Promise<BenchRow[]> {
  const chromium = findChromium();
  if (chromium === null) return [{ name: 'page', result: 'skipped', detail: NO_CHROMIUM }];
  const verdicts = busyVerdicts(SUBJECTS, OBSERVERS, Date.now());
  const service = await startHttpService({ fake: verdicts });
  const browser = await launchChromium(chromium);
  try {
    const visitor = await visit(browser, service.url);
    const { page } = visitor;
    await page.locator('#matrix').waitFor();
    const shownMs = await page.evaluate<number>('performance.now()');
    const frames = await scroll(page, isSmall ? 60 : 300);
    const keys = await filter(page, isSmall ? 10 : 40);
    const changes: number[] = [];
    for (let index = 0; index < (isSmall ? 5 : 20); index += 1) {
      changes.push(
        await seeChange(page, () => verdicts.say(`late@${index}`, [{ observer: 'x', status: Status.DEAD }])),
      );
    }
    const size = `${SUBJECTS.toLocaleString('en')} subjects × ${OBSERVERS} observers`;
    return [
      {
        name: `page, ${size}: opened`,
        result: `${Math.round(shownMs)} ms`,
        detail: 'from the address to the matrix',
      },
      row(`page, ${size}: frames while it scrolls`, frames, SMOOTH_MS, 'p95 of the time between two frames'),
      row(
        `page, ${size}: filter`,
        keys,
        PROMPT_MS,
        'p95 from a letter in the search to the frame that shows it',
      ),
      row(`page, ${size}: change`, changes, 1000, 'p95 from a changed verdict to its place in the list'),
    ];
  } finally {
    await browser.close();
    await service.stop();
  }
}

function row(name: string, times: readonly number[], limitMs: number, what: string): BenchRow {
  const sorted = [...times].sort((a, b) => a - b);
  const [median, p95, most] = [0.5, 0.95, 1].map((share) => percentile(sorted, share));
  return {
    name,
    result: `${(p95 ?? NaN).toFixed(1)} ms`,
    target: below(p95 ?? NaN, limitMs, 'ms'),
    detail: `${what}; median ${(median ?? NaN).toFixed(1)} ms, longest ${(most ?? NaN).toFixed(1)} ms of ${times.length}`,
  };
}

/** Scrolls to and fro in steps of most of a screen's row count; milliseconds from frame to frame. */
function scroll(page: Page, count: number): Promise<number[]> {
  return page.evaluate<number[]>(`new Promise((resolve) => {
    const view = document.getElementById('matrix');
    const times = [];
    let last;
    const step = (now) => {
      if (last !== undefined) times.push(now - last);
      last = now;
      if (times.length >= ${count}) return resolve(times);
      const share = (1 - Math.cos((times.length / ${count}) * 2 * Math.PI)) / 2;
      view.scrollTo(share * (view.scrollWidth - view.clientWidth), share * (view.scrollHeight - view.clientHeight));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`);
}

/** Writes and deletes a letter; milliseconds from the input to the end of the frame that shows its effect. */
function filter(page: Page, count: number): Promise<number[]> {
  return page.evaluate<number[]>(`(async () => {
    const input = document.querySelector('input[type=search]');
    const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const size = () => document.querySelector('#matrix-title .quiet').textContent;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const times = [];
    for (let index = 0; index < ${count}; index += 1) {
      const before = size();
      await frame();
      const began = performance.now();
      setValue.call(input, index % 2 === 0 ? 'p' : '');
      input.dispatchEvent(new Event('input', { bubbles: true }));
      while (size() === before) await frame();
      await new Promise((resolve) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = resolve; port2.postMessage(0); });
      times.push(performance.now() - began);
    }
    return times;
  })()`);
}

async function seeChange(page: Page, change: () => void): Promise<number> {
  const count = (): Promise<string | null> => page.locator('#sick-title .quiet').textContent();
  const before = await count();
  const began = performance.now();
  change();
  while ((await count()) === before) await new Promise((resolve) => setImmediate(resolve));
  return performance.now() - began;
}
