import { describe, expect, it } from '@jest/globals';
import type { Panorama } from '../../protocol/model.js';
import { Status, timestampFromMillis } from '../../protocol/model.js';
import { weighted } from '../../server/inference/weighted.js';
import { ReportStore } from '../../server/store/report-store.js';

/** `second observer -> subject context STATUS`, one statement a line. */
function verdictsAfter(...said: readonly string[]): ReadonlyMap<string, Readonly<Record<string, Status>>> {
  const store = new ReportStore();
  for (const line of said) {
    const [, second, observer = '', subject = '', name = '', status = ''] =
      /^(\d+) (\S+) -> (\S+) (\S+) (\S+)$/.exec(line) ?? [];
    store.add({
      observer,
      subject,
      observation: {
        time: timestampFromMillis(Number(second) * 1000),
        metrics: [{ name, status: Status[status as keyof typeof Status], score: 20 }],
      },
    });
  }
  const lookUp = (subject: string): Panorama | undefined => store.panorama(subject);
  return new Map(
    [...store.subjects()].map((subject) => {
      const panorama = store.panorama(subject);
      const metrics =
        panorama === undefined ? [] : (weighted.infer(panorama, lookUp)?.observation.metrics ?? []);
      return [subject, Object.fromEntries(metrics.map(({ name, status }) => [name, status]))];
    }),
  );
}

describe('the inference that weighs observers', () => {
  it('believes a single observer of whom nobody complains', () => {
    expect(verdictsAfter('1 a -> b Link UNHEALTHY').get('b')).toEqual({ Link: Status.UNHEALTHY });
  });

  it('blames the one that is cut off, not those that it accuses', () => {
    const verdicts = verdictsAfter(
      '10 cut -> a Link UNHEALTHY',
      '10 cut -> b Link UNHEALTHY',
      '10 a -> cut Link UNHEALTHY',
      '10 b -> cut Link UNHEALTHY',
    );
    expect(verdicts.get('cut')).toEqual({ Link: Status.UNHEALTHY });
    expect(verdicts.get('a')).toEqual({ Link: Status.MAYBE_UNHEALTHY });
    expect(verdicts.get('b')).toEqual({ Link: Status.MAYBE_UNHEALTHY });
  });

  it('believes the one in service where two accuse each other and one says that it is not', () => {
    const verdicts = verdictsAfter(
      '10 follower -> leader Following UNHEALTHY',
      '10 follower -> follower State PENDING',
      '10 leader -> follower Link UNHEALTHY',
      '9 leader -> leader State HEALTHY',
    );
    expect(verdicts.get('follower')?.['Link']).toBe(Status.UNHEALTHY);
    expect(verdicts.get('leader')?.['Following']).toBe(Status.MAYBE_UNHEALTHY);
  });

  it('doubts what somebody says of others who is sick by its own word', () => {
    const verdicts = verdictsAfter('9 a -> a Disk UNHEALTHY', '10 a -> b Link UNHEALTHY');
    expect(verdicts.get('a')).toEqual({ Disk: Status.UNHEALTHY });
    expect(verdicts.get('b')).toEqual({ Link: Status.MAYBE_UNHEALTHY });
  });

  it('is not turned by one bad observer of five', () => {
    const good = ['a', 'b', 'c', 'd'].map((observer) => `10 ${observer} -> x Link HEALTHY`);
    expect(verdictsAfter(...good, '10 e -> x Link UNHEALTHY').get('x')).toEqual({ Link: Status.HEALTHY });
  });

  it('lets a complaint stand against good words from long before it', () => {
    const old = ['a', 'b', 'c', 'd'].map((observer) => `10 ${observer} -> x Link HEALTHY`);
    expect(verdictsAfter(...old, '500 e -> x Link UNHEALTHY').get('x')).toEqual({ Link: Status.UNHEALTHY });
  });

  it('lets who has taken its word back abstain', () => {
    const verdicts = verdictsAfter('10 a -> x Link NA', '10 b -> x Link NA', '10 c -> x Link UNHEALTHY');
    expect(verdicts.get('x')).toEqual({ Link: Status.UNHEALTHY });
    expect(verdictsAfter('10 a -> x Link NA').get('x')).toEqual({ Link: Status.NA });
  });

  it('finds the sick where the one observer sees many of them fail', () => {
    const verdicts = verdictsAfter(
      '10 nn -> dn1 Heartbeat DEAD',
      '10 nn -> dn2 Heartbeat DEAD',
      '10 nn -> dn3 Heartbeat DEAD',
    );
    expect([...verdicts.values()]).toEqual(Array(3).fill({ Heartbeat: Status.DEAD }));
  });

  it('has nothing to say of an empty panorama', () => {
    expect(weighted.infer({ subject: 'x', views: new Map() }, () => undefined)).toBeNull();
  });
});
