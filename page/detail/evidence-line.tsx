import type { JSX } from 'preact';
import type { Evidence } from '../../protocol/verdict.js';
import { visible } from '../text/visible-text.js';

/** The log line as it stands in the file, where that is, and the rule that read it. */
export function EvidenceLine({
  evidence,
  isBrief,
}: {
  readonly evidence: Evidence;
  /** Only the line and the rule's name. */
  readonly isBrief: boolean;
}): JSX.Element {
  const { host, path, offset, line, rule, why, agent } = evidence;
  return (
    <figure class="evidence">
      <pre>
        <code>
          <bdi>{visible(line)}</bdi>
        </code>
      </pre>
      <figcaption>
        {!isBrief && why !== '' && <p class="why">{visible(why)}</p>}
        <p class="source">
          {rule !== '' && (
            <span title="The rule that read the line">
              rule <bdi class="rule">{visible(rule)}</bdi>
            </span>
          )}
          <span title={agent === '' ? undefined : `sent by ${visible(agent)}`}>
            <bdi>{visible(host)}</bdi>
          </span>
          <span class="path">
            <bdi>{visible(path)}</bdi>
            <span class="offset" title="Byte offset">
              :{offset}
            </span>
          </span>
        </p>
      </figcaption>
    </figure>
  );
}
