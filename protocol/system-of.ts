/** By the part of a subject's name before the @; what stands here is what comes with hview. */
const SYSTEMS: Readonly<Record<string, string>> = {
  peer: 'ZooKeeper',
  nn: 'HDFS',
  dn: 'HDFS',
  jn: 'HDFS',
  snn: 'HDFS',
  zkfc: 'HDFS',
  balancer: 'HDFS',
  cassandra: 'Cassandra',
  redis: 'Redis',
};

/** Which system a subject belongs to; of an unknown one, the part before the @. */
export function systemOf(subject: string): string {
  const at = subject.indexOf('@');
  const kind = at === -1 ? '' : subject.slice(0, at);
  if (kind === '') return 'other';
  return Object.hasOwn(SYSTEMS, kind) ? (SYSTEMS[kind] ?? kind) : kind;
}
