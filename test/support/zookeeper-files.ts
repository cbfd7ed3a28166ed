import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small ensemble of two servers, three rules, and a log of server 1 with one line for each. */
export const ZOO_CFG = `# two servers
tickTime=2000
dataDir=/nonexistent
server.1=10.0.0.1:2888:3888
server.2=10.0.0.2:2888:3888
`;

export const LOG = [
  '2017-05-26 17:26:04,986 [myid:1] - INFO  [localhost/127.0.0.1:3888:QuorumCnxManager$Listener@746] - Received connection request /10.0.0.2:43446',
  '2017-05-26 17:26:05,101 [myid:1] - INFO  [main:QuorumPeerConfig@103] - Reading configuration from: zoo.cfg',
  '2017-05-26 17:26:05,986 [myid:1] - WARN  [SyncThread:1:FileTxnLog@338] - fsync took 1500ms',
  '2017-05-26 17:26:06,986 [myid:1] - WARN  [RecvWorker:2:QuorumCnxManager$RecvWorker@780] - Connection broken for id 2',
  '',
].join('\n');

const CONNECTED = {
  Chain: [
    {
      Field: 'content',
      Operator: '~',
      Pattern: 'Received connection request /(?P<host>[^:]+):',
      CaptureResult: true,
    },
  ],
  Classifier: { Context: 'QuorumListener', Subject: '<content_host>', Status: 'healthy', Score: '90' },
};
const SLOW = {
  Chain: [
    { Field: 'tag_context', Operator: '==', Pattern: 'SyncThread', CaptureResult: false },
    { Field: 'content', Operator: '~', Pattern: 'took \\d+ms', CaptureResult: false },
  ],
  Classifier: { Status: 'unhealthy', Score: '20' },
};
const BROKEN = {
  Chain: [{ Field: 'tag_context', Operator: '==', Pattern: 'RecvWorker', CaptureResult: false }],
  Classifier: { Status: 'maybe_unhealthy', Score: '50' },
};

/** The rules as a file's text. */
export const FILTER = JSON.stringify({ FilterTree: [CONNECTED, SLOW, BROKEN] }, null, 2);

/** The plugin's part of a command line over these files. */
export const PLUGIN_WORDS = ['zookeeper', '--ensemble', 'zoo.cfg', '--filter', 'zoo_filter.json'] as const;

/** A new folder with zoo.cfg, zoo_filter.json and zookeeper.out in it. */
export function makeZooKeeperFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hview-cli-'));
  writeFileSync(join(folder, 'zoo.cfg'), ZOO_CFG);
  writeFileSync(join(folder, 'zoo_filter.json'), FILTER);
  writeFileSync(join(folder, 'zookeeper.out'), LOG);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** A record of server 1 as ZooKeeper 3.4 to 3.9 writes it; `timeMs`: since 1970 UTC, the log being in UTC. */
export function logLine(timeMs: number, level: string, tag: string, content: string): string {
  const time = new Date(timeMs).toISOString().replace('T', ' ').replace('.', ',').replace('Z', '');
  return `${time} [myid:1] - ${level}  [${tag}] - ${content}\n`;
}
