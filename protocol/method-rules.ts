import { countObservations } from './batch-codec.js';
import { AggregatorService } from './generated/hview/v1/hview.js';
import { PeeringService } from './generated/hview/v1/peering.js';
import { VerdictsService } from './generated/hview/v1/verdicts.js';
import { HealthServiceService } from './generated/idl/service.js';

/**
 * Who may call a method: those who report, those who ask, other aggregators, or anyone that is known at
 * all. Where nobody is asked who it is, everybody may.
 */
export type MethodRole = 'submit' | 'query' | 'relay' | 'known';

/** What somebody can be allowed to do: report, ask, pass on reports of other aggregators. */
export type GrantedRole = Exclude<MethodRole, 'known'>;

export interface MethodRule {
  readonly role: MethodRole;
  /** Its answer holds all there is: few at a time. */
  readonly isLarge?: boolean;
  /** Its calls stay open as long as somebody listens. */
  readonly isStream?: boolean;
  /** How many reports a request brings, out of the decoded message; default one for those who report or relay. */
  readonly reports?: (message: unknown) => number;
}

/** Every method of a service has to be here: the compiler asks for it. */
type Rules<Service> = Readonly<Record<keyof Service, MethodRule>>;

const HEALTH_SERVICE: Rules<typeof HealthServiceService> = {
  // What is watched changes what is kept.
  observe: { role: 'submit' },
  stopObserving: { role: 'submit' },
  register: { role: 'submit' },
  submitReport: { role: 'submit' },
  learnReport: { role: 'relay' },
  getLatestReport: { role: 'query' },
  getPanorama: { role: 'query' },
  getView: { role: 'query' },
  getInference: { role: 'query' },
  getObservedSubjects: { role: 'query', isLarge: true },
  dumpPanorama: { role: 'query', isLarge: true },
  dumpInference: { role: 'query', isLarge: true },
  getPeers: { role: 'query' },
  // Agents, clients and peers see by these whether anyone answers.
  ping: { role: 'known' },
  getId: { role: 'known' },
};

const AGGREGATOR: Rules<typeof AggregatorService> = {
  describe: { role: 'known' },
  submitBatch: {
    role: 'submit',
    reports: (message) => (Buffer.isBuffer(message) ? countObservations(message) : 1),
  },
};

const PEERING: Rules<typeof PeeringService> = {
  greet: { role: 'relay', reports: () => 0 },
  learn: {
    role: 'relay',
    reports: (message) => (Buffer.isBuffer(message) ? countObservations(message) : 1),
  },
  learnStream: {
    role: 'relay',
    isStream: true,
    // A batch without any counts too: it is a request of its own.
    reports: (message) => (Buffer.isBuffer(message) ? Math.max(1, countObservations(message)) : 1),
  },
  subscribe: { role: 'relay', reports: () => 0 },
  compare: { role: 'relay', reports: () => 0 },
};

const VERDICTS: Rules<typeof VerdictsService> = {
  explain: { role: 'query' },
  list: { role: 'query', isLarge: true },
  history: { role: 'query', isLarge: true },
  watch: { role: 'query', isStream: true },
};

/** Services that come from libraries. */
const OTHERS: Readonly<Record<string, MethodRule>> = {
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': { role: 'query', isStream: true },
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': { role: 'query', isStream: true },
  '/grpc.health.v1.Health/Check': { role: 'known' },
  '/grpc.health.v1.Health/List': { role: 'known' },
  '/grpc.health.v1.Health/Watch': { role: 'known', isStream: true },
};

/** Key: the path on the wire, `/package.Service/Method`. */
export const METHOD_RULES: ReadonlyMap<string, MethodRule> = new Map([
  ...byPath(HealthServiceService, HEALTH_SERVICE),
  ...byPath(AggregatorService, AGGREGATOR),
  ...byPath(VerdictsService, VERDICTS),
  ...byPath(PeeringService, PEERING),
  ...Object.entries(OTHERS),
]);

function byPath<Service extends Readonly<Record<string, { readonly path: string }>>>(
  service: Service,
  rules: Rules<Service>,
): [string, MethodRule][] {
  return Object.entries(service).map(([name, { path }]) => [path, rules[name as keyof Service]]);
}
