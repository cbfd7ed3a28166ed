import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { installed } from './installed.js';

/** A value of a query with its labels. */
export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>;
}

/** A Prometheus at work. */
export interface RunningPrometheus {
  /** What the query gives now; rejects with what Prometheus says against it. */
  query(expression: string): Promise<readonly QueryResult[]>;
  /** The same over the last minute, as a panel asks. */
  queryRange(expression: string): Promise<readonly QueryResult[]>;
  /** Values of a label in the series that match. */
  labelValues(label: string, match: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Starts one with the configuration in this file; what it stores goes beside it. */
export async function startPrometheus(folder: string, file: string): Promise<RunningPrometheus> {
  const own = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    installed('prometheus') ?? '',
    [`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`, `--web.listen-address=${own}`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`prometheus ended: ${text}`)));
    child.stderr.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.includes('ready to receive')) resolve();
    });
  });
  const ask = async (path: string, parts: Readonly<Record<string, string>>): Promise<unknown> => {
    const answer = await fetch(`http://${own}/api/v1/${path}?${new URLSearchParams(parts).toString()}`);
    const { status, error, data } = (await answer.json()) as Record<string, unknown>;
    if (status !== 'success') throw new Error(`${JSON.stringify(parts)}: ${String(error)}`);
    return data;
  };
  const seconds = (): number => Date.now() / 1000;
  return {
    query: async (query) => ((await ask('query', { query })) as { result: QueryResult[] }).result,
    queryRange: async (query) => {
      const times = { start: String(seconds() - 60), end: String(seconds()), step: '5' };
      return ((await ask('query_range', { query, ...times })) as { result: QueryResult[] }).result;
    },
    labelValues: async (label, match) =>
      (await ask(`label/${label}/values`, { 'match[]': match })) as string[],
    stop: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
