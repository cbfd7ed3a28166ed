import type { JSX } from 'preact';
import { visible } from '../text/visible-text.js';

/** A name of unknown origin: isolated, so that its direction of writing stays its own. */
export function Name({ of }: { readonly of: string }): JSX.Element {
  const text = visible(of);
  return (
    <bdi class="name" title={text}>
      {text}
    </bdi>
  );
}
