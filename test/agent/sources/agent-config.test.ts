import { describe, expect, it } from '@jest/globals';
import { loadAgentConfig } from '../../../agent/sources/agent-config.js';

const SOURCE = { Name: 'zk', Logs: ['/var/log/zk/*.log'], Plugin: 'zookeeper' };

function load(config: object): ReturnType<typeof loadAgentConfig> {
  return loadAgentConfig(JSON.stringify(config, null, 1), '/etc/hview/agent.json');
}

/** What is wrong, without the place. */
function complaints(config: object): string[] {
  try {
    load(config);
  } catch (error) {
    return (error as Error).message.split('\n  ').slice(1);
  }
  return [];
}

describe('the configuration of an agent', () => {
  it('says how the aggregator is told who it is, with paths that count from its folder', () => {
    expect(load({ Sources: [SOURCE] }).security).toEqual({
      ...{ ca: null, cert: null, key: null, tokenFile: null },
      allowsInsecure: false,
    });
    const Tls = { Ca: 'system', Cert: 'own.pem', Key: '/keys/own.key' };
    expect(load({ Tls, TokenFile: 'token', Insecure: true, Sources: [SOURCE] }).security).toEqual({
      ...{ ca: 'system', cert: '/etc/hview/own.pem', key: '/keys/own.key', tokenFile: '/etc/hview/token' },
      allowsInsecure: true,
    });
  });

  it('says where its health and its figures can be asked for', () => {
    const http = (Http: object | null): unknown => {
      const { http: address, showsMetrics, warnings } = load({ Http, Sources: [SOURCE] });
      return [address, showsMetrics, warnings.length];
    };
    expect(http(null)).toEqual([null, false, 0]);
    expect(http({ Addr: 'localhost:6681' })).toEqual(['localhost:6681', false, 0]);
    expect(http({ addr: ':6681', METRICS: true })).toEqual([':6681', true, 0]);
    // The command line may say where.
    expect(http({ Metrics: true })).toEqual([null, true, 1]);
    const wrong = (Http: unknown): string[] => complaints({ Http, Sources: [SOURCE] });
    expect(wrong('localhost:6681')).toEqual([
      expect.stringContaining('Http has to be an object, not a string'),
    ]);
    expect(wrong({ Addr: 6681 })).toEqual([expect.stringContaining('Http: Addr has to be a string')]);
    expect(wrong({ Addr: 'localhost:port' })).toEqual([expect.stringContaining('localhost:port')]);
    expect(wrong({ Metrics: 'yes' })).toEqual([expect.stringContaining('Metrics has to be true or false')]);
  });

  it('gives each source what it says and else what the file says for all', () => {
    const { server, state, spoolBytes, sources, warnings } = load({
      Server: 'aggregator:6688',
      State: 'state',
      SpoolMegabytes: 8,
      Stale: -1,
      TimeZone: 'UTC',
      Sources: [
        {
          ...SOURCE,
          Options: { ensemble: '/etc/zoo.cfg', myid: 3 },
          Filter: 'rules.json',
          Start: 'end',
          Merge: 5,
        },
        {
          Name: 'own',
          Logs: 'own.log',
          Plugin: './own.mjs',
          Exclude: ['*.bak'],
          MaxLineBytes: 4096,
          TimeZone: 'Europe/Berlin',
        },
      ],
    });
    expect({ server, state, spoolBytes, warnings }).toEqual({
      server: 'aggregator:6688',
      state: '/etc/hview/state',
      spoolBytes: 8 * 1024 * 1024,
      warnings: [],
    });
    expect(sources).toEqual([
      {
        name: 'zk',
        logs: ['/var/log/zk/*.log'],
        exclude: [],
        start: 'end',
        plugin: 'zookeeper',
        pluginOptions: { ensemble: '/etc/zoo.cfg', myid: '3' },
        filter: '/etc/hview/rules.json',
        timeZone: 'UTC',
        staleSeconds: -1,
        mergeSeconds: 5,
        maxLineBytes: 65_536,
        maxDetailLines: 200,
      },
      {
        name: 'own',
        logs: ['/etc/hview/own.log'],
        exclude: ['/etc/hview/*.bak'],
        start: 'beginning',
        plugin: '/etc/hview/own.mjs',
        pluginOptions: {},
        filter: null,
        timeZone: 'Europe/Berlin',
        staleSeconds: -1,
        mergeSeconds: 1,
        maxLineBytes: 4096,
        maxDetailLines: 200,
      },
    ]);
  });

  it('takes members in any case and warns of those that it does not know', () => {
    const { sources, warnings } = load({
      sources: [{ NAME: 'a', logs: '/a.log', plugin: 'zookeeper', Filtre: 'x' }],
    });
    expect(sources).toHaveLength(1);
    expect(warnings).toEqual([
      expect.stringMatching(/agent\.json:7:\d+: source 1: member "Filtre" is not known.*Filter/),
    ]);
  });

  it.each<[string, object, RegExp]>([
    ['no sources', {}, /Sources is missing/],
    ['an empty list of sources', { Sources: [] }, /nothing to read/],
    ['a source without a plugin', { Sources: [{ Logs: '/a' }] }, /Plugin is missing/],
    ['a source without a log', { Sources: [{ Plugin: 'zookeeper' }] }, /Logs is missing/],
    ['two sources of one name', { Sources: [SOURCE, SOURCE] }, /"zk" is taken/],
    [
      'an unknown start',
      { Sources: [{ ...SOURCE, Start: 'middle' }] },
      /Start is "beginning" or "end", not "middle"/,
    ],
    ['an unknown zone', { Sources: [{ ...SOURCE, TimeZone: 'Mars' }] }, /"Mars" is no time zone/],
    [
      'a line limit that is too small',
      { Sources: [{ ...SOURCE, MaxLineBytes: 10 }] },
      /MaxLineBytes has to be/,
    ],
    ['a number for a path', { Sources: [{ ...SOURCE, Logs: [7] }] }, /Logs has to be a list of texts/],
    ['a spool of nothing', { SpoolMegabytes: 0, Sources: [SOURCE] }, /SpoolMegabytes has to be 1 or more/],
  ])('refuses %s', (_, config, complaint) => {
    expect(complaints(config)).toEqual([expect.stringMatching(complaint)]);
  });

  it('tells all that is wrong at once, with line and column', () => {
    const found = complaints({ Sources: [{ Logs: '/a', TimeZone: 'Mars' }, { Plugin: 'zookeeper' }] });
    expect(found).toHaveLength(3);
    for (const complaint of found)
      expect(complaint).toMatch(/^\/etc\/hview\/agent\.json:\d+:\d+: source [12]: /);
  });

  it('says where JSON goes wrong', () => {
    expect(() => loadAgentConfig('{"Sources": [,]}', 'a.json')).toThrow(/a\.json:1:14: not JSON/);
  });
});
