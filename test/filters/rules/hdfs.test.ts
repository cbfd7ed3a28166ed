import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Origin } from '../../../agent/finding.js';
import { observe } from '../../../agent/observe.js';
import { RecordReader } from '../../../agent/record-reader.js';
import { LineSplitter } from '../../../agent/tail/line-splitter.js';
import { compileRuleSet } from '../../../filters/compile.js';
import { runExamples, type ExampleFinding } from '../../../filters/examples.js';
import { LiteralScanner } from '../../../filters/literal-scanner.js';
import { loadRuleSet } from '../../../filters/load-rule-set.js';
import type { LogPlugin, LogRecord } from '../../../plugins/log-plugin.js';
import { hdfsFactory } from '../../../plugins/hdfs/hdfs-plugin.js';
import { Status } from '../../../protocol/model.js';
import { systemClock } from '../../../runtime/clock.js';
import { packageFile } from '../../../runtime/package-root.js';

const path = packageFile('filters', 'rules', 'hdfs.json');
const ruleSet = loadRuleSet(readFileSync(path, 'utf8'), path);
const matcher = compileRuleSet(ruleSet);
const plugin = examplePlugin();

function examplePlugin(): LogPlugin {
  const created = hdfsFactory.createForExamples?.();
  if (created === undefined) throw new Error('the plugin cannot run examples');
  return created;
}

const literals = matcher.literals(plugin.verbatimFields);
const scanner = literals === null ? null : new LiteralScanner([...literals, ...plugin.memoryLiterals]);

/** Through the agent's own reader, so that its skipping of lines and its joining of traces take part. */
function replay(lines: readonly string[]): ExampleFinding[] {
  const stream = plugin.openStream();
  const findings: ExampleFinding[] = [];
  const onRecord = (record: LogRecord, origin: Origin) => {
    const observed = observe(record, origin, matcher, stream);
    if (observed.kind !== 'finding') return;
    const { rule, subject, context, status, score } = observed.finding;
    findings.push({ rule: rule.id, subject, context, status, score });
  };
  const reader = new RecordReader({
    rules: () => ({ scanner, matcher }),
    stream,
    text: 'example',
    startOffset: 0,
    onRecord,
    onDrop: () => undefined,
    counts: { lines: 0, candidates: 0, records: 0, continuations: 0 },
  });
  const log = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  for (const region of new LineSplitter().push(log, 0)) reader.push(region);
  reader.flush();
  return findings;
}

describe('the rule set for HDFS', () => {
  it('loads without a warning and drops subjects that the cluster does not know', () => {
    expect(ruleSet.warnings).toEqual([]);
    expect(ruleSet.knownSubjectsOnly).toBe(true);
    expect(ruleSet.plugin).toBe('hdfs');
  });

  it('does in each of its examples what the example says', () => {
    const { failures } = runExamples(ruleSet, replay);
    expect(
      failures.map(({ entry, exampleNumber, message }) => `${entry.id} ${exampleNumber}: ${message}`),
    ).toEqual([]);
  });

  it('has for each entry an example that fires, one that does not, a reason and the versions', () => {
    const { withoutPositive, withoutNegative } = runExamples(ruleSet, replay);
    expect([...withoutPositive, ...withoutNegative].map(({ id }) => id)).toEqual([]);
    const speechless = ruleSet.entries.filter(({ why, versions }) => !/\.$/.test(why) || versions === '');
    expect(speechless.map(({ id }) => id)).toEqual([]);
  });

  it('ends every finding that is not good: by a newer word in its context, a withdrawal, or an expiry', () => {
    const contextsThatEnd = new Set(
      ruleSet.entries.flatMap(({ classifier }) => [
        ...(classifier.withdraws?.contexts ?? []),
        ...(classifier.status === Status.HEALTHY ? [classifier.context] : []),
      ]),
    );
    const endless = ruleSet.entries.filter(
      ({ classifier }) =>
        classifier.status > Status.HEALTHY &&
        classifier.expiresMs === null &&
        !contextsThatEnd.has(classifier.context),
    );
    expect(endless.map(({ id }) => id)).toEqual([]);
  });

  it('withdraws at the start of a daemon whatever it said before, in every context there is', () => {
    const start = ruleSet.entries.find(({ id }) => id === 'process-starting');
    const contexts = new Set(ruleSet.entries.map(({ classifier }) => classifier.context));
    expect(new Set(start?.classifier.withdraws?.contexts)).toEqual(contexts);
    expect(start?.classifier.withdraws?.subjects).toBe('all');
  });

  it('lets a weaker finding never take the place of a stronger one of its context', () => {
    const statuses = new Map<string, Set<number>>();
    for (const { classifier } of ruleSet.entries) {
      if (classifier.status < Status.MAYBE_UNHEALTHY) continue;
      statuses.set(
        classifier.context,
        (statuses.get(classifier.context) ?? new Set()).add(classifier.status),
      );
    }
    const mixed = [...statuses].filter(([, kinds]) => kinds.size > 1).map(([context]) => context);
    // In these the lines can only come in the order in which they get worse.
    expect(mixed.sort()).toEqual(['DiskError', 'Fencing', 'Process']);
  });

  it('can be looked for by literal text, so that other lines cost next to nothing', () => {
    expect(literals?.filter((literal) => literal.length < 6)).toEqual([]);
  });
});

