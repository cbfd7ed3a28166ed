import { describe, expect, it } from '@jest/globals';
import { patternOf } from '../../../filters/pattern/pattern.js';
import { cassandraFactory } from '../../../plugins/cassandra/cassandra-plugin.js';
import { Status } from '../../../protocol/model.js';
import { bundledRules } from '../../support/bundled-rules.js';

const { ruleSet, replay } = bundledRules(cassandraFactory);

const TIME = '2026-01-15 10:20:30,123';

describe('the rule set for Cassandra', () => {
  it('ends whatever it says of another node when that node has restarted or left, in the same words', () => {
    const aboutOthers = ruleSet.entries.filter(({ classifier }) => classifier.subject.kind === 'result');
    // What a node said while it started ends by itself.
    const contexts = new Set(aboutOthers.map(({ classifier }) => classifier.context));
    contexts.delete('StartConnections');
    for (const id of ['peer-restarted', 'peer-shut-down', 'peer-removed', 'peer-left-ring']) {
      const entry = ruleSet.entries.find((candidate) => candidate.id === id);
      const ended = new Set([entry?.classifier.context, ...(entry?.classifier.withdraws?.contexts ?? [])]);
      expect([...contexts].filter((context) => !ended.has(context))).toEqual([]);
      expect(entry?.classifier.withdraws?.subjects).toBe('same');
    }
  });

  it('lets no node speak in one context of itself and, in other entries, of others', () => {
    const kinds = new Map<string, Set<string>>();
    for (const { classifier } of ruleSet.entries) {
      if (classifier.context === 'StartConnections') continue;
      const seen = kinds.get(classifier.context) ?? new Set();
      kinds.set(classifier.context, seen.add(classifier.subject.kind));
    }
    expect([...kinds].filter(([, seen]) => seen.size > 1).map(([context]) => context)).toEqual([]);
  });

  it('does not let one entry claim the example of another that it does not name', () => {
    const claims = ruleSet.entries.flatMap((entry) =>
      entry.examples
        .filter(({ expect: expected }) => expected !== null)
        .map(({ lines }) => ({ id: entry.id, others: replay(lines.slice(-1)).map(({ rule }) => rule) })),
    );
    const twice = claims.filter(({ others }) => others.length > 1);
    expect(twice).toEqual([]);
  });
});

describe('the patterns of the rule set', () => {
  const HOSTILE_LENGTH = 100_000;
  const fillers = [
    'a',
    ' ',
    '0',
    '-',
    '->',
    '/10.0.0.2:7000->',
    '/10.0.0.2:7000->/10.0.0.1:7000-SMALL_MESSAGES-',
    '[Stream #',
    'Endpoint ',
    ' failed with error ',
    'Failed .',
    '/1.',
    ': ',
  ];
  /** The starts of all examples, so that each pattern is led as far as it goes before it is disappointed. */
  const starts = ruleSet.entries.flatMap(({ examples }) =>
    examples.flatMap(({ lines }) => lines.slice(-1).map((line) => line.replace(/^.*?\.java:\d+ - /, ''))),
  );
  const patterns = [
    ...new Set(
      ruleSet.entries.flatMap(({ chain }) =>
        chain.filter(({ operator }) => operator === '~').map(({ pattern }) => pattern),
      ),
    ),
  ];

  it('begin where the message begins, or look for fixed words', () => {
    const loose = ruleSet.entries
      .flatMap(({ chain }) => chain.slice(0, 1))
      .filter(({ operator, pattern }) => operator === '~' && !pattern.startsWith('^'));
    expect(loose).toEqual([]);
  });

  it('take time in proportion to the length of a hostile line', () => {
    const slow: string[] = [];
    for (const pattern of patterns) {
      const { capturer } = patternOf(pattern);
      const start = starts.find((candidate) => sharesStart(pattern, candidate)) ?? '';
      for (const filler of fillers) {
        const body = filler.repeat(Math.ceil(HOSTILE_LENGTH / filler.length));
        const before = performance.now();
        capturer.test(start.slice(0, Math.ceil(start.length / 2)) + body);
        capturer.test(start + body);
        // A linear pattern needs about a millisecond for both, a quadratic one many seconds.
        if (performance.now() - before > 2000) slow.push(`${pattern} on ${start} and ${filler}...`);
      }
    }
    expect(slow).toEqual([]);
  });
});

