import { describe, expect, it } from '@jest/globals';
import { parseList } from '../../filters/list-text.js';

function elements(text: string): string[] {
  const list = parseList(text);
  return list.kind === 'parsed' ? list.elements.map((element) => element.text) : [list.fault.message];
}

describe('the list of a Pattern', () => {
  it.each([
    ["['a']", ['a']],
    ["['a', 'b']", ['a', 'b']],
    ["['a','b']", ['a', 'b']],
    ["[   'a',   ' b ']", ['a', ' b ']],
    ["['']", ['']],
    ["['it's', 'don't, no']", ["it's", "don't, no"]],
    ["['^[a-z]+$', 'x]']", ['^[a-z]+$', 'x]']],
  ])('%s has the elements %j', (text, expected) => {
    expect(elements(text)).toEqual(expected);
  });

  it('knows where each element starts', () => {
    const list = parseList("['ab',  'c']");
    expect(list.kind === 'parsed' && list.elements.map((element) => element.position)).toEqual([2, 9]);
  });

  it.each([
    ["'a', 'b'", 0, "a list is written ['a', 'b']: it has to start with [ and end with ]"],
    ['', 0, "a list is written ['a', 'b']: it has to start with [ and end with ]"],
    ['[', 0, "a list is written ['a', 'b']: it has to start with [ and end with ]"],
    ['[]', 1, 'the list is empty'],
    ['[a]', 1, "element 1 of the list has to start with '"],
    ["['a', b]", 6, "element 2 of the list has to start with '"],
    ["['a', 'b]", 6, "element 2 of the list has to end with '"],
    ["[']", 1, "element 1 of the list has to end with '"],
    ["['a' ]", 1, "element 1 of the list has to end with '"],
    ["['a',]", 5, 'nothing stands after the last comma of the list'],
  ])('%s is refused at %i: %s', (text, position, message) => {
    expect(parseList(text)).toEqual({ kind: 'invalid', fault: { message, position } });
  });
});
