import type { Socket } from 'node:net';
import type { Metadata, ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';
import { ServerInterceptingCall, status as GrpcStatus } from '@grpc/grpc-js';
import type { Clock, Timer } from '../runtime/clock.js';
import { every } from '../runtime/clock.js';
import type { PeerProof } from '../runtime/peer-proof.js';
import { proofOf } from '../runtime/peer-proof.js';
import { RateLimits } from '../runtime/rate-limits.js';
import type { MethodRole, MethodRule } from './method-rules.js';
import { METHOD_RULES } from './method-rules.js';

export type CallDecision =
  /** `name`: of whom, null when nobody is asked. */
  | { readonly kind: 'allowed'; readonly name: string | null }
  /** It is not known who calls. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** It is known, and not allowed. */
  | { readonly kind: 'forbidden'; readonly reason: string };

/** Who may call. `authorization`: the header of that name. */
export interface CallPolicy {
  decide(role: MethodRole, proof: PeerProof, authorization: string | undefined): CallDecision;
}

/** Nobody is asked. */
export const EVERYBODY: CallPolicy = { decide: () => ({ kind: 'allowed', name: null }) };

/** What one client may ask for; a client is a name, or without names an address. Zero: as much as it likes. */
export interface CallLimits {
  readonly requestsPerSecond: number;
  /** Observations, alone or in batches. */
  readonly reportsPerSecond: number;
}

export const DEFAULT_CALL_LIMITS: CallLimits = {
  // Several times what a busy agent or peer sends; one that runs wild leaves the others their share.
  requestsPerSecond: 50_000,
  reportsPerSecond: 500_000,
};

export interface CallGuardOptions {
  readonly policy: CallPolicy;
  readonly limits: CallLimits;
  readonly clock: Clock;
  /** See CallObserver; default nobody. */
  readonly onEnd?: CallObserver;
}

/**
 * Told of each call at its end, of a stream only if it was refused. `path`: on the wire; null: nobody knows the
 * method. `code`: the name of its status; CANCELLED also for one that was not waited for. It has to be quick.
 */
export type CallObserver = (path: string | null, code: string, durationMs: number) => void;

/** Calls since the start that were not let through or not carried to their end. */
export interface CallRefusals {
  readonly unauthenticated: number;
  readonly forbidden: number;
  /** Too many requests or reports a second. */
  readonly tooFast: number;
  /** Too many answers with all there is at a time. */
  readonly tooManyLarge: number;
  /** The request did not come to its end. */
  readonly incomplete: number;
  /** The answer was not read. */
  readonly unread: number;
  /** Connections on which nothing happened. */
  readonly idle: number;
}

interface Connection {
  readonly socket: Socket;
  readonly remote: string;
  readonly proof: PeerProof;
  openCalls: number;
  lastUsedMs: number;
  /** Whether a call was ever let through. */
  isUsed: boolean;
}

interface NewCall {
  readonly call: ServerInterceptingCallInterface;
  /** Undefined: nobody may call the method. */
  readonly rule: MethodRule | undefined;
  /** Undefined: it was closed meanwhile. */
  readonly connection: Connection | undefined;
  readonly sinceMs: number;
}

interface OpenCall extends NewCall {
  readonly rule: MethodRule;
  readonly connection: Connection;
  readonly client: string;
  isWhole: boolean;
}

interface Refusal {
  readonly code: GrpcStatus;
  readonly details: string;
}

/** A request has to be whole in this time, milliseconds. */
const REQUEST_LIMIT_MS = 30_000;

/** And its answer read in this one. */
const ANSWER_LIMIT_MS = 120_000;

/** A connection that never carried a call that was let through, and one that did, may rest so long. */
const UNUSED_LIMIT_MS = 60_000;
const IDLE_LIMIT_MS = 30 * 60_000;

const SWEEP_MS = 5000;

/** Answers with all there is that are under way at a time: of one client, and in all. */
const LARGE_PER_CLIENT = 4;
const LARGE_IN_ALL = 16;

const BURST_SECONDS = 2;

/**
 * Stands before every call: who calls, whether it may, and how much; and ends what somebody keeps open to no
 * purpose. A method that has no rule is nobody's.
 */
export class CallGuard {
  readonly interceptor: ServerInterceptor = (method, call) => this.#intercept(method.path, call);
  readonly #options: CallGuardOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #open = new Set<OpenCall>();
  readonly #large = new Map<string, number>();
  readonly #requests: RateLimits | null;
  readonly #reports: RateLimits | null;
  readonly #sweeping: Timer;
  readonly #refused = {
    unauthenticated: 0,
    forbidden: 0,
    tooFast: 0,
    tooManyLarge: 0,
    incomplete: 0,
    unread: 0,
    idle: 0,
  };
  #largeInAll = 0;

  constructor(options: CallGuardOptions) {
    this.#options = options;
    const { limits, clock } = options;
    const rate = (perSecond: number): RateLimits | null =>
      perSecond === 0 ? null : new RateLimits({ perSecond, burstSeconds: BURST_SECONDS, clock });
    this.#requests = rate(limits.requestsPerSecond);
    this.#reports = rate(limits.reportsPerSecond);
    this.#sweeping = every(clock, SWEEP_MS, () => this.sweep());
  }

  counts(): CallRefusals {
    return { ...this.#refused };
  }

  /** A connection that calls will come by. */
  connected(socket: Socket): void {
    const remote = socket.remoteAddress ?? '';
    const key = `${remote}:${socket.remotePort ?? 0}`;
    const connection = {
      ...{ socket, remote, proof: proofOf(socket) },
      ...{ openCalls: 0, lastUsedMs: this.#options.clock.monotonic(), isUsed: false },
    };
    this.#connections.set(key, connection);
    socket.once('close', () => {
      // The port may have been taken by the next one already.
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
  }

  /** Ends what takes too long; called every few seconds. */
  sweep(): void {
    const nowMs = this.#options.clock.monotonic();
    for (const open of this.#open) {
      const ageMs = nowMs - open.sinceMs;
      // In the order in which they began.
      if (ageMs <= REQUEST_LIMIT_MS) break;
      if (open.rule.isStream === true) continue;
      if (!open.isWhole) {
        this.#refused.incomplete += 1;
        refuse(open.call, GrpcStatus.DEADLINE_EXCEEDED, 'the request did not come to its end');
        this.#leave(open, nowMs);
      } else if (ageMs > ANSWER_LIMIT_MS) {
        this.#refused.unread += 1;
        open.connection.socket.destroy();
        this.#leave(open, nowMs);
      }
    }
    for (const [key, { socket, openCalls, lastUsedMs, isUsed }] of this.#connections) {
      const restMs = nowMs - lastUsedMs;
      if (openCalls > 0 || restMs <= (isUsed ? IDLE_LIMIT_MS : UNUSED_LIMIT_MS)) continue;
      this.#refused.idle += 1;
      socket.destroy();
      this.#connections.delete(key);
    }
  }

  close(): void {
    this.#sweeping.cancel();
  }

  #intercept(path: string, call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const { clock, onEnd } = this.#options;
    const rule = METHOD_RULES.get(path);
    const connection = this.#connections.get(call.getPeer());
    const sinceMs = clock.monotonic();
    let open: OpenCall | null = null;
    let code = GrpcStatus.CANCELLED;
    // Here, as the call refuses by itself what is too large, too late or cannot be decoded.
    const send = call.sendStatus.bind(call);
    call.sendStatus = (status) => {
      code = status.code;
      send(status);
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const admitted = this.#admit(path, { call, rule, connection, sinceMs }, metadata);
            if ('code' in admitted) refuse(call, admitted.code, admitted.details);
            else {
              open = admitted;
              proceed(metadata);
            }
          },
          onReceiveMessage: (message: unknown, proceed) => {
            if (open !== null && !this.#mayBring(open, message)) {
              const details = `${open.client} sends more than ${this.#reports?.perSecond ?? 0} reports a second`;
              refuse(call, GrpcStatus.RESOURCE_EXHAUSTED, details);
            } else proceed(message);
          },
          onReceiveHalfClose: (proceed) => {
            if (open !== null) open.isWhole = true;
            proceed();
          },
          // Comes at the end of every call, however it ends.
          onCancel: () => {
            const nowMs = clock.monotonic();
            if (open !== null) this.#leave(open, nowMs);
            if (open !== null && rule?.isStream === true) return;
            onEnd?.(rule === undefined ? null : path, GrpcStatus[code], nowMs - sinceMs);
          },
        }),
    });
  }

  #admit(path: string, { call, rule, connection, sinceMs }: NewCall, metadata: Metadata): OpenCall | Refusal {
    if (rule === undefined) return this.#forbid(`nobody may call ${path}`);
    if (connection === undefined) return { code: GrpcStatus.UNAVAILABLE, details: 'the connection is gone' };
    const [authorization] = metadata.get('authorization');
    const decision = this.#options.policy.decide(
      rule.role,
      connection.proof,
      authorization === undefined ? undefined : String(authorization),
    );
    if (decision.kind === 'forbidden') return this.#forbid(decision.reason);
    if (decision.kind === 'unknown') {
      this.#refused.unauthenticated += 1;
      return { code: GrpcStatus.UNAUTHENTICATED, details: decision.reason };
    }
    const client = decision.name ?? connection.remote;
    const tooMuch = this.#tooMuch(rule, client);
    if (tooMuch !== null) return tooMuch;
    const open = { call, rule, connection, sinceMs, client, isWhole: false };
    connection.openCalls += 1;
    connection.isUsed = true;
    this.#open.add(open);
    return open;
  }

  #forbid(details: string): Refusal {
    this.#refused.forbidden += 1;
    return { code: GrpcStatus.PERMISSION_DENIED, details };
  }

  #tooMuch(rule: MethodRule, client: string): Refusal | null {
    const code = GrpcStatus.RESOURCE_EXHAUSTED;
    if (this.#requests?.take(client, 1) === false) {
      this.#refused.tooFast += 1;
      return { code, details: `${client} sends more than ${this.#requests.perSecond} requests a second` };
    }
    if (rule.isLarge !== true) return null;
    const ofClient = this.#large.get(client) ?? 0;
    if (ofClient >= LARGE_PER_CLIENT || this.#largeInAll >= LARGE_IN_ALL) {
      this.#refused.tooManyLarge += 1;
      return {
        code,
        details: `${ofClient} such answers to ${client}, ${this.#largeInAll} in all, are under way`,
      };
    }
    this.#large.set(client, ofClient + 1);
    this.#largeInAll += 1;
    return null;
  }

  #mayBring({ rule, client }: OpenCall, message: unknown): boolean {
    if (this.#reports === null || (rule.role !== 'submit' && rule.role !== 'relay')) return true;
    if (this.#reports.take(client, rule.reports?.(message) ?? 1)) return true;
    this.#refused.tooFast += 1;
    return false;
  }

  /** Once a call, whoever ends it first. */
  #leave(open: OpenCall, nowMs: number): void {
    if (!this.#open.delete(open)) return;
    const { rule, connection, client } = open;
    connection.openCalls -= 1;
    connection.lastUsedMs = nowMs;
    if (rule.isLarge !== true) return;
    this.#largeInAll -= 1;
    const left = (this.#large.get(client) ?? 1) - 1;
    if (left === 0) this.#large.delete(client);
    else this.#large.set(client, left);
  }
}

function refuse(call: ServerInterceptingCallInterface, code: GrpcStatus, details: string): void {
  call.sendStatus({ code, details });
}
