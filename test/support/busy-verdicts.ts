import { Status } from '../../protocol/model.js';
import { FakeVerdicts, evidence } from './fake-verdicts.js';

/** Of 1,000 subjects how many have each status; the rest are healthy. */
const PER_MILLE: readonly (readonly [Status, number])[] = [
  [Status.DEAD, 5],
  [Status.DYING, 10],
  [Status.UNHEALTHY, 30],
  [Status.MAYBE_UNHEALTHY, 35],
  [Status.PENDING, 20],
];

/** Verdicts on many subjects by many observers, of whom each speaks of six in ten; the same ones each time. */
export function busyVerdicts(subjects: number, observers: number, nowMs: number): FakeVerdicts {
  const verdicts = new FakeVerdicts();
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const names = Array.from(
    { length: observers },
    (_, index) => `nn@10.0.${index >> 6}.${(index % 64) + 10}:8020`,
  );
  for (let index = 0; index < subjects; index += 1) {
    const fate = statusAt(random() * 1000);
    const subject =
      index % 3 === 0
        ? `cassandra@10.1.${index >> 7}.${index % 128}`
        : index % 3 === 1
          ? `dn@10.2.${index >> 7}.${index % 128}:9866`
          : `peer@${index}`;
    const speakers = names.filter(() => random() < 0.6);
    verdicts.say(
      subject,
      speakers.map((observer) => ({
        observer,
        status: random() < 0.7 ? fate : Status.HEALTHY,
        metric: random() < 0.5 ? 'Heartbeat' : 'Pipeline',
        evidence: fate > Status.PENDING ? evidence() : null,
      })),
      nowMs - random() * 4e6,
    );
  }
  return verdicts;
}

function statusAt(share: number): Status {
  let bound = 0;
  for (const [status, count] of PER_MILLE) if (share < (bound += count)) return status;
  return Status.HEALTHY;
}
