import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A person who looks at the page, and what went wrong meanwhile. */
export interface Visitor {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, and requests to anybody but the aggregator. */
  readonly complaints: string[];
  /** What axe-core finds wrong with the page as it is now, one a line. */
  accessibilityFaults(): Promise<string[]>;
  leave(): Promise<void>;
}

/** Opens the page at `url`; `path` is what follows the slash. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions & {
    readonly path?: string;
    /** The page's time can be moved. */
    readonly hasFakeClock?: boolean;
  } = {},
): Promise<Visitor> {
  const { path = '', hasFakeClock = false, ...context } = options;
  const opened = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    ...context,
  });
  const page = await opened.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:'))
      complaints.push(`a request to ${request.url()}`);
  });
  if (hasFakeClock) await page.clock.install();
  await page.goto(`${url}/${path}`);
  return {
    page,
    complaints,
    async accessibilityFaults() {
      await page.evaluate(AXE);
      return page.evaluate<string[]>(
        `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
           nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`,
      );
    },
    leave: () => opened.close(),
  };
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
