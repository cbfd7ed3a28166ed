import { timestampFromMillis } from '../../protocol/model.js';
import { formatGoTime } from '../text-format.js';
import type { ClientCommand } from './command.js';

export const ping: ClientCommand = {
  word: 'ping',
  usage: 'ping',
  summary: 'whether the aggregator answers, and its time',
  run: async ({ service, clock, observer, print }) => {
    const answer = await service.ping(
      { id: observer, address: 'localhost' },
      timestampFromMillis(clock.now()),
    );
    print(`ping reply at time ${formatGoTime(answer.time)}\n`);
  },
};
