import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { endCommands, runCommandLine, startCommandLine } from '../support/spawn-command.js';
import { startServer } from '../support/started-server.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z';

let address: string;
beforeAll(async () => {
  ({ address } = await startServer());
});
afterAll(endCommands);

function ask(...words: string[]): ReturnType<typeof runCommandLine> {
  return runCommandLine('hview-client', ['-server', address, ...words]);
}

function session(...lines: string[]): ReturnType<typeof runCommandLine> {
  return runCommandLine('hview-client', ['-server', address], { stdin: `${lines.join('\n')}\n` });
}

/** A port of this machine that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('an interactive session', () => {
  it('reports as another observer and reads the report back', async () => {
    const { code, stdout, stderr } = await session(
      'me',
      'me peer@2',
      'me',
      'report peer@1 snapshot:u:30',
      'get report peer@1',
      'exit',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^> client\n> > peer@2\n> Accepted\n> observer:"peer@2" subject:"peer@1" observation:<ts:<seconds:\d+ (?:nanos:\d+ )?> metrics:<key:"snapshot" value:<name:"snapshot" value:<status:UNHEALTHY score:30 > > > >\n> \n$/,
    );
  });

  it('lists its commands', async () => {
    const { stdout } = await session('help', 'exit');
    expect(stdout).toBe(
      `> Command list:
\t me observer
\t report subject [<metric:status:score...>]
\t get [report|view|inference|panorama] [observer] subject${' '}
\t list [subject]
\t dump [inference|panorama]
\t tail seconds [get|dump]...
\t ping
\t why subject [-all] [-json]
\t watch [subject...] [-json]
\t top
\t help
\t exit

> ` + '\n',
    );
  });

  it('ends at the end of its input, too', async () => {
    expect(await runCommandLine('hview-client', ['-server', address], { stdin: '' })).toEqual({
      code: 0,
      stdout: '> \n',
      stderr: '',
    });
  });

  it('goes on after what went wrong', async () => {
    const { code, stdout, stderr } = await session(
      'lsit subject',
      'get report nobody',
      'report peer@1 snapshot:q:30',
      'list',
      '',
      'report peer@1 disk:dd:0',
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: '> > > > > > Accepted\n> \n' });
    expect(
      stderr.split('\n').filter((line) => !line.startsWith('Type') && !line.startsWith('Write')),
    ).toEqual([
      'bad command "lsit", try "help".',
      'No report for nobody',
      'invalid health metric snapshot:q:30',
      'list : nothing to list',
      '',
    ]);
  });

  it('ends with 0 when a signal comes while it waits for a command', async () => {
    const client = startCommandLine('hview-client', ['-server', address], { isInteractive: true });
    client.type('ping\n');
    await client.waitForOutput(/ping reply.*\n> /);
    client.kill('SIGTERM');
    expect((await client.exited).code).toBe(0);
  });
});

describe('a single command', () => {
  beforeAll(async () => {
    ({ address } = await startServer());
    const { code } = await session(
      'me peer@10',
      'report peer@10 RecvWorker:u:20 SyncThread:h:90.25',
      'me peer@9',
      'report peer@2 SendWorker:u:20',
      'report peer@10 RecvWorker:u:40',
    );
    expect(code).toBe(0);
  });

  it('lists the subjects in natural order', async () => {
    const { code, stdout } = await ask('list', 'subject');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^peer@2\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC\npeer@9\t.+ UTC\npeer@10\t.+ UTC\n$/,
    );
  });

  it('gets the panorama of a subject, view by view', async () => {
    const { code, stdout } = await ask('get', 'panorama', 'peer@10');
    expect(code).toBe(0);
    expect(stdout.replaceAll(new RegExp(TIME, 'g'), 'TIME')).toBe(
      `[[... peer@9->peer@10 (1 observations) ...]]
  |peer@9| TIME { RecvWorker: UNHEALTHY, 40.0; }
[[... peer@10->peer@10 (1 observations) ...]]
  |peer@10| TIME { RecvWorker: UNHEALTHY, 20.0; SyncThread: HEALTHY, 90.2; }
`,
    );
  });

  it('gets a view, the observer named before the subject', async () => {
    const { stdout } = await ask('get', 'view', 'peer@9', 'peer@2');
    expect(stdout).toMatch(new RegExp(`^ {2}\\|peer@9\\| ${TIME} \\{ SendWorker: UNHEALTHY, 20\\.0; \\}\n$`));
  });

  it('dumps the inference of every subject', async () => {
    const { code, stdout } = await ask('dump', 'inference');
    expect(code).toBe(0);
    expect(stdout.replaceAll(new RegExp(TIME, 'g'), 'TIME')).toBe(
      `[peer@9] ==> peer@2: TIME { SendWorker: UNHEALTHY, 20.0; }
[peer@9 peer@10] ==> peer@10: TIME { RecvWorker: UNHEALTHY, 30.0; SyncThread: HEALTHY, 90.2; }
`,
    );
  });

  it('repeats a question until a signal ends it with 0', async () => {
    const tail = startCommandLine('hview-client', [
      '-server',
      address,
      'tail',
      '1',
      'get',
      'inference',
      'peer@2',
    ]);
    const { index } = await tail.waitForOutput(/(?:\[peer@9\] ==> peer@2: .*\n){2}/);
    expect(index).toBe(0);
    tail.kill('SIGTERM');
    expect((await tail.exited).code).toBe(0);
  });

  it.each([
    [['get', 'report', 'nobody'], 'No report for nobody'],
    [['get', 'panorama', 'nobody'], 'No panorama for nobody'],
    [['get', 'view', 'nobody', 'peer@2'], 'No view for '],
    [['get', 'inference', 'nobody'], 'inference does not exist for view'],
    [['get', 'everything'], 'get everything: not a question'],
    [['lsit'], 'bad command "lsit", try "help".'],
    [['report', 'peer@1'], 'report needs a subject and at least one metric'],
    [['tail', 'often', 'dump', 'inference'], 'Error, frequency must be a positive integer'],
  ])('ends %j with 1 and says why', async (words, reason) => {
    const { code, stdout, stderr } = await ask(...words);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`hview-client: ${reason}`);
  });
});

describe('without an aggregator', () => {
  it('ends with 2 and names the address', async () => {
    const nobody = `localhost:${await closedPort()}`;
    const { code, stdout, stderr } = await runCommandLine('hview-client', [
      '-server',
      nobody,
      'list',
      'subject',
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(
        `^hview-client: cannot reach the aggregator at ${nobody}: connect ECONNREFUSED .*\nIs hview-server running`,
      ),
    );
  });
});
