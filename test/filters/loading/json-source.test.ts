import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { offsetInString, parseJson, placeOf, type JsonNode } from '../../../filters/loading/json-source.js';

function plain(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value)]));
    case 'array':
      return node.items.map(plain);
    case 'null':
      return null;
    case 'string':
    case 'number':
    case 'boolean':
      return node.value;
  }
}

describe('parseJson', () => {
  it('reads whatever JSON.stringify writes', () => {
    // Members named __proto__ are left out: Object.fromEntries above would set them otherwise.
    const json = fc
      .jsonValue({ noUnicodeString: false })
      .filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(json, fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const parsed = parseJson(text);
        expect(parsed.kind === 'parsed' ? plain(parsed.root) : parsed).toEqual(JSON.parse(text));
      }),
    );
  });

  it('skips a byte order mark', () => {
    expect(parseJson('\uFEFF[]').kind).toBe('parsed');
  });

  it.each([
    ['', '1:1', 'the file is empty'],
    ['{', '1:2', 'expected a member name in double quotes but found the end of the file'],
    ['{"a":1,}', '1:8', 'a comma stands before this } with nothing after it'],
    ['[\n  1,\n]', '3:1', 'a comma stands before this ] with nothing after it'],
    ['[1 2]', '1:4', 'expected , or ] but found 2'],
    ['{"a" 1}', '1:6', 'expected : after the member name "a" but found 1'],
    ['{"a":1\n"b":2}', '2:1', 'expected , or } but found "'],
    ['{// x\n}', '1:2', 'JSON has no comments'],
    ["{'a':1}", '1:2', "JSON strings stand in double quotes, not in '"],
    ['[01]', '1:2', 'expected a value but found 01'],
    ['[NaN]', '1:2', 'expected a value but found NaN'],
    ['[] x', '1:4', 'x stands after the end of the JSON value'],
    ['["a\nb"]', '1:4', 'the line ends within a string; write \\n for a line feed'],
    ['["a', '1:2', 'this string has no closing "'],
    ['["a\tb"]', '1:4', 'a control character stands in a string; write it as \\t or \\u00XX'],
    ['["\\d+"]', '1:3', '\\d is no escape of JSON; a backslash in a pattern is written twice (\\\\d)'],
    ['['.repeat(100), '1:65', 'values are nested more than 64 deep'],
  ])('says of %j at %s: %s', (text, place, message) => {
    const parsed = parseJson(text);
    expect(parsed).toMatchObject({ kind: 'invalid', message });
    const { line, column } = placeOf(text, parsed.kind === 'invalid' ? parsed.offset : -1);
    expect(`${line}:${column}`).toBe(place);
  });
});

describe('offsetInString', () => {
  it('finds the source of a character behind escapes', () => {
    const text = '["a\\\\b\\u0041c"]';
    const parsed = parseJson(text);
    const string =
      parsed.kind === 'parsed' && parsed.root.kind === 'array' ? parsed.root.items[0] : undefined;
    expect(string).toMatchObject({ kind: 'string', value: 'a\\bAc' });
    if (string === undefined) return;
    const offsets = [0, 1, 2, 3, 4, 5].map((index) => offsetInString(text, string, index));
    expect(offsets).toEqual([2, 3, 5, 6, 12, 13]);
  });
});
