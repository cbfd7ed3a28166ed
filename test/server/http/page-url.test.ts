import { describe, expect, it } from '@jest/globals';
import { pageUrl } from '../../../server/http/page-url.js';

describe("the page's address", () => {
  it.each([
    ['', false, ''],
    ['localhost:6680', false, 'http://localhost:6680/'],
    ['localhost:6680', true, 'https://localhost:6680/'],
    ['[::1]:6680', false, 'http://[::1]:6680/'],
    ['0.0.0.0:6680', false, 'http://box:6680/'],
    ['[::]:6680', true, 'https://box:6680/'],
    [':6680', false, 'http://box:6680/'],
    ['localhost:0', false, ''],
    ['localhost', false, ''],
  ])('for -http %j with TLS %s is %j', (address, isTls, url) => {
    expect(pageUrl(address, isTls, 'box')).toBe(url);
  });
});
