import { describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppearanceWatch } from '../../../agent/tail/appearance-watch.js';
import { FolderWatches } from '../../../agent/tail/folder-watches.js';
import type { FolderWatcher } from '../../../agent/tail/folder-watches.js';
import type { HviewError } from '../../../runtime/errors.js';
import { inFolder } from '../../support/followed-log.js';

class FakeWatcher extends EventEmitter implements FolderWatcher {
  isClosed = false;

  constructor(
    readonly folder: string,
    readonly concerns: (name: string) => boolean,
    readonly usePolling: boolean,
  ) {
    super();
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

function fakeWatches() {
  const watchers: FakeWatcher[] = [];
  const problems: HviewError[] = [];
  const watches = new FolderWatches({
    onProblem: (problem) => problems.push(problem),
    watch: (folder, concerns, { usePolling }) => {
      const watcher = new FakeWatcher(folder, concerns, usePolling);
      watchers.push(watcher);
      return watcher;
    },
  });
  return { watches, watchers, problems };
}

describe('folder watches', () => {
  it('use one watcher for a folder however many ask, for the entries that any of them wants', async () => {
    const { watches, watchers } = fakeWatches();
    const calls: string[] = [];
    const first = watches.subscribe(
      '/logs',
      (name) => name === 'a.log',
      () => calls.push('a'),
    );
    const second = watches.subscribe(
      '/logs',
      (name) => name === 'b.log',
      () => calls.push('b'),
    );
    expect(watchers).toHaveLength(1);
    expect(['a.log', 'b.log', 'c.log'].map((name) => watchers[0]?.concerns(name))).toEqual([
      true,
      true,
      false,
    ]);
    watchers[0]?.emit('all');
    expect(calls).toEqual(['a', 'b']);

    await first.close();
    expect(watchers[0]?.isClosed).toBe(false);
    await second.close();
    expect(watchers[0]?.isClosed).toBe(true);
    expect(watches.folders).toEqual([]);
  });

  it('go over to polling when the system has no more watches, and say so once', () => {
    const { watches, watchers, problems } = fakeWatches();
    let calls = 0;
    watches.subscribe(
      '/logs',
      () => true,
      () => (calls += 1),
    );
    watchers[0]?.emit('error', new Error('ENOSPC: System limit for number of file watchers reached'));
    watchers[0]?.emit('error', new Error('again'));
    expect(watchers.map(({ usePolling, isClosed }) => ({ usePolling, isClosed }))).toEqual([
      { usePolling: false, isClosed: true },
      { usePolling: true, isClosed: false },
    ]);
    expect(problems.map(({ code, message }) => ({ code, message }))).toEqual([
      {
        code: 'FILE_UNREADABLE',
        message: 'cannot watch the folder /logs: ENOSPC: System limit for number of file watchers reached',
      },
    ]);
    expect(calls).toBe(1);
    watchers[1]?.emit('all');
    expect(calls).toBe(2);
  });

  it.each([false, true])('tell of a file that appears in a real folder (polling: %s)', async (usePolling) => {
    await inFolder(async (folder) => {
      const watches = new FolderWatches({ usePolling, pollMs: 20 });
      const path = join(folder, 'a', 'b', 'app.log');
      const appeared = new EventEmitter();
      const watch = new AppearanceWatch(path, watches, () => appeared.emit('appeared'));
      const hasAppeared = once(appeared, 'appeared');
      mkdirSync(join(folder, 'a', 'b'), { recursive: true });
      writeFileSync(path, '');
      await hasAppeared;
      await watch.close();
      expect(watches.folders).toEqual([]);
    });
  });

  it('go back up when a folder on the way is deleted again', async () => {
    await inFolder(async (folder) => {
      const { watches, watchers } = fakeWatches();
      const path = join(folder, 'a', 'b', 'app.log');
      mkdirSync(join(folder, 'a'));
      const watch = new AppearanceWatch(path, watches, () => {});
      await watch.settled();
      expect(watches.folders).toEqual([join(folder, 'a')]);
      rmSync(join(folder, 'a'), { recursive: true });
      watchers.at(-1)?.emit('all');
      await watch.settled();
      expect(watches.folders).toEqual([folder]);
      await watch.close();
    });
  });
});
