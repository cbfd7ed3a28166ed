import { describe, expect, it } from '@jest/globals';
import { readProperties } from '../../plugins/properties.js';

/** Each setting as `line key=value`. */
function read(text: string): string[] {
  return readProperties(text).map(({ key, value, line }) => `${line} ${key}=${value}`);
}

describe('a properties file', () => {
  it.each<[string, string, string[]]>([
    ['plain settings', 'tickTime=2000\ndataDir = /data ', ['1 tickTime=2000', '2 dataDir=/data']],
    ['a colon or a blank as separator', 'a:1\nb 2\nc : 3', ['1 a=1', '2 b=2', '3 c=3']],
    ['a second separator inside the value', 'url=http://a/?b=c', ['1 url=http://a/?b=c']],
    ['what ini would take for a comment', 'server.1=a:1:2;2181\np=a#b', ['1 server.1=a:1:2;2181', '2 p=a#b']],
    [
      'what ini would take for a section',
      '[2001]=x\nserver.1=[::1]:1:2',
      ['1 [2001]=x', '2 server.1=[::1]:1:2'],
    ],
    ['what ini would take for another type', 'a=true\nb=null\nc=007', ['1 a=true', '2 b=null', '3 c=007']],
    ['what ini would take for a list', 'a[]=1', ['1 a[]=1']],
    ['quotes as they stand', `a="b"\nc='d'`, ['1 a="b"', "2 c='d'"]],
    ['comments and blank lines', '# a=1\n! b=2\n\n   # c=3\nd=4', ['5 d=4']],
    ['a line that goes on', 'a=1,\\\n   2,\\\n   3\nb=4', ['1 a=1,2,3', '4 b=4']],
    ['a closing backslash that is escaped', 'a=C:\\\\\nb=1', ['1 a=C:\\', '2 b=1']],
    ['escapes', 'a=x\\ty\\u0041\\=\nb\\ c=1', ['1 a=x\ty' + 'A=', '2 b c=1']],
    ['keys without a value', 'a=\nb', ['1 a=', '2 b=']],
    ['repeated keys', 'a=1\nb=2\na=3', ['1 a=1', '2 b=2', '3 a=3']],
    ['Windows and old Mac line ends', 'a=1\r\nb=2\rc=3', ['1 a=1', '2 b=2', '3 c=3']],
    ['a byte order mark', '\uFEFFa=1', ['1 a=1']],
    ['nothing', '', []],
  ])('gives %s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });
});
