import { describe, expect, it } from '@jest/globals';
import type { Subjects } from '../../client/subject.js';
import { SubjectResolver, UnknownSubject } from '../../client/subject-resolver.js';

const TABLE = {
  '10.0.0.7': 'dn@10.0.0.7:9866',
  '10.0.0.7:9000': 'nn@10.0.0.7:9000',
  '2001:DB8:0::1': 'dn@six',
  '[2001:db8::2]:99': 'dn@six-99',
  'Store.example:8080': 'store@1',
  db: 'postgres@1',
};

const resolve = (subject: unknown, subjects?: Subjects): string =>
  new SubjectResolver(subjects).resolve(subject);

describe('a subject', () => {
  it.each<[string, unknown, string]>([
    ['an id as it is', 'dn@10.0.0.9:9866', 'dn@10.0.0.9:9866'],
    ['a plain name as it is', 'somebody', 'somebody'],
    ['a name of the table', 'db', 'postgres@1'],
    ['a host of the table, whatever its port', '10.0.0.7:50010', 'dn@10.0.0.7:9866'],
    ['a host without a port', '10.0.0.7', 'dn@10.0.0.7:9866'],
    ['a host with the port that the table names, which comes first', '10.0.0.7:9000', 'nn@10.0.0.7:9000'],
    ['a host that the table names, in any case', 'store.EXAMPLE:8080', 'store@1'],
    ['a name with a port that the table does not know', 'other.example:8080', 'other.example:8080'],
    ['IPv6 in any spelling', '2001:db8:0:0::0001', 'dn@six'],
    ['IPv6 in brackets with a port', '[2001:DB8::2]:99', 'dn@six-99'],
    ['IPv4 as an IPv6 socket shows it', '::ffff:10.0.0.7', 'dn@10.0.0.7:9866'],
    [
      'an address as server.address() gives it',
      { address: '10.0.0.7', port: 9000, family: 'IPv4' },
      'nn@10.0.0.7:9000',
    ],
    ['an address without a port', { address: '::ffff:10.0.0.7' }, 'dn@10.0.0.7:9866'],
    [
      'a socket, by its far end',
      { remoteAddress: '::ffff:10.0.0.7', remotePort: 9000, address: () => ({}) },
      'nn@10.0.0.7:9000',
    ],
    ['a zone of IPv6 left out', { address: '2001:db8::1%eth0', port: 1 }, 'dn@six'],
  ])('is found: %s', (_, subject, id) => {
    expect(resolve(subject, TABLE)).toBe(id);
    expect(resolve(subject, new Map(Object.entries(TABLE)))).toBe(id);
  });

  it.each(['10.0.0.8', '10.0.0.8:9866', '[::1]:80', '::1'])(
    'is unknown when it is an IP address that the table lacks: %s',
    (subject) => {
      expect(() => resolve(subject, TABLE)).toThrow(UnknownSubject);
    },
  );

  it('is its own id when there is no table', () => {
    expect(resolve('10.0.0.8:9866')).toBe('10.0.0.8:9866');
    expect(resolve({ address: '::ffff:10.0.0.8', port: 9866 })).toBe('10.0.0.8:9866');
    expect(resolve({ remoteAddress: '::1', remotePort: 80 })).toBe('[::1]:80');
  });

  it('is what a function says, which is asked for addresses alone', () => {
    const asked: unknown[] = [];
    const subjects = (address: { host: string; port: number | null }) => {
      asked.push(address);
      return address.host === '10.0.0.7' ? 'dn@7' : undefined;
    };
    expect(resolve('::ffff:10.0.0.7', subjects)).toBe('dn@7');
    expect(resolve('dn@10.0.0.7:9866', subjects)).toBe('dn@10.0.0.7:9866');
    expect(resolve('Host:80', subjects)).toBe('Host:80');
    expect(() => resolve({ address: '10.0.0.8', port: 1 }, subjects)).toThrow(
      'no subject is known at 10.0.0.8:1',
    );
    expect(asked).toEqual([
      { host: '10.0.0.7', port: null },
      { host: 'host', port: 80 },
      { host: '10.0.0.8', port: 1 },
    ]);
  });

  it('tells which address a function fails on', () => {
    const subjects = () => {
      throw new Error('no membership yet');
    };
    expect(() => resolve('10.0.0.7:1', subjects)).toThrow('the function for subjects failed on 10.0.0.7:1');
  });

  it.each<[unknown, string]>([
    [undefined, 'the subject is undefined, neither an id nor an address'],
    [7, 'the subject is 7, neither an id nor an address'],
    [{ remoteAddress: undefined }, 'the subject is an object, neither an id nor an address'],
    [{ address: '10.0.0.7', port: 'http' }, 'the subject is an object, neither an id nor an address'],
    ['', 'the subject is empty'],
    ['a\0b', 'the subject is "a\\u0000b"'],
    ['__proto__', 'the subject is "__proto__"'],
    ['ü'.repeat(129), 'the subject is longer than 256 bytes'],
  ])('is refused when it is none: %p', (subject, message) => {
    expect(() => resolve(subject, TABLE)).toThrow(message);
  });

  it('is refused when the table gives no id for it', () => {
    const table = { '10.0.0.7': 7 } as unknown as Subjects;
    expect(() => resolve('x', table)).toThrow('the subject at 10.0.0.7 is 7, not a text');
    expect(() => resolve('10.0.0.7', (() => 7) as unknown as Subjects)).toThrow(
      'the subject at 10.0.0.7 is 7, not a text',
    );
  });
});
