import { HviewError } from '../../runtime/errors.js';

/** What an aggregator that knows idl only answers to every method of hview.v1.Peering. */
export function refusePeering(): Promise<never> {
  return Promise.reject(new HviewError('UNSUPPORTED', 'pano1:1 does not know Greet'));
}
