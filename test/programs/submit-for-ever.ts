/** Submits reports to an aggregator with the journal named on the command line, and prints each acknowledged subject. */
import { writeSync } from 'node:fs';
import { runAggregator } from '../support/aggregators.js';
import { report } from '../support/observations.js';

const { client } = await runAggregator({ databaseFile: process.argv[2] ?? '' });
const handle = await client.register({ module: 'test', observer: 'peer@1' });
let sent = 0;
const submit = async (): Promise<never> => {
  for (;;) {
    const subject = `s${(sent += 1)}`;
    await client.submitReport(handle, report({ subject }));
    writeSync(1, `${subject}\n`);
  }
};
await Promise.all(Array.from({ length: 16 }, submit));
