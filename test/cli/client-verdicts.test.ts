import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { HealthClient } from '../../protocol/health-client.js';
import type { RunningHealthServer } from '../../protocol/health-server.js';
import { startHealthServer } from '../../protocol/health-server.js';
import type { HealthHandlers } from '../../protocol/health-service.js';
import { systemClock } from '../../runtime/clock.js';
import { startServer } from '../support/started-server.js';
import { endCommands, runCommandLine, startCommandLine } from '../support/spawn-command.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

afterAll(endCommands);

describe('questions about verdicts', () => {
  let address: string;
  beforeAll(async () => {
    ({ address } = await startServer());
    await ask('report', 'peer@10', 'Link:u:20', 'Disk:h:90');
    await ask('report', 'peer@2', 'Link:h:80');
  });

  function ask(...words: string[]): ReturnType<typeof runCommandLine> {
    return runCommandLine('hview-client', ['-server', address, ...words]);
  }

  it('why: says what, since when, by whom, and that it is not known where it comes from', async () => {
    const { code, stdout } = await ask('why', 'peer@10');
    expect(code).toBe(0);
    const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
    expect(stdout).toMatch(
      new RegExp(
        `^peer@10 has been UNHEALTHY for \\d+ s, since ${time} UTC\\.
In Link; client says so\\. Last spoken of \\d+ s ago\\. Votes are counted by: weighted\\.

Link  UNHEALTHY, score 20\\.0, for \\d+ s
  client  UNHEALTHY         20\\.0  weight 1\\.00  ${time}
    \\(where this comes from is not known\\)

Disk  HEALTHY, score 90\\.0, for \\d+ s
  client  HEALTHY           90\\.0  weight 1\\.00  ${time}

Lately, the newest first:
  ${time} UTC  NA → UNHEALTHY  Link  \\(client\\)
$`,
      ),
    );
  });

  it('why -json: the same for programs, wherever the option stands', async () => {
    const [behind, before] = await Promise.all([
      ask('why', 'peer@10', '--json'),
      ask('why', '-json', 'peer@10'),
    ]);
    expect(before.stdout).toBe(behind.stdout);
    expect(JSON.parse(behind.stdout)).toMatchObject({
      subject: 'peer@10',
      status: 'UNHEALTHY',
      verdicts: [
        { name: 'Link', votes: [{ observer: 'client', weight: 1, evidence: null }] },
        { name: 'Disk' },
      ],
      history: [{ before: 'NA', after: 'UNHEALTHY' }],
    });
  });

  it('top: without a terminal a table, once, the worst first', async () => {
    const { code, stdout } = await ask('top');
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\d+ s\b/g, 'N s').replaceAll(/ +/g, ' ')).toBe(
      '1 UNHEALTHY, 1 HEALTHY\n\nSUBJECT STATUS SCORE FOR IN, AND WHO SAYS SO\n' +
        'peer@10 UNHEALTHY 20.0 N s Link (client)\npeer@2 HEALTHY 80.0 N s\n',
    );
  });

  it('watch: a line for each change of those that it names, until a signal', async () => {
    const watch = startCommandLine('hview-client', ['-server', address, 'watch', 'peer@3']);
    // One that came before the watch began is not told; so it is said until it is.
    for (let round = 0; !watch.stdout.includes('UNHEALTHY → HEALTHY'); round += 1) {
      await ask('report', 'peer@3', round % 2 === 0 ? 'Link:u:20' : 'Link:h:90');
      await ask('report', 'peer@4', round % 2 === 0 ? 'Link:u:20' : 'Link:h:90');
    }
    watch.kill('SIGTERM');
    const { code, stdout, stderr } = await watch.exited;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\S+ \S+ UTC {2}peer@3 {2}UNHEALTHY → HEALTHY {2}Link {2}\(client\)$/m);
    expect(stdout).not.toContain('peer@4');
  });

  it('are commands of a session, too', async () => {
    const { code, stdout, stderr } = await runCommandLine('hview-client', ['-server', address], {
      stdin: 'why peer@10\ntop\nwhy\nwhy peer@10 -loud\n',
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^> peer@10 has been UNHEALTHY [^]*\n> \d UNHEALTHY, [^]*\n> > > \n$/);
    expect(stderr).toBe(
      'why needs one subject\nFor example: why peer@1\nwhy has no option -loud\nIt has -all, -json.\n',
    );
  });

  it.each([
    [['why', 'nobody'], 'hview-client: nothing was said of nobody\n'],
    [['why'], 'hview-client: why needs one subject\n'],
    [['why', 'a', 'b'], 'hview-client: why needs one subject\n'],
    [['top', '-json'], 'hview-client: top has no option -json\n'],
    [['watch', '--loud'], 'hview-client: watch has no option -loud\n'],
  ])('%j ends with 1 and says why', async (words, message) => {
    const { code, stdout, stderr } = await ask(...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.startsWith(message)).toBe(true);
  });
});

describe('an aggregator that tells no reasons', () => {
  let server: RunningHealthServer;
  beforeEach(async () => {
    const handlers: Partial<HealthHandlers> = { getId: () => Promise.resolve({ id: 'old', address: '' }) };
    server = await startHealthServer({
      address: { host: '127.0.0.1', port: 0 },
      handlers: new Proxy({} as HealthHandlers, {
        get: (_, name) =>
          handlers[name as keyof HealthHandlers] ?? (() => Promise.reject(new Error('not asked'))),
      }),
      clock: systemClock,
    });
  });
  afterEach(() => server.stop(500));

  it.each([['why', 'peer@1'], ['watch'], ['top']])('%s is told plainly', async (...words) => {
    const target = `127.0.0.1:${server.address.port}`;
    const client = new HealthClient({ target });
    expect((await client.getId()).id).toBe('old');
    client.close();
    const { code, stdout, stderr } = await runCommandLine('hview-client', ['-server', target, ...words]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^hview-client: ${target} tells no reasons for its verdicts: it does not know \\w+\nIt is the original or an older release\\. It can be asked: get inference SUBJECT, get panorama SUBJECT\\.\n$`,
      ),
    );
  });
});
