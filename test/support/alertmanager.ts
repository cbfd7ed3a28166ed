import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './aggregators.js';
import { freePort } from './free-port.js';
import { installed } from './installed.js';

/** An alert as Alertmanager's API shows it. */
export interface ShownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly status: { readonly state: string };
}

export interface ShownGroup {
  readonly labels: Readonly<Record<string, string>>;
  readonly alerts: readonly ShownAlert[];
}

/** A real Prometheus Alertmanager on loopback, alone, with files of its own. */
export class RunningAlertmanager {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** `config`: the text of its configuration file. */
  static async start(config: string): Promise<RunningAlertmanager> {
    const folder = mkdtempSync(join(tmpdir(), 'hview-alertmanager-'));
    const file = join(folder, 'alertmanager.yml');
    writeFileSync(file, config);
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      installed('prometheus-alertmanager') ?? '',
      [
        ...[`--config.file=${file}`, `--storage.path=${join(folder, 'data')}`, '--log.level=error'],
        ...[`--web.listen-address=${address}`, '--cluster.listen-address='],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const running = new RunningAlertmanager(`http://${address}`, child, folder);
    await eventually(
      () => running.#get('/-/ready'),
      () => true,
    );
    return running;
  }

  /** Those that stand; the API leaves out what is over. */
  async alerts(): Promise<readonly ShownAlert[]> {
    return JSON.parse(await this.#get('/api/v2/alerts')) as ShownAlert[];
  }

  async groups(): Promise<readonly ShownGroup[]> {
    return JSON.parse(await this.#get('/api/v2/alerts/groups')) as ShownGroup[];
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #get(path: string): Promise<string> {
    // It tells of nothing by itself: who asks again and again leaves it some time.
    await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      const answer = await fetch(this.url + path);
      if (answer.ok) return await answer.text();
    } catch {
      // It is about to start.
    }
    throw new Error(`${this.url}${path} does not answer`);
  }
}
