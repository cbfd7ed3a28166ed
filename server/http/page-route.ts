import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { HttpRoute } from '../../runtime/http-server.js';
import { fileError } from '../../runtime/errors.js';
import { packageFile } from '../../runtime/package-root.js';
import { Representation, SAFE_HEADERS } from './json-answer.js';

/**
 * The page at `/`: one file with script and style in it. It is open to all, as it holds no data: what it
 * shows it asks of the API, for which it may need a token. Throws FILE_UNREADABLE when it was not built.
 */
export function pageRoute(file = packageFile('dist', 'page', 'index.html')): HttpRoute {
  let html: string;
  try {
    html = readFileSync(file, 'utf8');
  } catch (error) {
    throw fileError('FILE_UNREADABLE', 'cannot read the page', file, error);
  }
  const page = new Representation(html);
  const headers = {
    ...SAFE_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy(html),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'x-frame-options': 'DENY',
  };
  return {
    method: 'GET',
    path: '/',
    access: 'open',
    handle: (request, response) => page.send(request, response, headers),
  };
}

/** Only the script and the style that stand in the page may act, and only this server may be asked. */
function contentSecurityPolicy(html: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashesOf(html, 'script')}`,
    `style-src ${hashesOf(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function hashesOf(html: string, element: 'script' | 'style'): string {
  const bodies = html.matchAll(new RegExp(`<${element}[^>]*>([\\s\\S]*?)</${element}>`, 'g'));
  return [...bodies]
    .map(([, body = '']) => `'sha256-${createHash('sha256').update(body).digest('base64')}'`)
    .join(' ');
}
