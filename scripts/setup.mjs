#!/usr/bin/env node
// Makes a checkout ready to run: installs what package-lock.json names, if that has changed since the
// last time, and compiles. Quick when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`hview needs Node.js 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

const installed = join(root, 'node_modules', '.package-lock.json');
const lock = join(root, 'package-lock.json');
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.error('Installing dependencies...');
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error']);
}
console.error('Compiling...');
// A lost output with a kept build state would compile to nothing.
if (!existsSync(join(root, 'dist', 'cli'))) rmSync(join(root, 'dist'), { recursive: true, force: true });
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', root]);
run(process.execPath, [join(root, 'scripts', 'build-page.mjs')]);

function run(command, words) {
  const result = spawnSync(command, words, {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
