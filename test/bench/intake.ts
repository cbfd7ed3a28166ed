import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { batchToWire } from '../../protocol/batch-codec.js';
import { SubmitBatchReply, SubmitBatchRequest } from '../../protocol/generated/hview/v1/hview.js';
import { Status as WireStatus } from '../../protocol/generated/idl/health.js';
import {
  SubmitReportReply,
  SubmitReportReply_Status,
  SubmitReportRequest,
} from '../../protocol/generated/idl/service.js';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/model.js';
import type { Load } from './frame-client.js';
import { sendCalls } from './frame-client.js';
import type { BenchRow } from './table.js';
import { atLeast } from './table.js';

const SINGLES = 60_000;
const SINGLES_IN_FLIGHT = 64;

const BATCHES = 600;
const BATCH_LENGTH = 1000;
const BATCHES_IN_FLIGHT = 8;

/** Accepted reports a second of the original's server, measured in the same way; it writes them to disk later. */
const ORIGINAL_PER_SECOND = 10_759;

/** Batched reports a second at least: ten times the original's single ones, near enough. */
const TARGET_PER_SECOND = 100_000;

/** Of the load, before it is measured: the just-in-time compiler has to have seen the code. */
const WARM_UP_SHARE = 1 / 6;

/**
 * Reports that are in the journal before their call returns: one by one, and in batches. The aggregator
 * runs in a process of its own; the load comes from bare HTTP/2, because a full gRPC client costs more
 * than the server and shares its two cores.
 */
export async function benchIntake(folder: string): Promise<BenchRow[]> {
  return [
    await measure(
      join(folder, 'singles.db'),
      `single SubmitReport calls, ${SINGLES_IN_FLIGHT} in flight, on disk when acknowledged`,
      1,
      singles,
    ),
    await measure(
      join(folder, 'batches.db'),
      `SubmitBatch calls of ${BATCH_LENGTH} reports, ${BATCHES_IN_FLIGHT} in flight, on disk when acknowledged`,
      BATCH_LENGTH,
      batches,
    ),
  ];
}

async function measure(
  databaseFile: string,
  name: string,
  reportsPerCall: number,
  makeLoad: (port: number, handle: number) => Load,
): Promise<BenchRow> {
  const program = fileURLToPath(new URL('./intake-server.js', import.meta.url));
  const server = spawn(process.execPath, [program, databaseFile], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: server.stdout });
    const [port] = (await once(lines, 'line')) as [string];
    const client = new HealthClient({ target: `127.0.0.1:${port}` });
    const handle = await client.register({ module: 'bench', observer: 'peer@1' });
    client.close();
    const whole = makeLoad(Number(port), handle);
    const first = Math.floor(whole.calls * WARM_UP_SHARE);
    await sendCalls({ ...whole, calls: first });
    const calls = whole.calls - first;
    const { seconds, latencies } = await sendCalls({
      ...whole,
      calls,
      request: (index) => whole.request(first + index),
    });
    server.stdin.end();
    const [usage] = (await once(lines, 'line')) as [string];
    const sorted = [...latencies].sort((a, b) => a - b);
    const percentile = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
    const perSecond = (calls * reportsPerCall) / seconds;
    return {
      name,
      result: `${Math.round(perSecond).toLocaleString('en')} reports per second`,
      ratio: `${(perSecond / ORIGINAL_PER_SECOND).toFixed(1)} times the original`,
      ...(reportsPerCall > 1 ? { target: atLeast(perSecond, TARGET_PER_SECOND, 'per second') } : {}),
      detail: `p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms; ${usage}`,
    };
  } finally {
    server.kill();
  }
}

function singles(port: number, handle: number): Load {
  return {
    port,
    path: '/idl.HealthService/SubmitReport',
    calls: SINGLES * (1 + WARM_UP_SHARE),
    inFlight: SINGLES_IN_FLIGHT,
    request: (index) =>
      SubmitReportRequest.encode({
        handle,
        report: {
          observer: 'peer@1',
          subject: `peer@${index % 100}`,
          observation: {
            ts: { seconds: 1_700_000_000 + index, nanos: 0 },
            metrics: { Bench: { name: 'Bench', value: { status: WireStatus.HEALTHY, score: 90 } } },
          },
        },
      }).finish(),
    reply: SubmitReportReply.encode({ result: SubmitReportReply_Status.ACCEPTED }).finish(),
  };
}

/** Encoded beforehand, so that the load does not take the server's time. */
function batches(port: number): Load {
  const encoded = Array.from({ length: BATCHES }, (_, batch) =>
    SubmitBatchRequest.encode(
      batchToWire({
        agent: 'agent@bench',
        module: 'bench',
        entries: Array.from({ length: BATCH_LENGTH }, (__, place) =>
          batchEntry(batch * BATCH_LENGTH + place),
        ),
      }),
    ).finish(),
  );
  return {
    port,
    path: '/hview.v1.Aggregator/SubmitBatch',
    calls: BATCHES,
    inFlight: BATCHES_IN_FLIGHT,
    request: (index) => encoded[index] ?? new Uint8Array(),
    reply: SubmitBatchReply.encode({ accepted: BATCH_LENGTH, duplicates: 0, refused: [] }).finish(),
  };
}

function batchEntry(index: number) {
  return {
    // As long as those of the agent.
    id: `observation-${String(index).padStart(10, '0')}`,
    report: {
      observer: `peer@${index % 10}`,
      subject: `peer@${index % 100}`,
      observation: {
        time: { seconds: 1_700_000_000 + index, nanos: 123_000_000 },
        metrics: [{ name: 'Bench', status: Status.HEALTHY, score: 90 }],
      },
    },
    provenance: null,
  };
}
