import { afterEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { pageRoute } from '../../../server/http/page-route.js';
import type { HttpService } from '../../support/http-service.js';
import { startHttpService } from '../../support/http-service.js';

let service: HttpService | null = null;

afterEach(async () => {
  await service?.stop();
  service = null;
});

describe('the page', () => {
  it('is one file that names no other', async () => {
    service = await startHttpService();
    const html = await (await fetch(service.url)).text();
    expect(html).toContain('<title>hview</title>');
    expect(html).not.toMatch(/<script[^>]+src=|<link[^>]+stylesheet|@import|url\((?!["']?data:)/);
  });

  it('lets only its own script and style act', async () => {
    service = await startHttpService();
    const answer = await fetch(service.url);
    const html = await answer.text();
    const policy = answer.headers.get('content-security-policy') ?? '';
    for (const element of ['script', 'style']) {
      const body = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(html)?.[1] ?? '';
      expect(body.length).toBeGreaterThan(1000);
      const hash = createHash('sha256').update(body).digest('base64');
      expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
    }
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('is not sent again to who has it', async () => {
    service = await startHttpService();
    const etag = (await fetch(service.url)).headers.get('etag') ?? '';
    const again = await fetch(service.url, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });

  it('says where it was looked for when it is not there', () => {
    expect(() => pageRoute('/nowhere/index.html')).toThrow('cannot read the page /nowhere/index.html');
  });
});
