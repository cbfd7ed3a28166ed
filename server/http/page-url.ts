import { hostname } from 'node:os';
import { formatAddress, parseAddress } from '../../protocol/address.js';

const EVERYWHERE = new Set(['', '0.0.0.0', '::']);

/**
 * The page's address as others may open it, ending in a slash; '' where there is none, or where its port is
 * known only later. A page on every interface is called by the machine's name.
 */
export function pageUrl(httpAddress: string, isTls: boolean, machine = hostname()): string {
  if (httpAddress === '') return '';
  const { host, port } = parseAddress(httpAddress, 0);
  if (port === 0) return '';
  const address = formatAddress({ host: EVERYWHERE.has(host) ? machine : host, port });
  return `${isTls ? 'https' : 'http'}://${address}/`;
}
