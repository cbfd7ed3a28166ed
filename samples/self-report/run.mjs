// Two storefronts, two backends, an aggregator. One backend hangs, then fails, then is well again; its
// heartbeat is fine all the time. Prints what the aggregator infers of it. Ends by itself.
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { startBackend } from './backend.mjs';

const execute = promisify(execFile);
const children = [];
const backends = [await startBackend(), await startBackend()];
try {
  await run();
} finally {
  for (const backend of backends) backend.stop();
  // The newest first: storefronts say their last word while the aggregator still listens.
  for (const child of children.reverse()) {
    const hasEnded = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGTERM');
    await hasEnded;
  }
}

async function run() {
  const aggregator = await startAggregator();
  console.log(`aggregator at ${aggregator}`);
  const named = backends.map(({ port }, index) => `stock@${index + 1}=127.0.0.1:${port}`);
  for (const shop of ['shop@1', 'shop@2']) start('./storefront.mjs', [aggregator, shop, ...named]);

  const [, flaky] = backends;
  for (const [mood, status] of [
    ['well', 'HEALTHY'],
    ['hangs', 'PENDING'],
    ['fails', 'UNHEALTHY'],
    ['well', 'HEALTHY'],
  ]) {
    flaky.be(mood);
    const startedMs = performance.now();
    const verdict = await verdictOf('stock@2', status, aggregator);
    const heartbeat = await (await fetch(`http://127.0.0.1:${flaky.port}/alive`)).text();
    console.log(`\nstock@2 ${mood}; is it alive? ${heartbeat.trim()}`);
    console.log(`  ${verdict}   after ${Math.round(performance.now() - startedMs)} ms`);
  }
  console.log(`\nstock@1 well all the time\n  ${await verdictOf('stock@1', 'HEALTHY', aggregator)}`);
}

/** Asks until the inference holds that status of which both storefronts speak. */
async function verdictOf(subject, status, aggregator) {
  for (;;) {
    const inference = await ask(aggregator, ['get', 'inference', subject]).catch(() => '');
    if (inference.includes(`stock: ${status},`) && inference.includes('shop@1 shop@2')) return inference;
  }
}

async function ask(aggregator, words) {
  const { stdout } = await execute(process.execPath, [command('hview-client'), '-server', aggregator, ...words]);
  return stdout.trimEnd();
}

async function startAggregator() {
  const server = start(command('hview-server'), ['-addr', '127.0.0.1:0', 'pano0'], 'pipe');
  for await (const line of createInterface({ input: server.stderr })) {
    const { msg, address } = JSON.parse(line);
    if (msg === 'the aggregator listens') return address;
  }
  throw new Error('the aggregator has not started');
}

function start(program, words, stderr = 'inherit') {
  const path = program.startsWith('.') ? fileURLToPath(new URL(program, import.meta.url)) : program;
  const child = spawn(process.execPath, [path, ...words], { stdio: ['ignore', 'inherit', stderr] });
  children.push(child);
  return child;
}

function command(name) {
  return fileURLToPath(new URL(`../../dist/cli/${name}.js`, import.meta.url));
}
