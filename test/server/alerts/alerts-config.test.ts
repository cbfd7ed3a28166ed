import { describe, expect, it } from '@jest/globals';
import { Status } from '../../../protocol/model.js';
import type { AlertsConfig } from '../../../server/alerts/alerts-config.js';
import { NO_ALERTS, receiversOf } from '../../../server/alerts/alerts-config.js';
import { loadConfig } from '../../../server/config.js';

function load(alerts: unknown): AlertsConfig {
  const file = { Id: 'pano0', Peers: { pano0: 'localhost:6688' }, Alerts: alerts };
  return loadConfig(JSON.stringify(file), 'hs.cfg').alerts;
}

describe('the section Alerts', () => {
  it('tells nobody when it is not there', () => {
    expect(load(undefined)).toEqual(NO_ALERTS);
  });

  it('gives every key', () => {
    const config = load({
      Alertmanagers: [
        'http://am1:9093',
        { url: 'https://am2/prefix/', Ca: 'ca.pem', HeadersFile: 'headers' },
      ],
      Webhooks: [{ Url: 'https://hooks/x?token=1', SecretFile: 'secret', Cert: 'c.pem', Key: 'k.pem' }],
      MinStatus: 'maybe_unhealthy',
      Each: 'metric',
      For: 0,
      KeepFor: '5s',
      ResendInterval: '30s',
      GroupWait: '1s',
      GroupInterval: '2s',
      RepeatInterval: '1h',
      GroupBy: ['cluster', 'subject'],
      Labels: { cluster: 'east' },
      PageUrl: 'https://hview.example/',
      Timeout: '3s',
    });
    const plain = { headersFile: '', secretFile: '', ca: '', cert: '', key: '' };
    expect(config).toEqual({
      alertmanagers: [
        { ...plain, url: new URL('http://am1:9093/api/v2/alerts') },
        {
          ...plain,
          url: new URL('https://am2/prefix/api/v2/alerts'),
          headersFile: 'headers',
          ca: 'ca.pem',
        },
      ],
      webhooks: [
        {
          ...plain,
          url: new URL('https://hooks/x?token=1'),
          secretFile: 'secret',
          cert: 'c.pem',
          key: 'k.pem',
        },
      ],
      minStatus: Status.MAYBE_UNHEALTHY,
      unit: 'metric',
      damping: { forMs: 0, keepForMs: 5000 },
      resendMs: 30_000,
      grouping: { waitMs: 1000, intervalMs: 2000, repeatMs: 3_600_000 },
      groupBy: ['cluster', 'subject'],
      labels: { cluster: 'east' },
      pageUrl: 'https://hview.example/',
      deadlineMs: 3000,
    });
  });

  it.each([
    [{ Webooks: [] }, 'Alerts.Webooks: is none of Alertmanagers, Webhooks, '],
    [{ Alertmanagers: 'http://am' }, 'Alerts.Alertmanagers: "http://am" is not a list of texts or objects'],
    [
      { Alertmanagers: ['am:9093'] },
      'Alerts.Alertmanagers[0].Url: "am:9093" is no address such as http://host:port',
    ],
    [{ Webhooks: [{}] }, 'Alerts.Webhooks[0].Url: "" is no address'],
    [{ Webhooks: [{ Url: 'http://a', Cert: 'c' }] }, 'Alerts.Webhooks[0].Cert: Cert and Key belong together'],
    [
      { Alertmanagers: [{ Url: 'http://a', SecretFile: 's' }] },
      'Alerts.Alertmanagers[0].SecretFile: is none of',
    ],
    [{ MinStatus: 'healthy' }, 'Alerts.MinStatus: "healthy" is none of pending, maybe_unhealthy'],
    [{ Each: 'observer' }, 'Alerts.Each: "observer" is none of subject, metric'],
    [{ For: 10 }, 'Alerts.For: 10 is not a duration such as'],
    [{ KeepFor: '5' }, 'Alerts.KeepFor: "5" is not a duration such as'],
    [{ RepeatInterval: 0 }, 'Alerts.RepeatInterval: 0 is too short'],
    [{ GroupBy: ['a-b'] }, 'Alerts.GroupBy: "a-b" is no name of a label'],
    [{ Labels: { severity: 'x' } }, 'Alerts.Labels: severity is set by hview itself'],
    [{ Labels: { 'a b': 'x' } }, 'Alerts.Labels: "a b" is no name of a label'],
    [{ PageUrl: 'hview' }, 'Alerts.PageUrl: "hview" is no address'],
  ])('refuses %j and names the key', (alerts, message) => {
    expect(() => load(alerts)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) }),
    );
  });
});

describe('the flags', () => {
  it('take several addresses with commas between', () => {
    expect(receiversOf('http://a:1, https://b/x', 'alertmanager').map(({ url }) => url.href)).toEqual([
      'http://a:1/api/v2/alerts',
      'https://b/x/api/v2/alerts',
    ]);
    expect(receiversOf('http://a:1/hook', 'webhook').map(({ url }) => url.href)).toEqual(['http://a:1/hook']);
  });

  it('refuse what is no address', () => {
    expect(() => receiversOf('a:1', 'webhook')).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: 'flag -webhook: "a:1" is no address such as http://host:port',
      }),
    );
  });
});
