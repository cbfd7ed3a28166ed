import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import type { Clock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import type { ConnectionCounts, ConnectionLimits, PortSecurity } from '../runtime/listener.js';
import { LOOPBACK_ONLY, Listener } from '../runtime/listener.js';
import type { Logger } from '../runtime/logger.js';
import { silentLogger } from '../runtime/logger.js';
import type { CallLimits, CallObserver, CallPolicy, CallRefusals } from './call-guard.js';
import { CallGuard, DEFAULT_CALL_LIMITS, EVERYBODY } from './call-guard.js';
import type { Address } from './address.js';
import { addBatchService } from './batch-server.js';
import type { BatchHandlers } from './batch-service.js';
import * as codec from './codec.js';
import { encodePanoramas } from './encode-panoramas.js';
import {
  HealthServiceService,
  LearnReportReply_Status,
  LearnReportRequest_Kind,
  PingReply_Status,
  SubmitReportReply_Status,
} from './generated/idl/service.js';
import type { Empty, HealthServiceServer } from './generated/idl/service.js';
import type { HealthHandlers, Intake, LearnKind } from './health-service.js';
import { addHealthChecks } from './health-check.js';
import { addPeeringService } from './peering-server.js';
import type { PeeringHandlers } from './peering-service.js';
import { addReflection } from './reflection.js';
import { SessionKeeper } from './session-keeper.js';
import { unary } from './unary.js';
import { addVerdictService } from './verdict-server.js';
import type { VerdictHandlers } from './verdict-service.js';

export interface HealthServerOptions {
  /** Where to listen; port 0 takes a free one. */
  readonly address: Address;
  readonly handlers: HealthHandlers;
  /** Without them the server is like an older one: it does not know hview.v1.Aggregator. */
  readonly batchHandlers?: BatchHandlers;
  /** Without them peers send it single reports. */
  readonly peeringHandlers?: PeeringHandlers;
  /** Without them it does not know hview.v1.Verdicts. */
  readonly verdictHandlers?: VerdictHandlers;
  readonly clock: Clock;
  /** Without it nothing is told. */
  readonly logger?: Logger;
  /** Who may connect, and how; default: this machine alone, in plain text. */
  readonly security?: PortSecurity;
  readonly connectionLimits?: ConnectionLimits;
  /** Who may call what, and how much; default everybody. */
  readonly policy?: CallPolicy;
  readonly callLimits?: CallLimits;
  /** Told how each call ended and how long it took; default nobody. */
  readonly onCallEnd?: CallObserver;
  /** How often each connection is asked for a sign of life, and how long it may take; default 30 s and 10 s. */
  readonly signOfLife?: { readonly everyMs: number; readonly withinMs: number };
  /** Largest request in bytes; a larger one answers RESOURCE_EXHAUSTED. */
  readonly maxRequestBytes?: number;
}

export interface RunningHealthServer {
  /** Where it listens, with the port that was taken. */
  readonly address: Address;
  connections(): ConnectionCounts;
  refusals(): CallRefusals;
  /** What the standard health service answers from now on; at the start: that it does not serve. */
  setServing(isServing: boolean): void;
  /** Takes no new call, lets those under way end within `limitMs`, then cuts them off. */
  stop(limitMs: number): Promise<void>;
}

/** The service, but for the one reply that is so large that it is encoded before it gets here. */
const SERVICE = {
  ...HealthServiceService,
  dumpPanorama: { ...HealthServiceService.dumpPanorama, responseSerialize: (encoded: Buffer) => encoded },
};

type Implementation = {
  [Method in keyof typeof SERVICE]: Method extends 'dumpPanorama'
    ? handleUnaryCall<Empty, Buffer>
    : HealthServiceServer[Method];
};

const SIGN_OF_LIFE = { everyMs: 30_000, withinMs: 10_000 };

/** Larger than any request that is taken, so that one that is too large can be told what is allowed. */
const DEFAULT_MAX_REQUEST_BYTES = 1280 * 1024;

/** Binds the handlers to a listening gRPC server. Rejects with EXPOSED, ADDRESS_IN_USE or ADDRESS_INVALID. */
export async function startHealthServer(options: HealthServerOptions): Promise<RunningHealthServer> {
  // What goes wrong comes back as an error; gRPC's own lines on standard error would only repeat it.
  if (process.env['GRPC_VERBOSITY'] === undefined) setLogVerbosity(logVerbosity.NONE);
  const { clock, policy = EVERYBODY, callLimits = DEFAULT_CALL_LIMITS } = options;
  const { signOfLife = SIGN_OF_LIFE, onCallEnd } = options;
  const guard = new CallGuard({
    ...{ policy, limits: callLimits, clock },
    ...(onCallEnd === undefined ? {} : { onEnd: onCallEnd }),
  });
  const server = new Server({
    interceptors: [guard.interceptor],
    'grpc.max_receive_message_length': options.maxRequestBytes ?? DEFAULT_MAX_REQUEST_BYTES,
    'grpc.enable_channelz': 0,
    'grpc.so_reuseport': 0,
    // Somebody who breaks the rules of HTTP/2 in certain ways leaves a connection behind that is never
    // read again, and so never seen to be closed; nor does a machine that is gone say so.
    'grpc.keepalive_time_ms': signOfLife.everyMs,
    'grpc.keepalive_timeout_ms': signOfLife.withinMs,
    // All streams that one read from a socket opens are begun in one turn of the event loop; with more
    // of them, one busy client would hold up all others.
    'grpc.max_concurrent_streams': 100,
  });
  server.addService(SERVICE, bind(options.handlers));
  const protoFiles = ['idl/service.proto'];
  const services = ['idl.HealthService'];
  const streams: { close(): void }[] = [];
  if (options.batchHandlers !== undefined) {
    addBatchService(server, options.batchHandlers);
    protoFiles.push('hview/v1/hview.proto');
    services.push('hview.v1.Aggregator');
  }
  if (options.peeringHandlers !== undefined) {
    streams.push(addPeeringService(server, options.peeringHandlers, clock));
    protoFiles.push('hview/v1/peering.proto');
    services.push('hview.v1.Peering');
  }
  if (options.verdictHandlers !== undefined) {
    streams.push(addVerdictService(server, options.verdictHandlers, clock));
    protoFiles.push('hview/v1/verdicts.proto');
    services.push('hview.v1.Verdicts');
  }
  addReflection(server, protoFiles);
  const checks = addHealthChecks(server, services);
  // Connections come ready from our own listener, which guards the port and renews certificates.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sessions = new SessionKeeper();
  const { connectionLimits: limits } = options;
  const listener = await Listener.open({
    address: options.address,
    purpose: { name: 'the gRPC service', flag: '-addr' },
    security: options.security ?? LOOPBACK_ONLY,
    protocol: 'h2',
    ...(limits === undefined ? {} : { limits }),
    onConnection: (socket) => {
      guard.connected(socket);
      sessions.connect(socket, () => injector.injectConnection(socket));
    },
    clock,
    logger: options.logger ?? silentLogger,
  });
  return {
    address: listener.address,
    connections: () => listener.counts(),
    refusals: () => guard.counts(),
    setServing: (isServing) => checks.setServing(isServing),
    stop: async (limitMs) => {
      void listener.close();
      for (const stream of streams) stream.close();
      await stop(server, clock, limitMs);
      guard.close();
    },
  };
}

function stop(server: Server, clock: Clock, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.after(limitMs, () => {
      server.forceShutdown();
      resolve();
    });
    server.tryShutdown(() => {
      cut.cancel();
      resolve();
    });
  });
}

