import type { HealthHandlers, Intake, Registration } from '../../protocol/health-service.js';
import type { Inference, Panorama, Peer, Report, Timestamp, View } from '../../protocol/model.js';
import { timestampFromMillis } from '../../protocol/model.js';
import type { Clock } from '../../runtime/clock.js';
import { HviewError } from '../../runtime/errors.js';
import { checkName, checkReport, checkSubject, checkTime } from './validation.js';

/** What the handlers ask of the aggregator. */
export interface HandlersOptions {
  readonly self: Peer;
  /** All aggregators of the group, this one among them. */
  readonly peers: readonly Peer[];
  readonly clock: Clock;
  readonly store: {
    panorama(subject: string): Panorama | undefined;
    view(observer: string, subject: string): View | undefined;
    latest(subject: string): Report | undefined;
    subjects(): Iterable<string>;
    watched(): ReadonlyMap<string, Timestamp>;
  };
  readonly inferences: {
    get(subject: string): Inference | undefined;
    all(): ReadonlyMap<string, Inference>;
  };
  /** `check` gives the report, or throws REQUEST_INVALID. */
  readonly submit: (handle: number, check: () => Report) => Promise<Intake>;
  readonly learn: (peerId: string, check: () => Report) => Promise<Intake>;
  readonly register: (registration: Registration) => Promise<number>;
  readonly observe: (subject: string) => Promise<boolean>;
  readonly stopObserving: (subject: string) => Promise<boolean>;
  readonly interested: (peerId: string, subject: string) => void;
  readonly uninterested: (peerId: string, subject: string) => void;
}

/** The fifteen methods: check the request, ask the aggregator, shape the answer. No rules of their own. */
export function healthHandlers(options: HandlersOptions): HealthHandlers {
  const { self, peers, clock, store, inferences } = options;
  return {
    observe: async (subject) => options.observe(checkName(subject, 'subject')),
    stopObserving: async (subject) => options.stopObserving(checkName(subject, 'subject')),
    register: async ({ module, observer }) =>
      options.register({ module: checkName(module, 'module'), observer: checkName(observer, 'observer') }),
    submitReport: async (handle, report) => options.submit(handle, () => checkReport(report)),
    learnReport: async ({ kind, source, report }) => {
      const checkSource = (): string => checkName(source.id, 'source.id');
      if (kind === 'normal') {
        return options.learn(source.id, () => {
          checkSource();
          return checkReport(report);
        });
      }
      checkSource();
      const subject = checkSubject(report);
      if (kind === 'subscription') options.interested(source.id, subject);
      else options.uninterested(source.id, subject);
      return 'accepted';
    },
    getLatestReport: (subject) => found(store.latest(subject), `No report for ${subject}`),
    getPanorama: (subject) => found(store.panorama(subject), `No panorama for ${subject}`),
    getView: (observer, subject) => found(store.view(observer, subject), `No view for ${subject}`),
    getInference: (subject) => found(inferences.get(subject), 'inference does not exist for view'),
    getObservedSubjects: () => Promise.resolve(store.watched()),
    dumpPanorama: () => {
      const panoramas = new Map<string, Panorama>();
      for (const subject of store.subjects()) {
        const panorama = store.panorama(subject);
        if (panorama !== undefined) panoramas.set(subject, panorama);
      }
      return Promise.resolve(panoramas);
    },
    dumpInference: () => Promise.resolve(inferences.all()),
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal has to become a rejection
    ping: async (_, time) => {
      checkTime(time, 'time');
      return { good: true, time: timestampFromMillis(clock.now()) };
    },
    getPeers: () => Promise.resolve(peers),
    getId: () => Promise.resolve(self),
  };
}

function found<Answer>(answer: Answer | undefined, otherwise: string): Promise<Answer> {
  return answer === undefined
    ? Promise.reject(new HviewError('NOT_FOUND', otherwise))
    : Promise.resolve(answer);
}