/** Every entry as a rule set of its own. */
const alone = ruleSet.entries.map((entry) => ({
  entry,
  matcher: compileRuleSet({ ...ruleSet, entries: [entry] }),
}));

/** The fields of the last record that the lines make, with what follows it as its detail. */
function fieldsOf(lines: readonly string[]): Record<string, string> {
  const stream = plugin.openStream();
  let fields: Record<string, string> = {};
  for (const line of lines) {
    const parsed = stream.parse(line);
    if (parsed.kind === 'record') fields = { ...parsed.record.fields, detail: '' };
    else fields['detail'] = fields['detail'] === '' ? line : `${fields['detail'] ?? ''}\n${line}`;
  }
  return fields;
}

describe('the entries among each other', () => {
  const examples = ruleSet.entries.flatMap((entry) =>
    entry.examples.filter(({ expect }) => expect !== null).map(({ lines }) => ({ entry, lines })),
  );
  const headOf = ({ chain }: { chain: readonly object[] }) => JSON.stringify(chain[0]);

  it('do not claim one line in different words', () => {
    const claims = examples.flatMap(({ entry, lines }) => {
      const fields = fieldsOf(lines);
      return alone
        .filter((other) => other.entry !== entry && other.matcher.match(fields) !== null)
        .filter((other) => headOf(other.entry) !== headOf(entry))
        .map((other) => `${entry.id} and ${other.entry.id}`);
    });
    expect(claims).toEqual([]);
  });

  it('take time in proportion to the length of a line, whatever it holds', () => {
    const fillers = [' ', 'a', '1', '.', '/', '[', ', ', ':', 'BP-1 ', '10.0.0.1:9866, '];
    let slowest = { id: '', ms: 0 };
    for (const { entry, lines } of examples) {
      const single = alone.find((other) => other.entry === entry);
      const fields = fieldsOf(lines);
      const content = fields['content'] ?? '';
      for (const filler of [...fillers, content]) {
        for (const cut of [0.3, 0.6, 0.9, 1]) {
          const start = content.slice(0, Math.floor(content.length * cut));
          const hostile = start + filler.repeat(100_000 / Math.max(1, filler.length));
          const begun = systemClock.monotonic();
          single?.matcher.match({ ...fields, content: hostile, detail: hostile });
          const ms = systemClock.monotonic() - begun;
          if (ms > slowest.ms) slowest = { id: entry.id, ms };
        }
      }
    }
    // A pattern that tries each start of a 100 kB line to its end takes many seconds.
    expect(slowest.ms < 250 ? '' : slowest).toBe('');
  }, 60_000);
});

