import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventStreamParser } from '../../page/data/event-stream.js';

const STREAM =
  'event: hello\ndata: {}\n\n: a comment\n\nid: 7\r\nevent: change\r\ndata: a\r\ndata: b\r\n\r\ndata:c\n\n';
const EVENTS = [
  { id: '', type: 'hello', data: '{}' },
  { id: '7', type: 'change', data: 'a\nb' },
  { id: '7', type: 'message', data: 'c' },
];

describe('a stream of events', () => {
  it('is taken apart into its events', () => {
    expect(new EventStreamParser().push(STREAM)).toEqual(EVENTS);
  });

  it('gives the same however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 8 }), (cuts) => {
        const parser = new EventStreamParser();
        const places = [...cuts, 0, STREAM.length].sort((a, b) => a - b);
        const events = places.flatMap((place, index) =>
          parser.push(STREAM.slice(places[index - 1] ?? 0, place)),
        );
        expect(events).toEqual(EVENTS);
      }),
    );
  });

  it('keeps an event to itself until it is complete', () => {
    const parser = new EventStreamParser();
    expect(parser.push('data: x\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ id: '', type: 'message', data: 'x' }]);
  });
});
