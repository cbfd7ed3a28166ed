import { describe, expect, it } from '@jest/globals';
import { ReadBuffers } from '../../../agent/tail/read-buffers.js';

describe('read buffers', () => {
  it('are made when first needed, up to the limit, and used again', () => {
    const buffers = new ReadBuffers(1000, 2);
    const first = buffers.tryTake();
    const second = buffers.tryTake();
    expect(first?.length).toBe(1000);
    expect(second).not.toBe(first);
    expect(buffers.tryTake()).toBeUndefined();
    if (first !== undefined) buffers.give(first);
    expect(buffers.tryTake()).toBe(first);
  });

  it('go to those that wait in the order in which they came', async () => {
    const buffers = new ReadBuffers(1000, 1);
    const only = await buffers.take();
    const order: string[] = [];
    const earlier = buffers.take().then((buffer) => {
      order.push('earlier');
      buffers.give(buffer);
    });
    const later = buffers.take().then(() => order.push('later'));
    expect(buffers.isContended).toBe(true);
    buffers.give(only);
    await Promise.all([earlier, later]);
    expect(order).toEqual(['earlier', 'later']);
    expect(buffers.isContended).toBe(false);
  });
});
