import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, jest } from '@jest/globals';

// Programs start slowly on a busy machine.
jest.setTimeout(60_000);

const PROGRAM = fileURLToPath(new URL('../programs/half-headers.js', import.meta.url));

interface End {
  readonly signal: NodeJS.Signals | null;
  readonly printed: string;
}

function tell(...words: readonly string[]): Promise<End> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--no-warnings', '--expose-gc', PROGRAM, ...words]);
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.on('close', (_code, signal) => resolve({ signal, printed }));
  });
}

const ALIVE: End = { signal: null, printed: 'alive\n' };

describe('trailers that never come to their end', () => {
  it('leave an aggregator alive, whenever garbage is collected', async () => {
    expect(await tell('aggregator')).toEqual(ALIVE);
  });

  it('leave a server alive whose sessions are kept', async () => {
    expect(await tell('broken', 'kept')).toEqual(ALIVE);
  });

  it('do so also while a reply waits to be read', async () => {
    expect(await tell('unread', 'kept')).toEqual(ALIVE);
  });
});

// Another version of Node may bear it; where it does not matter, the tests above show nothing.
const onAffectedNode = process.version.startsWith('v20.') ? describe : describe.skip;

onAffectedNode('without a keeper', () => {
  it.each(['broken', 'unread'])('a session ends the process: %s', async (story) => {
    const { signal, printed } = await tell(story, 'bare');
    expect({ signal, printed }).toEqual({
      signal: 'SIGABRT',
      printed: expect.stringContaining('current_nghttp2_memory_'),
    });
  });
});
