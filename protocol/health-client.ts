import { Client, Metadata, compressionAlgorithms, credentials, status as GrpcStatus } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { systemClock } from '../runtime/clock.js';
import { HviewError } from '../runtime/errors.js';
import { formatAddress, parseAddress } from './address.js';
import { batchResultFromWire, batchToWire } from './batch-codec.js';
import type { AggregatorDescription, Batch, BatchResult, BatchService } from './batch-service.js';
import type { ClientSecurity } from './client-security.js';
import * as codec from './codec.js';
import { AggregatorService as batchMethods, SubmitBatchRequest } from './generated/hview/v1/hview.js';
import { PeeringService as peeringMethods } from './generated/hview/v1/peering.js';
import {
  HealthServiceService as methods,
  LearnReportRequest_Kind,
  PingReply_Status,
} from './generated/idl/service.js';
import type { LearnReportReply_Status, SubmitReportReply_Status } from './generated/idl/service.js';
import { fromGrpcError, timeout } from './grpc-errors.js';
import type {
  HealthService,
  Intake,
  LearnKind,
  LearnRequest,
  PingAnswer,
  Registration,
} from './health-service.js';
import type { LearnCall } from './learn-stream.js';
import { LearnStream } from './learn-stream.js';
import type { Inference, Panorama, Peer, Report, Timestamp, View } from './model.js';
import * as peering from './peering-codec.js';
import type {
  Comparison,
  Greeting,
  GreetingRequest,
  LearnResult,
  PeerBatch,
  PeeringService,
  SubjectDigest,
  Subscriptions,
} from './peering-service.js';
import type { Method } from './verdict-client.js';
import { VerdictClient } from './verdict-client.js';
import type { VerdictService } from './verdict-service.js';

export interface HealthClientOptions {
  /** host:port of the aggregator. */
  readonly target: string;
  /** How long a call may take, milliseconds. Longer bears a slower aggregator, and hides a dead one longer. */
  readonly deadlineMs?: number;
  /** Longest pause between two attempts to connect, milliseconds. */
  readonly maxReconnectMs?: number;
  /** How it shows who it is and makes sure of the aggregator; without it plain text and no name. */
  readonly security?: ClientSecurity;
  /** Called once it is closed. */
  readonly onClose?: () => void;
  /** How requests travel, default `none`. `gzip` makes batches about a fifth as large and costs time. */
  readonly compression?: 'none' | 'gzip';
}

const DEFAULT_DEADLINE_MS = 5000;
/** A thousand subjects with ten observers of ten observations make 8 MB. */
const MAX_REPLY_BYTES = 256 * 1024 * 1024;

const DEFAULT_MAX_RECONNECT_MS = 5000;

const NO_METADATA = new Metadata();

/** A batch is encoded before the call, so that its size is known. */
const SUBMIT_BATCH = { ...batchMethods.submitBatch, requestSerialize: (encoded: Buffer) => encoded };
const LEARN = { ...peeringMethods.learn, requestSerialize: (encoded: Buffer) => encoded };
const LEARN_STREAM = { ...peeringMethods.learnStream, requestSerialize: (encoded: Buffer) => encoded };

const LEARN_KINDS: Record<LearnKind, LearnReportRequest_Kind> = {
  normal: LearnReportRequest_Kind.NORMAL,
  subscription: LearnReportRequest_Kind.SUBSCRIPTION,
  unsubscription: LearnReportRequest_Kind.UNSUBSCRIPTION,
};

/**
 * Typed calls to an aggregator, all services over one connection. Every call has a deadline and rejects
 * with an HviewError (UNREACHABLE, TIMEOUT, NOT_FOUND, REQUEST_INVALID, OVERLOADED, UNSUPPORTED,
 * REMOTE_FAILED). The connection is made by the first call and made again by itself.
 */
export class HealthClient implements HealthService, BatchService, PeeringService {
  readonly target: string;
  readonly #client: Client;
  readonly #deadlineMs: number;
  readonly #security: Pick<ClientSecurity, 'metadata'>;
  readonly #onClose: (() => void) | undefined;
  readonly #inFlight = new Set<{ cancel(): void }>();
  readonly #learning: LearnStream;
  /** The other side is of an older release, as far as it is known. */
  #lacksStream = false;
  /** The third service. */
  readonly verdicts: VerdictService;
  /** What the aggregator takes, once it was asked. */
  #description: AggregatorDescription | null = null;

