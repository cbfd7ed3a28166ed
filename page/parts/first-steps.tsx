import type { JSX } from 'preact';
import { visible } from '../text/visible-text.js';

/** What an aggregator shows that nobody reported to yet. */
export function FirstSteps({ address }: { readonly address: string }): JSX.Element {
  const server = visible(address);
  return (
    <div class="first-steps">
      <p class="lead">Nobody was observed yet.</p>
      <p class="note">Start an agent beside a node; what it reads in the log appears here at once.</p>
      <pre>
        <code>
          hview-logtail -server {server} \{'\n'}
          {'  '}-log /var/log/zookeeper/zookeeper.log \{'\n'}
          {'  '}zookeeper --ensemble /etc/zookeeper/conf/zoo.cfg
        </code>
      </pre>
      <p class="note">Or report something by hand:</p>
      <pre>
        <code>hview-client -server {server} report peer@1 disk:u:20</code>
      </pre>
    </div>
  );
}