describe('the noise of clients and of ordinary work', () => {
  const DATANODE = 'org.apache.hadoop.hdfs.server.datanode.DataNode: ';
  const BLOCK = 'BP-1685695734-10.0.0.1-1795402877933:blk_1073741825_1001';
  it.each([
    [
      `ERROR ${DATANODE}dn1:9866:DataXceiver error processing READ_BLOCK operation  src: /10.0.0.99:41152 dst: /10.0.0.11:9866`,
    ],
    [
      `INFO ${DATANODE}Likely the client has stopped reading, disconnecting it (dn1:9866:DataXceiver error processing READ_BLOCK operation  src: /10.0.0.12:41152 dst: /10.0.0.11:9866); java.net.SocketTimeoutException: 480000 millis timeout`,
    ],
    [
      `ERROR ${DATANODE}dn1:9866:DataXceiver error processing WRITE_BLOCK operation  src: /10.0.0.13:41152 dst: /10.0.0.11:9866`,
      'java.io.IOException: Premature EOF from inputStream',
    ],
    [`INFO ${DATANODE}Receiving ${BLOCK} src: /10.0.0.12:38624 dest: /10.0.0.11:9866`],
    [
      `INFO ${DATANODE}opWriteBlock ${BLOCK} received exception java.io.IOException: Premature EOF from inputStream`,
    ],
    [`INFO ${DATANODE}Exception for ${BLOCK}`, 'java.io.IOException: Premature EOF from inputStream'],
    [`INFO ${DATANODE}PacketResponder: ${BLOCK}, type=LAST_IN_PIPELINE: Thread is interrupted.`],
    [`WARN ${DATANODE}IOException in PacketResponder.run(): `, 'java.io.IOException: Broken pipe'],
    [`WARN ${DATANODE}A packet was last sent 11867ms ago. Maximum idle time: 9000ms.`],
    [`ERROR ${DATANODE}Command processor encountered interrupt and exit.`],
    [`INFO ${DATANODE}DatanodeCommand action : DNA_REGISTER from nn1/10.0.0.1:8020 with active state`],
    [
      `INFO ${DATANODE}Namenode Block pool BP-1-10.0.0.1-1 (Datanode Uuid u) service to nn1/10.0.0.1:8020 relinquishing ACTIVE state with txid=151`,
    ],
    [
      `WARN org.apache.hadoop.util.NativeCodeLoader: Unable to load native-hadoop library for your platform... using builtin-java classes where applicable`,
    ],
    [
      `WARN org.apache.hadoop.hdfs.server.common.Storage: Storage directory /mnt/journal/hview does not exist`,
    ],
    [
      `WARN org.apache.hadoop.hdfs.server.datanode.fsdataset.impl.FsDatasetImpl: dfsUsed file missing in /mnt/data1/current/BP-1-10.0.0.1-1/current, will proceed with Du for space computation calculation, `,
    ],
    [
      `WARN org.apache.hadoop.hdfs.server.namenode.ha.EditLogTailer: Edit log tailer interrupted: sleep interrupted`,
    ],
    [
      `WARN org.apache.hadoop.ha.ActiveStandbyElector: Ignoring stale result from old client with sessionId 0x10000e37cc30001`,
    ],
    [`INFO org.apache.hadoop.hdfs.StateChange: STATE* Safe mode is already OFF`],
    [`INFO org.apache.hadoop.net.NetworkTopology: Removing a node: /default-rack/10.0.0.13:9866`],
    [
      `INFO org.apache.hadoop.hdfs.server.blockmanagement.DatanodeAdminManager: Starting decommission of 10.0.0.13:9866 [DISK]DS-2ecff86a-6859-4cce-bebe-87b7a2695dbb:NORMAL:10.0.0.13:9866 with 19 blocks`,
    ],
    [
      `INFO org.apache.hadoop.ipc.Server: IPC Server handler 3 on default port 8020, call Call#3 Retry#0 org.apache.hadoop.hdfs.protocol.ClientProtocol.getFileInfo from 10.0.0.99:41152: org.apache.hadoop.ipc.StandbyException: Operation category READ is not supported in state standby`,
    ],
    [`INFO org.apache.hadoop.util.ExitUtil: Exiting with status 0`],
  ])('gives no finding: %s', (...lines) => {
    const [first = '', ...more] = lines;
    expect(replay([`2026-01-15 10:20:30,123 ${first}`, ...more])).toEqual([]);
  });

  it('says nothing against others while the DataNode itself is told to end', () => {
    const found = replay([
      `2026-01-15 10:20:30,123 ERROR ${DATANODE}RECEIVED SIGNAL 15: SIGTERM`,
      `2026-01-15 10:20:30,124 INFO ${DATANODE}DatanodeRegistration(10.0.0.11:9866, datanodeUuid=1fb324b0-75af-473a-baf1-11d306366867, infoPort=9864):Exception writing ${BLOCK} to mirror 10.0.0.13:9866`,
      `2026-01-15 10:20:30,125 WARN ${DATANODE}Ending block pool service for: Block pool BP-1-10.0.0.1-1 (Datanode Uuid u) service to nn1/10.0.0.1:8020`,
      `2026-01-15 10:20:30,126 WARN ${DATANODE}IOException in offerService`,
      'java.io.IOException: Call From dn1/10.0.0.11 to nn1:8020 failed on local exception: java.io.IOException',
    ]);
    expect(found.map(({ rule }) => rule)).toEqual(['process-stopping']);
  });
});