  /** Throws ADDRESS_INVALID, or EXPOSED when a token would travel in plain text. */
  constructor(options: HealthClientOptions) {
    this.target = formatAddress(parseAddress(options.target));
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#onClose = options.onClose;
    this.#security = options.security ?? { metadata: NO_METADATA };
    const channel = options.security?.channel(this.target);
    this.verdicts = new VerdictClient({
      unary: (method, request) => this.#call(method, request),
      stream: (method, request, signal) => this.#stream(method, request, signal),
    });
    this.#learning = new LearnStream({
      open: () => this.#openLearnStream(),
      reason: (error) => this.#streamError(error, LEARN_STREAM),
      timeout: () => timeout('LearnStream', this.target),
      deadlineMs: this.#deadlineMs,
      clock: systemClock,
    });
    this.#client = new Client(this.target, channel?.credentials ?? credentials.createInsecure(), {
      ...channel?.options,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': options.maxReconnectMs ?? DEFAULT_MAX_RECONNECT_MS,
      // Finds a connection whose other end is gone without a word.
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      // A connection of its own: that another client of this process fails to connect is not our failure.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_channelz': 0,
      // A dump of everything is far larger than gRPC's 4 MB.
      'grpc.max_receive_message_length': MAX_REPLY_BYTES,
      // Who calls decides on trying again; gRPC's own machinery for it would cost a quarter of each call.
      'grpc.enable_retries': 0,
      // A proxy set in the environment is meant for the web, not for the aggregator next door.
      'grpc.enable_http_proxy': 0,
      'grpc.default_compression_algorithm':
        options.compression === 'gzip' ? compressionAlgorithms.gzip : compressionAlgorithms.identity,
    });
  }

  async describe(): Promise<AggregatorDescription> {
    this.#description = await this.#call(batchMethods.describe, {});
    return this.#description;
  }

  /** Splits nothing: rejects with REQUEST_INVALID when the batch is larger than the aggregator said it takes. */
  async submitBatch(batch: Batch): Promise<BatchResult> {
    const encoded = Buffer.from(SubmitBatchRequest.encode(batchToWire(batch)).finish());
    this.#checkSize('observations', batch.entries.length, this.#description?.maxObservations);
    this.#checkSize('bytes', encoded.length, this.#description?.maxBytes);
    return batchResultFromWire(await this.#call(SUBMIT_BATCH, encoded));
  }

  async greet({ source, run, position }: GreetingRequest): Promise<Greeting> {
    // It may have been started again, in another release.
    this.#lacksStream = false;
    return peering.greetingFromWire(await this.#call(peeringMethods.greet, { source, run, position }));
  }

  /** One batch after the other goes over one call; a second at the same time, or to an older release, by itself. */
  async learn(batch: PeerBatch): Promise<LearnResult> {
    const encoded = peering.encodePeerBatch(batch);
    if (this.#lacksStream || this.#learning.isBusy) return this.#call(LEARN, encoded);
    try {
      return await this.#learning.send(encoded);
    } catch (error) {
      if (HviewError.from(error).code !== 'UNSUPPORTED') throw error;
      this.#lacksStream = true;
      return this.#call(LEARN, encoded);
    }
  }

  async subscribe({ source, subscribed, unsubscribed }: Subscriptions): Promise<void> {
    const lists = { subscribed: [...subscribed], unsubscribed: [...unsubscribed] };
    await this.#call(peeringMethods.subscribe, { source, ...lists });
  }

  async compare(source: string, subjects: readonly SubjectDigest[]): Promise<Comparison> {
    const reply = await this.#call(peeringMethods.compare, { source, subjects: [...subjects] });
    return peering.comparisonFromWire(reply, subjects);
  }

  async observe(subject: string): Promise<boolean> {
    return (await this.#call(methods.observe, { subject })).success;
  }

  async stopObserving(subject: string): Promise<boolean> {
    return (await this.#call(methods.stopObserving, { subject })).success;
  }

  async register(registration: Registration): Promise<number> {
    const { module, observer } = registration;
    return (await this.#call(methods.register, { module, observer })).handle;
  }

  async submitReport(handle: number, report: Report): Promise<Intake> {
    const reply = await this.#call(methods.submitReport, { handle, report: codec.reportToWire(report) });
    return intake(reply.result);
  }

  async learnReport(request: LearnRequest): Promise<Intake> {
    const reply = await this.#call(methods.learnReport, {
      kind: LEARN_KINDS[request.kind],
      source: codec.peerToWire(request.source),
      report: codec.reportToWire(request.report),
    });
    return intake(reply.result);
  }

  async getLatestReport(subject: string): Promise<Report> {
    const message = await this.#call(methods.getLatestReport, { subject });
    const observation = codec.observationFromWire(message.observation) ?? {
      time: { seconds: 0, nanos: 0 },
      metrics: [],
    };
    return { observer: message.observer, subject: message.subject, observation };
  }

  async getPanorama(subject: string): Promise<Panorama> {
    return codec.panoramaFromWire(await this.#call(methods.getPanorama, { subject }));
  }

  async getView(observer: string, subject: string): Promise<View> {
    try {
      return codec.viewFromWire(await this.#call(methods.getView, { observer, subject }));
    } catch (error) {
      if (!isOriginalsAnswer(error)) throw error;
      // The original's server takes the two names the wrong way round.
      return codec.viewFromWire(await this.#call(methods.getView, { observer: subject, subject: observer }));
    }
  }

  async getInference(subject: string): Promise<Inference> {
    return codec.inferenceFromWire(await this.#call(methods.getInference, { subject }));
  }

  async getObservedSubjects(): Promise<ReadonlyMap<string, Timestamp>> {
    const reply = await this.#call(methods.getObservedSubjects, {});
    return codec.mapFromWire(reply.subjects, (time) => time);
  }

  async dumpPanorama(): Promise<ReadonlyMap<string, Panorama>> {
    return codec.mapFromWire((await this.#call(methods.dumpPanorama, {})).panoramas, codec.panoramaFromWire);
  }

  async dumpInference(): Promise<ReadonlyMap<string, Inference>> {
    return codec.mapFromWire(
      (await this.#call(methods.dumpInference, {})).inferences,
      codec.inferenceFromWire,
    );
  }

  async ping(source: Peer, time: Timestamp): Promise<PingAnswer> {
    const reply = await this.#call(methods.ping, {
      source: codec.peerToWire(source),
      time: codec.timestampToWire(time),
    });
    return { good: reply.result === PingReply_Status.GOOD, time: reply.time ?? { seconds: 0, nanos: 0 } };
  }

  async getPeers(): Promise<readonly Peer[]> {
    return (await this.#call(methods.getPeers, {})).peers.map(codec.peerFromWire);
  }

  async getId(): Promise<Peer> {
    return codec.peerFromWire(await this.#call(methods.getId, {}));
  }

  /** Ends every call under way with UNREACHABLE and the connection with it. */
  close(): void {
    for (const call of this.#inFlight) call.cancel();
    this.#learning.close();
    this.#client.close();
    this.#onClose?.();
  }

  #checkSize(unit: string, size: number, most = 0): void {
    // Zero says nothing.
    if (most > 0 && size > most) {
      throw new HviewError(
        'REQUEST_INVALID',
        `the batch has ${size} ${unit}, and ${this.target} takes ${most}`,
      );
    }
  }

  #call<Request, Reply>(method: Method<Request, Reply>, request: Request): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#security.metadata,
        // gRPC counts a deadline from the wall clock itself, so it cannot be handed a clock.
        { deadline: performance.timeOrigin + performance.now() + this.#deadlineMs },
        (error: ServiceError | null, reply?: Reply) => {
          this.#inFlight.delete(call);
          if (error !== null) reject(fromGrpcError(error, method.path.split('/').at(-1) ?? '', this.target));
          else if (reply !== undefined) resolve(reply);
        },
      );
      this.#inFlight.add(call);
    });
  }

  #openLearnStream(): LearnCall {
    return this.#client.makeBidiStreamRequest(
      LEARN_STREAM.path,
      LEARN_STREAM.requestSerialize,
      LEARN_STREAM.responseDeserialize,
      this.#security.metadata,
    );
  }

  async *#stream<Request, Reply>(
    method: Method<Request, Reply>,
    request: Request,
    signal?: AbortSignal,
  ): AsyncGenerator<Reply> {
    const isEnded = (): boolean => signal?.aborted === true;
    if (isEnded()) return;
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#security.metadata,
    );
    const cancel = (): void => call.cancel();
    // Cancelled, it reports that to nobody.
    call.on('error', () => undefined);
    this.#inFlight.add(call);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const reply of call) yield reply as Reply;
    } catch (error) {
      if (!isEnded()) throw this.#streamError(error, method);
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#inFlight.delete(call);
      call.cancel();
    }
  }

  #streamError(error: unknown, { path }: { readonly path: string }): HviewError {
    return isServiceError(error)
      ? fromGrpcError(error, path.split('/').at(-1) ?? '', this.target)
      : HviewError.from(error);
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}

/** "Not found" in the original's manner: with the right words under the status UNKNOWN. */
function isOriginalsAnswer(error: unknown): boolean {
  if (!(error instanceof HviewError) || error.code !== 'NOT_FOUND') return false;
  const cause = error.cause;
  return cause instanceof Error && 'code' in cause && cause.code === GrpcStatus.UNKNOWN;
}

function intake(result: SubmitReportReply_Status | LearnReportReply_Status): Intake {
  // Both enums give the three outcomes the same numbers.
  const outcomes: readonly Intake[] = ['ignored', 'accepted', 'failed'];
  return outcomes[result] ?? 'failed';
}
