import { batchToWire } from '../../protocol/batch-codec.js';
import { SubmitBatchRequest } from '../../protocol/generated/hview/v1/hview.js';
import { CompareRequest, GreetRequest, LearnRequest } from '../../protocol/generated/hview/v1/peering.js';
import { Status as WireStatus } from '../../protocol/generated/idl/health.js';
import {
  GetViewRequest,
  LearnReportRequest,
  LearnReportRequest_Kind,
  ObserveRequest,
  PingRequest,
  RegisterRequest,
  SubmitReportRequest,
} from '../../protocol/generated/idl/service.js';
import { METHOD_RULES } from '../../protocol/method-rules.js';
import { Status } from '../../protocol/model.js';

/** A request that an aggregator takes. */
export interface ValidRequest {
  readonly path: string;
  readonly message: Buffer;
}

const report = {
  observer: 'peer@1',
  subject: 'peer@2',
  observation: {
    ts: { seconds: 1_700_000_000, nanos: 5 },
    metrics: {
      Snapshot: { name: 'Snapshot', value: { status: WireStatus.UNHEALTHY, score: 20 } },
      Gossip: { name: 'Gossip', value: { status: WireStatus.HEALTHY, score: 90 } },
    },
  },
};

const batch = batchToWire({
  agent: 'agent@fuzz',
  module: 'fuzz',
  entries: [1, 2, 3].map((place) => ({
    id: `fuzz-${place}`,
    report: {
      observer: `peer@${place}`,
      subject: 'peer@7',
      observation: {
        time: { seconds: 1_700_000_000 + place, nanos: 0 },
        metrics: [{ name: 'Bench', status: Status.DEAD, score: 1 }],
      },
    },
    provenance: { host: 'h', path: '/var/log/x', offset: 12, line: 'WARN x', rule: 'r', why: 'w' },
  })),
});

const position = { epoch: 'fuzz', sequence: 3 };
const { names, observations } = batch;
const LEARN = [
  LearnRequest.encode({ source: 'pano1', position, names, observations, agents: [0, 0, 0] }),
  // What stands of subjects.
  LearnRequest.encode({ source: 'pano1', position: undefined, names, observations, agents: [] }),
];

/** A text as field 1, which many requests consist of. */
const SUBJECT = ObserveRequest.encode({ subject: 'peer@2' });

const KINDS = [
  LearnReportRequest_Kind.NORMAL,
  LearnReportRequest_Kind.SUBSCRIPTION,
  LearnReportRequest_Kind.UNSUBSCRIPTION,
];

const MESSAGES: Readonly<Record<string, readonly { finish(): Uint8Array }[]>> = {
  '/idl.HealthService/Register': [RegisterRequest.encode({ module: 'fuzz', observer: 'peer@1' })],
  '/idl.HealthService/SubmitReport': [SubmitReportRequest.encode({ handle: 10_001, report })],
  '/idl.HealthService/LearnReport': KINDS.map((kind) =>
    LearnReportRequest.encode({ kind, source: { id: 'pano1', addr: 'localhost:1' }, report }),
  ),
  '/idl.HealthService/GetView': [GetViewRequest.encode({ subject: 'peer@2', observer: 'peer@1' })],
  '/idl.HealthService/Ping': [
    PingRequest.encode({ source: { id: 'pano1', addr: 'localhost:1' }, time: { seconds: 1, nanos: 1 } }),
  ],
  '/hview.v1.Aggregator/SubmitBatch': [SubmitBatchRequest.encode(batch)],
  '/hview.v1.Peering/Greet': [GreetRequest.encode({ source: 'pano1', run: 'fuzz', position })],
  '/hview.v1.Peering/Learn': LEARN,
  '/hview.v1.Peering/LearnStream': LEARN,
  '/hview.v1.Peering/Compare': [
    CompareRequest.encode({ source: 'pano1', subjects: [{ subject: 'peer@7', digest: 7 }] }),
  ],
};

/** At least one for each method that there is; for those not named here a text stands in field 1. */
export function validRequests(): ValidRequest[] {
  return [...METHOD_RULES.keys()].flatMap((path) =>
    (MESSAGES[path] ?? [SUBJECT]).map((message) => ({ path, message: Buffer.from(message.finish()) })),
  );
}