const SUBMIT_RESULTS: Record<Intake, SubmitReportReply_Status> = {
  ignored: SubmitReportReply_Status.IGNORED,
  accepted: SubmitReportReply_Status.ACCEPTED,
  failed: SubmitReportReply_Status.FAILED,
};

const LEARN_RESULTS: Record<Intake, LearnReportReply_Status> = {
  ignored: LearnReportReply_Status.IGNORED,
  accepted: LearnReportReply_Status.ACCEPTED,
  failed: LearnReportReply_Status.FAILED,
};

const LEARN_KINDS: Partial<Record<LearnReportRequest_Kind, LearnKind>> = {
  [LearnReportRequest_Kind.NORMAL]: 'normal',
  [LearnReportRequest_Kind.SUBSCRIPTION]: 'subscription',
  [LearnReportRequest_Kind.UNSUBSCRIPTION]: 'unsubscription',
};

function bind(handlers: HealthHandlers): Implementation {
  return {
    observe: unary(async ({ subject }) => ({ success: await handlers.observe(subject) })),
    stopObserving: unary(async ({ subject }) => ({ success: await handlers.stopObserving(subject) })),
    register: unary(async ({ module, observer }) => ({
      handle: await handlers.register({ module, observer }),
    })),
    submitReport: unary(async ({ handle, report }) => {
      const unchecked = report === undefined ? null : codec.reportFromWire(report);
      return { result: SUBMIT_RESULTS[await handlers.submitReport(handle, unchecked)] };
    }),
    learnReport: unary(async ({ kind, source, report }) => {
      const learnKind = LEARN_KINDS[kind];
      if (learnKind === undefined) throw new HviewError('REQUEST_INVALID', `kind ${kind} is not known`);
      const result = await handlers.learnReport({
        kind: learnKind,
        source: codec.peerFromWire(source),
        report: report === undefined ? null : codec.reportFromWire(report),
      });
      return { result: LEARN_RESULTS[result] };
    }),
    getLatestReport: unary(async ({ subject }) =>
      codec.reportToWire(await handlers.getLatestReport(subject)),
    ),
    getPanorama: unary(async ({ subject }) => codec.panoramaToWire(await handlers.getPanorama(subject))),
    getView: unary(async ({ observer, subject }) =>
      codec.viewToWire(await handlers.getView(observer, subject)),
    ),
    getInference: unary(async ({ subject }) => codec.inferenceToWire(await handlers.getInference(subject))),
    getObservedSubjects: unary(async () => ({
      subjects: codec.mapToWire(await handlers.getObservedSubjects(), codec.timestampToWire),
    })),
    dumpPanorama: unary(async () => encodePanoramas(await handlers.dumpPanorama())),
    dumpInference: unary(async () => ({
      inferences: codec.mapToWire(await handlers.dumpInference(), codec.inferenceToWire),
    })),
    ping: unary(async ({ source, time }) => {
      if (time === undefined) throw new HviewError('REQUEST_INVALID', 'time is missing');
      const answer = await handlers.ping(codec.peerFromWire(source), time);
      return {
        result: answer.good ? PingReply_Status.GOOD : PingReply_Status.BAD,
        time: codec.timestampToWire(answer.time),
      };
    }),
    getPeers: unary(async () => ({ peers: (await handlers.getPeers()).map(codec.peerToWire) })),
    getId: unary(async () => codec.peerToWire(await handlers.getId())),
  };
}
