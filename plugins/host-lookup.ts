import { lookup } from 'node:dns/promises';
import type { Clock } from '../runtime/clock.js';
import { systemClock } from '../runtime/clock.js';

/** The addresses of a host name. Rejects when there are none, or no name server answers in time. */
export type HostLookup = (host: string) => Promise<readonly string[]>;

/** A name server that is away must not hold up the start of an agent, milliseconds. */
const LIMIT_MS = 5000;

/** The system's resolver holds one of the four threads with which Node also reads files, for as long as it waits. */
const AT_ONCE = 2;

async function askSystem(host: string): Promise<readonly string[]> {
  const addresses = await lookup(host, { all: true });
  return addresses.map(({ address }) => address);
}

/** Asks for two names at a time at most, and gives up on each after 5 s, the wait for its turn included. */
export function boundedLookup(ask: HostLookup, clock: Clock): HostLookup {
  const waiting: (() => void)[] = [];
  let free = AT_ONCE;
  return (host) =>
    new Promise((resolve, reject) => {
      let isOver = false;
      const limit = clock.after(
        LIMIT_MS,
        () => {
          isOver = true;
          reject(new Error(`no answer within ${LIMIT_MS / 1000} s`));
        },
        { unref: true },
      );
      const begin = (): void => {
        // Nobody waits for it any more: on to the next.
        if (isOver) {
          waiting.shift()?.();
          return;
        }
        free -= 1;
        ask(host)
          .then(resolve, reject)
          .finally(() => {
            limit.cancel();
            free += 1;
            waiting.shift()?.();
          });
      };
      if (free > 0) begin();
      else waiting.push(begin);
    });
}

/** What the machine's own configuration (hosts file, name servers) says. */
export const systemLookup: HostLookup = boundedLookup(askSystem, systemClock);
