import type { BatchService } from '../../protocol/batch-service.js';
import type { Intake, Registration } from '../../protocol/health-service.js';
import type { Report } from '../../protocol/model.js';

/** What delivery needs of an aggregator. Every call ends within a deadline of its own. */
export interface DeliveryTarget extends BatchService {
  /** host:port, for logs. */
  readonly target: string;
  register(registration: Registration): Promise<number>;
  submitReport(handle: number, report: Report): Promise<Intake>;
}

/**
 * What became of an entry in the end. `duplicate`: the aggregator had it already; `ignored`: it does not
 * watch the subject; `refused`: it said that the entry is wrong; `set-aside`: it failed on this entry
 * again and again while others got through; `given-up`: it could not be reached in the time set for that.
 */
export type DeliveryOutcome = 'accepted' | 'duplicate' | 'ignored' | 'refused' | 'set-aside' | 'given-up';
