import type { BatchService } from '../protocol/batch-service.js';
import type { Intake, Registration } from '../protocol/health-service.js';
import type { Report } from '../protocol/model.js';

/** What the courier needs of an aggregator. Every call ends within a deadline of its own. */
export interface Destination extends BatchService {
  /** host:port, for messages. */
  readonly target: string;
  register(registration: Registration): Promise<number>;
  submitReport(handle: number, report: Report): Promise<Intake>;
  close(): void;
}
