// Runs with `npm test`, against the installed hview-logtail (or the one that HVIEW_LOGTAIL names).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const command = process.env.HVIEW_LOGTAIL ?? 'hview-logtail';

function hview(...words) {
  const [program, ...first] = command.endsWith('.js') ? [process.execPath, command] : [command];
  const { status, stdout, stderr, error } = spawnSync(program, [...first, ...words], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

test('the rules have no errors, and each has an example that fires and one that does not', () => {
  const { status, stdout, stderr } = hview('check', '-filter', 'my-system.json', '-json');
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout).findings, []);
  assert.equal(status, 0);
});

test('the sample gives the observations that it should', () => {
  const { stdout } = hview(
    ...['-once', '-json', '-report=false', '-stale=-1', '-log', 'sample.log'],
    ...['./my-system.mjs', '--nodes', 'node-1,node-2,node-3', '--filter', 'my-system.json'],
  );
  const events = stdout.split('\n').filter((line) => line !== '');
  assert.deepEqual(
    events.map((line) => {
      const { observer, subject, context, status, rule } = JSON.parse(line);
      return [observer, subject, context, status, rule].join(' ');
    }),
    [
      'node-1 node-3 Heartbeat UNHEALTHY node-lost',
      'node-1 node-1 Disk UNHEALTHY disk-slow',
      'node-1 node-3 Heartbeat HEALTHY node-back',
    ],
  );
});
