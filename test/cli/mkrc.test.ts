import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endCommands, runCommandLine } from '../support/spawn-command.js';
import { removeFolder } from '../support/zookeeper-files.js';

// Programs start slowly on a busy machine.
jest.setTimeout(30_000);

const TEN_PEERS = Array.from({ length: 10 }, (_, n) => `        "pano${n}": "razor${n}:6688"`).join(',\n');

/** The configuration of the manual, for the given subjects and filter. */
function manualConfig(subjects: string, isFiltering: boolean): string {
  return `{
    "Addr": "razor0:6688",
    "Id": "pano0",
    "Subjects": ${subjects},
    "Peers": {
${TEN_PEERS}
    },
    "FilterSubmission": ${isFiltering},
    "LogLevel": "",
    "DumpMemUsage": false,
    "DBFile": "deephealth.db",
    "GCConfig": {
        "Enable": false,
        "Frequency": 0,
        "Threshold": 0,
        "Relative": false
    },
    "BufConfig": {
        "HoldTime": 0,
        "HoldListLen": 0
    }
}
`;
}

const TEN = [
  '-fix_port',
  '6688',
  '-nserver',
  '10',
  '-addressp',
  'razor%d',
  '-namep',
  'pano%d',
  '-id',
  'pano0',
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hview-mkrc-'));
});
afterEach(async () => {
  await endCommands();
  removeFolder(folder);
});

describe('hview-mkrc', () => {
  it('prints the configuration of ten aggregators that filter by subject', async () => {
    const subjects = `[
        "nn1",
        "dn1",
        "dn2",
        "dn3"
    ]`;
    expect(await runCommandLine('hview-mkrc', [...TEN, '-filter', '-subjects', 'nn1,dn1,dn2,dn3'])).toEqual({
      code: 0,
      stdout: manualConfig(subjects, true),
      stderr: '',
    });
  });

  it('writes the configuration to a file and prints it too', async () => {
    const { code, stdout } = await runCommandLine('hview-mkrc', [...TEN, '-output', 'hs.cfg'], {
      cwd: folder,
    });
    const config = manualConfig('null', false);
    expect(code).toBe(0);
    expect(stdout).toBe(`Saving to hs.cfg\nConfig:\n${config}Saved\n`);
    expect(readFileSync(join(folder, 'hs.cfg'), 'utf8')).toBe(config);
  });

  it('sorts the peers byte by byte, pano10 before pano2, and numbers names and hosts from where it is told', async () => {
    const words = ['-id', 'pano2', '-nserver', '10', '-namep', 'pano%d', '-namestart', '2'];
    const { stdout } = await runCommandLine('hview-mkrc', [
      ...words,
      ...['-addressp', '10.0.0.%d', '-sidstart', '4', '-fix_port', '7000'],
    ]);
    const peers: unknown = (JSON.parse(stdout) as { Peers: unknown }).Peers;
    expect(Object.entries(peers as Record<string, string>)).toEqual([
      ['pano10', '10.0.0.12:7000'],
      ['pano11', '10.0.0.13:7000'],
      ['pano2', '10.0.0.4:7000'],
      ['pano3', '10.0.0.5:7000'],
      ['pano4', '10.0.0.6:7000'],
      ['pano5', '10.0.0.7:7000'],
      ['pano6', '10.0.0.8:7000'],
      ['pano7', '10.0.0.9:7000'],
      ['pano8', '10.0.0.10:7000'],
      ['pano9', '10.0.0.11:7000'],
    ]);
  });

  it('counts ports up from one aggregator to the next on localhost', async () => {
    const { stdout } = await runCommandLine('hview-mkrc', [
      ...['-id', 'DHS_0', '-port_start', '17000', '-port_end', '17001'],
    ]);
    expect((JSON.parse(stdout) as { Peers: unknown }).Peers).toEqual({
      DHS_0: 'localhost:17000',
      DHS_1: 'localhost:17001',
      DHS_2: 'localhost:17002',
    });
  });

  it.each([
    [[], 'Must specify the name id of this server'],
    [['-id', 'pano9', '-namep', 'pano%d'], 'pano9 is not one of the peers pano0 pano1 pano2'],
    [['-id', 'pano0', '-namep', 'pano'], 'flag -namep: "pano" gives all aggregators the same value'],
    [['-id', 'DHS_0', '-port_start', '0'], 'Port range must be positive'],
    [['-id', 'DHS_0', '-port_start', '20', '-port_end', '10'], 'Port start must not exceed port end'],
    [['-id', 'DHS_0', '-sidstart', '-1'], 'Server id must be positive'],
    [['-id', 'DHS_0', '-fix_port', '65536'], 'port 65536 is over 65535'],
    [['-id', 'DHS_0', 'more'], 'unexpected word "more"'],
  ])('refuses %j and says why', async (words, reason) => {
    const { code, stdout, stderr } = await runCommandLine('hview-mkrc', words);
    expect({ code, stdout, first: stderr.split('\n')[0] }).toEqual({
      code: 1,
      stdout: '',
      first: `hview-mkrc: ${reason}`,
    });
  });

  it('names the file that it cannot write', async () => {
    const { code, stderr } = await runCommandLine('hview-mkrc', [...TEN, '-output', 'none/hs.cfg'], {
      cwd: folder,
    });
    expect(code).toBe(1);
    expect(stderr).toBe('hview-mkrc: cannot write none/hs.cfg: there is no such file\n');
  });
});
