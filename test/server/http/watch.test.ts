import { afterEach, describe, expect, it } from '@jest/globals';
import { Status } from '../../../protocol/model.js';
import { eventually } from '../../support/aggregators.js';
import { EventReader } from '../../support/event-reader.js';
import type { HttpService } from '../../support/http-service.js';
import { startHttpService } from '../../support/http-service.js';

let service: HttpService;

afterEach(() => service.stop());

async function watch(headers: Record<string, string> = {}, query = ''): Promise<EventReader> {
  return new EventReader(await fetch(`${service.url}/api/v1/watch${query}`, { headers }));
}

function say(subject: string, status: Status): void {
  service.verdicts.say(subject, [{ observer: 'peer@9', status }]);
}

describe('who watches', () => {
  it('hears of each change as it happens, with its sequence for an id', async () => {
    service = await startHttpService();
    say('peer@1', Status.HEALTHY);
    const events = await watch();
    expect(await events.next()).toMatchObject({ type: 'hello', data: { sequence: 1, beatMs: 5000 } });
    say('peer@1', Status.DEAD);
    expect(await events.next()).toMatchObject({
      id: '2',
      type: 'change',
      data: { sequence: 2, subject: 'peer@1', before: 'HEALTHY', after: 'DEAD' },
    });
    await events.close();
  });

  it.each([
    ['Last-Event-ID', { 'last-event-id': '1' }, ''],
    ['after', {}, '?after=1'],
    ['Last-Event-ID before after', { 'last-event-id': '1' }, '?after=3'],
  ])('goes on after what it knows: %s', async (_how, headers, query) => {
    service = await startHttpService();
    say('peer@1', Status.HEALTHY);
    say('peer@1', Status.DEAD);
    say('peer@2', Status.DYING);
    const events = await watch(headers, query);
    expect(await events.next()).toMatchObject({ type: 'hello' });
    expect(await events.next()).toMatchObject({ id: '2', data: { subject: 'peer@1', after: 'DEAD' } });
    expect(await events.next()).toMatchObject({ id: '3', data: { subject: 'peer@2', after: 'DYING' } });
    await events.close();
  });

  it('is told to begin again when too much was missed, and hears what follows', async () => {
    service = await startHttpService();
    say('peer@1', Status.HEALTHY);
    say('peer@1', Status.DEAD);
    service.verdicts.forgottenUpTo = 2;
    const events = await watch({ 'last-event-id': '1' });
    expect(await events.next()).toMatchObject({ type: 'hello' });
    expect(await events.next()).toMatchObject({ type: 'reset', data: { sequence: 2 } });
    say('peer@2', Status.HEALTHY);
    expect(await events.next()).toMatchObject({ id: '3', type: 'change' });
    await events.close();
  });

  it('hears a beat while nothing happens', async () => {
    service = await startHttpService({ beatMs: 5 });
    const events = await watch();
    expect(await events.next(({ type }) => type === 'beat')).toMatchObject({ type: 'beat' });
    await events.close();
  });

  it('is forgotten when it goes', async () => {
    service = await startHttpService();
    const before = service.verdicts.watchers;
    const events = await watch();
    await events.next();
    expect(service.verdicts.watchers).toBe(before + 1);
    await events.close();
    await eventually(
      () => Promise.resolve(service.verdicts.watchers),
      (watchers) => watchers === before,
    );
  });

  it('is sent away when too many watch, and told when to come again', async () => {
    service = await startHttpService({ maxWatchers: 1 });
    const events = await watch();
    await events.next();
    const refused = await fetch(`${service.url}/api/v1/watch`);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('10');
    await refused.body?.cancel();
    await events.close();
  });

  it('hears the end when the aggregator stops, which does not wait for it', async () => {
    service = await startHttpService();
    const events = await watch();
    await events.next();
    await service.stop();
    expect(await events.next()).toBeNull();
  });

  it.each(['-1', 'x', '1.5', '1'.repeat(20)])('is refused with Last-Event-ID %s', async (id) => {
    service = await startHttpService();
    const answer = await fetch(`${service.url}/api/v1/watch`, { headers: { 'last-event-id': id } });
    expect(answer.status).toBe(400);
    await answer.body?.cancel();
  });
});