/** Whether the pattern's first words stand at the start of the text. */
function sharesStart(pattern: string, start: string): boolean {
  const words = /^\^?(?:\(\?:)?([\w ]{3,12})/.exec(pattern)?.[1];
  return words === undefined || start.startsWith(words.slice(0, 3));
}

describe('the noise of clients, of ordinary work and of an orderly restart', () => {
  it.each([
    `INFO  [main] ${TIME} StorageService.java:700 - Node /10.0.0.1:7000 state jump to hibernate`,
    `INFO  [epollEventLoopGroup-5-2] ${TIME} Message.java:826 - Unexpected exception during request; channel = [id: 0x1, L:/10.0.0.1:9042 - R:/10.0.0.77:4711]`,
    `WARN  [epollEventLoopGroup-5-2] ${TIME} NoSpamLogger.java:95 - Protocol exception with client networking: org.apache.cassandra.transport.ProtocolException: Invalid or unsupported protocol version (65)`,
    `WARN  [main] ${TIME} StartupChecks.java:143 - jemalloc shared library could not be preloaded to speed up memory allocations`,
    `WARN  [main] ${TIME} StartupChecks.java:187 - JMX is not enabled to receive remote connections. Please see cassandra-env.sh for more info.`,
    `ERROR [main] ${TIME} StartupChecks.java:172 - cassandra.jmx.local.port missing from cassandra-env.sh, unable to start local JMX service.`,
    `WARN  [main] ${TIME} DatabaseDescriptor.java:579 - Only 39.184GiB free across all data volumes. Consider adding more capacity to your cluster or removing obsolete snapshots`,
    `WARN  [main] ${TIME} StartupChecks.java:332 - Directory /var/lib/cassandra/hints doesn't exist`,
    `WARN  [main] ${TIME} SystemKeyspace.java:1130 - No host ID found, created 3f9f5e40-6f0a-11ee-8c99-0242ac120002 (Note: This should happen exactly once per node).`,
    `INFO  [CompactionExecutor:4] ${TIME} CompactionTask.java:253 - Compacted (7c0e1d20-6f0a-11ee-8c99-0242ac120002) 4 sstables to [/var/lib/cassandra/data/ks/t-1/nb-5-big,] to level=0.`,
    `INFO  [CompactionExecutor:4] ${TIME} NoSpamLogger.java:105 - Maximum memory usage reached (512.000MiB) for chunk-cache buffer pool, cannot allocate chunk of 8.000MiB`,
    `INFO  [ScheduledTasks:1] ${TIME} NoSpamLogger.java:105 - Some operations were slow, details available at debug level (debug.log)`,
    `WARN  [ReadStage-2] ${TIME} ReadCommand.java:576 - Read 10 live rows and 5001 tombstone cells for query SELECT * FROM ks.t LIMIT 100; token 5 (see tombstone_warn_threshold)`,
    `WARN  [Native-Transport-Requests-1] ${TIME} BatchStatement.java:311 - Batch for [ks.t] is of size 7.5KiB, exceeding specified threshold of 5KiB by 2.5KiB.`,
    `ERROR [main] ${TIME} CommitLogReplayer.java:401 - Ignoring commit log replay error likely due to incomplete flush to disk`,
    `INFO  [HANDSHAKE-/10.0.0.2] ${TIME} OutboundTcpConnection.java:561 - Handshaking version with /10.0.0.2`,
    `INFO  [Messaging-EventLoop-3-3] ${TIME} OutboundConnection.java:1056 - /10.0.0.1:7000->/10.0.0.2:7000-SMALL_MESSAGES-0b3c2e1f channel closed by provider`,
    `WARN  [MigrationStage:1] ${TIME} NoSpamLogger.java:95 - Can't send schema pull request: node /10.0.0.2:7000 is down.`,
    `ERROR [Messaging-EventLoop-3-1] ${TIME} InboundConnectionInitiator.java:400 - Failed to properly handshake with peer /192.0.2.77:50112. Closing the channel.`,
    `INFO  [ScheduledTasks:1] ${TIME} StatusLogger.java:69 - MutationStage                        0         0         123456         0                 0`,
    `DEBUG [GossipTasks:1] ${TIME} Gossiper.java:448 - Convicting /10.0.0.2:7000 with status NORMAL - alive true`,
  ])('gives no finding: %s', (line) => {
    expect(replay([line])).toEqual([]);
  });

  it('holds an orderly restart of a neighbour for no more than it is', () => {
    const findings = replay([
      `INFO  [GossipStage:1] ${TIME} StorageService.java:2780 - Node /10.0.0.2:7000 state jump to shutdown`,
      `INFO  [GossipStage:1] ${TIME} Gossiper.java:1474 - InetAddress /10.0.0.2:7000 is now DOWN`,
      `INFO  [Messaging-EventLoop-3-1] ${TIME} NoSpamLogger.java:105 - /10.0.0.1:7000->/10.0.0.2:7000-URGENT_MESSAGES-[no-channel] failed to connect`,
      `WARN  [Messaging-EventLoop-3-1] ${TIME} NoSpamLogger.java:108 - /10.0.0.1:7000->/10.0.0.2:7000-SMALL_MESSAGES-[no-channel] dropping message of type MUTATION_REQ whose timeout expired before reaching the network`,
      `INFO  [GossipStage:1] ${TIME} Gossiper.java:1511 - Node /10.0.0.2:7000 has restarted, now UP`,
      `INFO  [GossipStage:1] ${TIME} Gossiper.java:1458 - InetAddress /10.0.0.2:7000 is now UP`,
      `INFO  [GossipStage:1] ${TIME} StorageService.java:2780 - Node /10.0.0.2:7000 state jump to NORMAL`,
    ]);
    expect(findings.map(({ rule }) => rule)).toEqual([
      'peer-shut-down',
      'peer-down-as-announced',
      'peer-restarted',
      'peer-up',
      'peer-ring-state',
    ]);
    expect(findings.filter(({ status }) => status >= Status.MAYBE_UNHEALTHY)).toEqual([]);
  });

  it('blames nobody while the node itself stops', () => {
    const findings = replay([
      `INFO  [StorageServiceShutdownHook] ${TIME} Gossiper.java:2260 - Announcing shutdown`,
      `INFO  [GossipStage:1] ${TIME} Gossiper.java:1474 - InetAddress /10.0.0.2:7000 is now DOWN`,
      `INFO  [Messaging-EventLoop-3-1] ${TIME} NoSpamLogger.java:105 - /10.0.0.1:7000->/10.0.0.3:7000-URGENT_MESSAGES-[no-channel] failed to connect`,
    ]);
    expect(findings.map(({ rule }) => rule)).toEqual(['node-stopping']);
  });
});
