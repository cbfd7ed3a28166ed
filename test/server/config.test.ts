import { describe, expect, it } from '@jest/globals';
import { HviewError } from '../../runtime/errors.js';
import { formatConfig, loadConfig, standaloneConfig } from '../../server/config.js';

const MINIMAL = { Id: 'a', Peers: { a: 'h1:1', b: 'h2:2' } };

function load(file: object) {
  return loadConfig(JSON.stringify(file), 'hs.cfg');
}

function refusal(text: string): string {
  try {
    loadConfig(text, 'hs.cfg');
  } catch (error) {
    const { code, message } = HviewError.from(error);
    return `${code} ${message}`;
  }
  return 'nothing was refused';
}

describe('reading a configuration', () => {
  it('fills in what is left out', () => {
    expect(load(MINIMAL)).toMatchObject({
      address: 'h1:1',
      id: 'a',
      subjects: [],
      peers: new Map([
        ['a', 'h1:1'],
        ['b', 'h2:2'],
      ]),
      filterSubmission: false,
      logLevel: 'info',
      dumpMemoryUsage: false,
      databaseFile: '',
      journal: { maxAgeMs: 2_592_000_000, maxBytes: 1_000_000_000 },
      retention: { enable: false, frequencySeconds: 180, thresholdSeconds: 300, relative: true },
      hold: { timeSeconds: 180, listLength: 60 },
      inference: 'weighted',
    });
  });

  it('takes every key, in any case, and ignores others', () => {
    expect(
      load({
        addr: 'h1:1',
        ID: 'a',
        subjects: ['nn1'],
        peers: { a: 'h1:1' },
        FILTERSUBMISSION: true,
        logLevel: 'DEBUG',
        DumpMemUsage: true,
        dbfile: 'x.db',
        gcconfig: { enable: true, frequency: 10, threshold: 20, relative: false },
        BufConfig: { HoldTime: 5, HoldListLen: 6 },
        Journal: { MaxAge: '1h30m', maxsize: '2GiB' },
        inFERENCE: 'majority',
        Comment: 'mine',
      }),
    ).toMatchObject({
      address: 'h1:1',
      id: 'a',
      subjects: ['nn1'],
      peers: new Map([['a', 'h1:1']]),
      filterSubmission: true,
      logLevel: 'debug',
      dumpMemoryUsage: true,
      databaseFile: 'x.db',
      journal: { maxAgeMs: 5_400_000, maxBytes: 2_147_483_648 },
      retention: { enable: true, frequencySeconds: 10, thresholdSeconds: 20, relative: false },
      hold: { timeSeconds: 5, listLength: 6 },
      inference: 'majority',
    });
  });

  it('tells peers apart whose names differ only in case', () => {
    const peers = { a: 'h1:1', A: 'h2:2' };
    expect(load({ Id: 'a', Peers: peers })).toMatchObject({
      address: 'h1:1',
      peers: new Map([
        ['a', 'h1:1'],
        ['A', 'h2:2'],
      ]),
    });
  });

  it('serves every one of a group, each of which listens on another address than its peers call', () => {
    const group = JSON.stringify({ Peers: MINIMAL.Peers, Listen: '0.0.0.0:6688' });
    expect(loadConfig(group, 'hs.cfg', 'b')).toMatchObject({
      id: 'b',
      address: 'h2:2',
      listen: '0.0.0.0:6688',
    });
    expect(loadConfig(JSON.stringify(MINIMAL), 'hs.cfg', 'b')).toMatchObject({ id: 'b', listen: '' });
  });

  it('lets a threshold without a frequency, and a list length without a time, not count', () => {
    const config = load({ ...MINIMAL, GCConfig: { Threshold: 5 }, BufConfig: { HoldListLen: 5 } });
    expect(config.retention.thresholdSeconds).toBe(300);
    expect(config.hold.listLength).toBe(60);
  });

  it.each<[string, string]>([
    ['{', 'CONFIG_INVALID hs.cfg: not JSON: '],
    ['[]', 'CONFIG_INVALID hs.cfg: not a JSON object'],
    ['{"Peers":{"a":"h:1"}}', 'CONFIG_INVALID hs.cfg: Id: is missing'],
    ['{"Id":"z","Peers":{"a":"h:1"}}', 'CONFIG_INVALID hs.cfg: Id: "z" is not present in Peers'],
    [
      '{"Id":"a","Addr":"h:2","Peers":{"a":"h:1"}}',
      'CONFIG_INVALID hs.cfg: Addr: "h:2" is not the same as the one in Peers, "h:1"',
    ],
    ['{"Id":"a","Listen":":x","Peers":{"a":"h:1"}}', 'CONFIG_INVALID hs.cfg: Listen: ":x" is not an address'],
    ['{"Id":"a","Peers":{"a":"h:1:2:3"}}', 'CONFIG_INVALID hs.cfg: Peers.a: "h:1:2:3" is not an address'],
    [
      '{"Id":"a","Peers":{"a":"h:1"},"LogLevel":"loud"}',
      'CONFIG_INVALID hs.cfg: LogLevel: "loud" is none of',
    ],
    [
      '{"Id":"a","Peers":{"a":"h:1"},"Subjects":[1]}',
      'CONFIG_INVALID hs.cfg: Subjects: [1] is not a list of texts',
    ],
    [
      '{"Id":"a","Peers":{"a":"h:1"},"GCConfig":{"Frequency":"soon"}}',
      'CONFIG_INVALID hs.cfg: GCConfig.Frequency: "soon" is not a whole number',
    ],
    [
      '{"Id":"a","Peers":{"a":"h:1"},"BufConfig":{"HoldTime":1.5}}',
      'CONFIG_INVALID hs.cfg: BufConfig.HoldTime: 1.5 is not a whole number',
    ],
    ['{"Id":"a","Peers":["h:1"]}', 'CONFIG_INVALID hs.cfg: Peers: ["h:1"] is not an object'],
    ['{"Id":"a","Peers":{"a":6688}}', 'CONFIG_INVALID hs.cfg: Peers.a: 6688 is not a text'],
  ])('refuses %s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('tells everything that is wrong at once', () => {
    expect(refusal('{"Id":5,"FilterSubmission":"yes","Peers":{}}')).toBe(
      'CONFIG_INVALID hs.cfg: Id: 5 is not a text; Id: is missing; Id: "" is not present in Peers; ' +
        'FilterSubmission: "yes" is not true or false',
    );
  });
});

