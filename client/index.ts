/** For programs that report how others are, as they meet them: `import { connect } from 'hview/client'`. */
export type { ConnectOptions } from './connect.js';
export { connect } from './connect.js';
export type { HealthReporter, PendingOptions, ReporterCounts } from './health-reporter.js';
export type { SendingMode } from './courier.js';
export type { RequestId } from './pending-requests.js';
export type { Problem, ProblemKind } from './problems.js';
export type { HealthStatus } from './statement.js';
export type { SocketEnd, Subject, SubjectAddress, Subjects } from './subject-resolver.js';
