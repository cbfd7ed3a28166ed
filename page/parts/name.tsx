import type { JSX } from 'preact';
import { visible } from '../text/visible-text.js';

/** Names differ most at their end: of one that is too long the middle gives way, and this much remains. */
const TAIL_LENGTH = 9;

/** A name of unknown origin: isolated, so that its direction of writing stays its own. */
export function Name({ of }: { readonly of: string }): JSX.Element {
  const text = visible(of);
  const characters = Array.from(text);
  const cut = Math.max(0, characters.length - TAIL_LENGTH);
  return (
    <bdi class="name" title={text}>
      <span class="unseen whole">{text}</span>
      <span class="name-head" aria-hidden={true}>
        {characters.slice(0, cut).join('')}
      </span>
      <span class="name-tail" aria-hidden={true}>
        {characters.slice(cut).join('')}
      </span>
    </bdi>
  );
}
