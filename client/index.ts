/** For programs that report how others are, as they meet them: `import { connect } from 'hview/client'`. */
export { connect } from './connect.js';
export type { ConnectOptions, ConnectTls } from './connect-options.js';
export type {
  HealthReporter,
  HealthStatus,
  PendingOptions,
  ReporterCounts,
  RequestId,
  SendingMode,
} from './health-reporter.js';
export type { Problem, ProblemKind } from './problem.js';
export type { SocketEnd, Subject, SubjectAddress, Subjects } from './subject.js';