describe('writing a configuration', () => {
  it('orders names that are numbers as texts, like all others', () => {
    const peers = new Map(['0', '2', '10'].map((id) => [id, `h${id}:1`] as const));
    const text = formatConfig({ ...standaloneConfig('0', 'h0:1'), peers });
    expect(text.split('\n').slice(4, 9)).toEqual([
      '    "Peers": {',
      '        "0": "h0:1",',
      '        "10": "h10:1",',
      '        "2": "h2:1"',
      '    },',
    ]);
    expect(loadConfig(text, 'hs.cfg').peers).toEqual(peers);
  });

  it('lists the subjects one a line', () => {
    const config = {
      ...standaloneConfig('a', 'h:1'),
      peers: new Map([['a', 'h:1']]),
      subjects: ['nn1', 'dn1'],
    };
    expect(formatConfig(config).split('\n').slice(3, 7)).toEqual([
      '    "Subjects": [',
      '        "nn1",',
      '        "dn1"',
      '    ],',
    ]);
  });

  it('gives the text of the original', () => {
    const text = formatConfig({
      ...standaloneConfig('pano0', 'razor0:6688', 'deephealth.db'),
      peers: new Map([
        ['pano2', 'razor2:6688'],
        ['pano10', 'razor10:6688'],
        ['pano0', 'razor0:6688'],
      ]),
    });
    expect(text.split('\n')).toEqual([
      '{',
      '    "Addr": "razor0:6688",',
      '    "Id": "pano0",',
      '    "Subjects": null,',
      '    "Peers": {',
      '        "pano0": "razor0:6688",',
      '        "pano10": "razor10:6688",',
      '        "pano2": "razor2:6688"',
      '    },',
      '    "FilterSubmission": false,',
      '    "LogLevel": "",',
      '    "DumpMemUsage": false,',
      '    "DBFile": "deephealth.db",',
      '    "GCConfig": {',
      '        "Enable": false,',
      '        "Frequency": 0,',
      '        "Threshold": 0,',
      '        "Relative": false',
      '    },',
      '    "BufConfig": {',
      '        "HoldTime": 0,',
      '        "HoldListLen": 0',
      '    }',
      '}',
      '',
    ]);
    expect(loadConfig(text, 'hs.cfg')).toMatchObject({ address: 'razor0:6688', id: 'pano0', subjects: [] });
  });
});
