import { describe, expect, it } from '@jest/globals';
import { addressesOf, isLoopbackAddress, isLoopbackName } from '../../runtime/loopback.js';

describe('an address', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])(
    '%s is loopback',
    (address) => {
      expect(isLoopbackAddress(address)).toBe(true);
    },
  );

  it.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::2', 'localhost', ''])('%j is not', (address) => {
    expect(isLoopbackAddress(address)).toBe(false);
  });
});

describe('a name', () => {
  it.each(['localhost', 'LOCALHOST', 'pano0.localhost', '127.0.0.1', '::1'])('%s is this machine', (name) => {
    expect(isLoopbackName(name)).toBe(true);
  });

  it.each(['localhost.example.org', 'notlocalhost', 'razor0', '10.1.1.1'])('%s may be another', (name) => {
    expect(isLoopbackName(name)).toBe(false);
  });

  it('that nobody knows is told', async () => {
    await expect(addressesOf('nobody.invalid')).rejects.toMatchObject({ code: 'ADDRESS_INVALID' });
  });
});
