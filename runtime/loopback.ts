import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { HviewError, describeError } from './errors.js';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether the IP address can be reached from this machine alone. */
export function isLoopbackAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** Whether the name means this machine by itself, without asking anyone: `localhost`, `127.0.0.1`, `::1`. */
export function isLoopbackName(host: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(host) || isLoopbackAddress(host);
}

/** The addresses that a host to listen on stands for, an empty one for all. Rejects with ADDRESS_INVALID. */
export async function addressesOf(host: string): Promise<readonly string[]> {
  if (host === '') return ['0.0.0.0'];
  if (isIP(host) !== 0) return [host];
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => address))];
  } catch (error) {
    throw new HviewError('ADDRESS_INVALID', `cannot find the address of ${host}: ${describeError(error)}`, {
      cause: error,
      hint: 'The host must name an address of this machine.',
    });
  }
}
