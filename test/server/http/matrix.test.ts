import { describe, expect, it } from '@jest/globals';
import type { Metric, Panorama } from '../../../protocol/model.js';
import { Status, timestampFromMillis } from '../../../protocol/model.js';
import { matrixOf } from '../../../server/http/matrix.js';

/** Observations of each observer, oldest first. */
function panorama(subject: string, views: Record<string, [name: string, status: Status][][]>): Panorama {
  return {
    subject,
    views: new Map(
      Object.entries(views).map(([observer, observations]) => [
        observer,
        {
          observer,
          subject,
          observations: observations.map((metrics, index) => ({
            time: timestampFromMillis(index),
            metrics: metrics.map(([name, status]): Metric => ({ name, status, score: 50 })),
          })),
        },
      ]),
    ),
  };
}

describe('a cell of the matrix', () => {
  it('is the worst of what the observer says of the metrics', async () => {
    const views = { a: [[['disk', Status.HEALTHY]], [['link', Status.DEAD]], [['disk', Status.PENDING]]] };
    expect((await matrixOf([panorama('s', views as never)])).rows).toEqual(['x']);
  });

  it('is made of the newest word on each metric', async () => {
    const views = { a: [[['disk', Status.DEAD]], [['disk', Status.HEALTHY]]] };
    expect((await matrixOf([panorama('s', views as never)])).rows).toEqual(['h']);
  });

  it('says that nothing stands when all was withdrawn', async () => {
    expect((await matrixOf([panorama('s', { a: [[['disk', Status.NA]]] })])).rows).toEqual(['n']);
  });

  it('is a point where the observer said nothing, and left out at the end', async () => {
    const matrix = await matrixOf([
      panorama('s', { a: [[['disk', Status.UNHEALTHY]]], b: [[['disk', Status.DYING]]] }),
      panorama('t', { b: [[['disk', Status.MAYBE_UNHEALTHY]]] }),
      panorama('u', { a: [[['disk', Status.HEALTHY]]] }),
    ]);
    expect(matrix).toEqual({ observers: ['a', 'b'], subjects: ['s', 't', 'u'], rows: ['ud', '.m', 'h'] });
  });

  it('is not there for a subject that nobody speaks of any more', async () => {
    expect(await matrixOf([panorama('s', { a: [] })])).toEqual({ observers: [], subjects: [], rows: [] });
  });
});
