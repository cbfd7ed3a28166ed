import type { Finding } from '../../agent/finding.js';
import { Status } from '../../protocol/model.js';

/** A finding in which only what a test is about has to be said. */
export function finding(parts: Partial<Finding> = {}): Finding {
  return {
    timeMs: 1_700_000_000_000,
    observer: 'peer@1',
    subject: 'peer@2',
    context: 'LearnerHandler',
    status: Status.UNHEALTHY,
    score: 20,
    message: 'GOODBYE',
    rule: { id: 'goodbye', why: '' },
    origin: { text: '1:2', offset: 0, line: 'a line' },
    expiresMs: null,
    withdraws: null,
    deadline: null,
    escalate: null,
    pause: null,
    ...parts,
  };
}
