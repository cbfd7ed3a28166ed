import type { MethodDefinition } from '@grpc/grpc-js';
import { VerdictsService as methods } from './generated/hview/v1/verdicts.js';
import type { WatchRequest as WireWatchRequest } from './generated/hview/v1/verdicts.js';
import { changeFromWire, summaryFromWire, timeToWire, verdictFromWire } from './verdict-codec.js';
import type {
  HistoryFilter,
  VerdictList,
  VerdictService,
  WatchEvent,
  WatchRequest,
} from './verdict-service.js';
import type { Verdict, VerdictChange } from './verdict.js';

export type Method<Request, Reply> = Pick<
  MethodDefinition<Request, Reply>,
  'path' | 'requestSerialize' | 'responseDeserialize'
>;

/** A connection as its services use it; errors are HviewErrors. */
export interface Calls {
  unary<Request, Reply>(method: Method<Request, Reply>, request: Request): Promise<Reply>;
  /** The replies of a call that the server ends, or the signal. */
  stream<Request, Reply>(
    method: Method<Request, Reply>,
    request: Request,
    signal?: AbortSignal,
  ): AsyncIterable<Reply>;
}

/** Calls of hview.v1.Verdicts. */
export class VerdictClient implements VerdictService {
  constructor(private readonly calls: Calls) {}

  async explain(subject: string): Promise<Verdict> {
    return verdictFromWire(await this.calls.unary(methods.explain, { subject }));
  }

  async list(): Promise<VerdictList> {
    const { verdicts, sequence } = await this.calls.unary(methods.list, {});
    return { verdicts: verdicts.map(summaryFromWire), sequence };
  }

  async history({ subject = '', sinceMs, limit }: HistoryFilter): Promise<readonly VerdictChange[]> {
    const since = sinceMs === undefined ? undefined : timeToWire(sinceMs);
    const { changes } = await this.calls.unary(methods.history, { subject, since, limit });
    return changes.map(changeFromWire);
  }

  async *watch({ subjects = [], after }: WatchRequest, signal?: AbortSignal): AsyncGenerator<WatchEvent> {
    const request: WireWatchRequest = { subjects: [...subjects], ...(after === undefined ? {} : { after }) };
    for await (const { sequence, change } of this.calls.stream(methods.watch, request, signal))
      yield { sequence, change: change === undefined ? null : changeFromWire(change) };
  }
}
