import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { HealthClient } from '../../protocol/health-client.js';
import { Status } from '../../protocol/generated/idl/health.js';
import { SubmitReportRequest } from '../../protocol/generated/idl/service.js';
import type { LoadResult } from './frame-client.js';
import { sendCalls } from './frame-client.js';
import type { BenchRow } from './table.js';

const REPORTS = 60_000;
const IN_FLIGHT = 64;

/**
 * Single SubmitReport calls, 64 in flight, every report in the journal before its call returns. The
 * aggregator runs in a process of its own; the load comes from bare HTTP/2, because a full gRPC client
 * costs more than the server and shares its two cores.
 */
export async function benchIntake(folder: string): Promise<BenchRow[]> {
  const server = spawn(
    process.execPath,
    [fileURLToPath(new URL('./intake-server.js', import.meta.url)), join(folder, 'intake.db')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  try {
    const lines = createInterface({ input: server.stdout });
    const [port] = (await once(lines, 'line')) as [string];
    const client = new HealthClient({ target: `127.0.0.1:${port}` });
    const handle = await client.register({ module: 'bench', observer: 'peer@1' });
    client.close();
    await load(Number(port), handle, REPORTS / 6);
    const { seconds, latencies } = await load(Number(port), handle, REPORTS);
    server.stdin.end();
    const [usage] = (await once(lines, 'line')) as [string];
    const sorted = [...latencies].sort((a, b) => a - b);
    const percentile = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
    return [
      {
        name: 'single SubmitReport calls, 64 in flight, on disk when acknowledged',
        result: `${Math.round(REPORTS / seconds)} reports per second`,
        detail: `p50 ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms; ${usage}`,
      },
    ];
  } finally {
    server.kill();
  }
}

function load(port: number, handle: number, messages: number): Promise<LoadResult> {
  return sendCalls({
    port,
    path: '/idl.HealthService/SubmitReport',
    messages,
    inFlight: IN_FLIGHT,
    message: (index) =>
      SubmitReportRequest.encode({
        handle,
        report: {
          observer: 'peer@1',
          subject: `peer@${index % 100}`,
          observation: {
            ts: { seconds: 1_700_000_000 + index, nanos: 0 },
            metrics: { Bench: { name: 'Bench', value: { status: Status.HEALTHY, score: 90 } } },
          },
        },
      }).finish(),
  });
}
