#!/usr/bin/env node
// Packs, installs the package globally into a folder of its own, and uses it as its users do: the four
// commands, a server, an agent on a sample log, the client, the manual pages, and programs in TypeScript and
// JavaScript that import hview/client. Needs the registry or npm's cache for what hview depends on.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const home = mkdtempSync(join(tmpdir(), 'hview-package-'));
const prefix = join(home, 'global');
const quiet = ['--no-fund', '--no-audit', '--loglevel=error', '--prefer-offline'];
const startedMs = performance.now();
let server = null;
try {
  const tarball = pack();
  checkContent(tarball);
  run('npm', ['install', '--global', '--prefix', prefix, ...quiet, tarball]);
  tell('installed');
  tryCommands();
  server = spawn(command('hview-server'), ['-addr', '127.0.0.1:0', '-dbfile', 'hview.db', 'pano0'], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await tryIncident(await addressOf(server));
  tryImports(tarball);
} finally {
  if (server !== null && server.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'close');
  }
  rmSync(home, { recursive: true, force: true });
}
tell('the package works');

function pack() {
  execFileSync('npm', ['pack', '--pack-destination', home, '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [name] = readdirSync(home);
  return join(home, name);
}

/** What users need, and nothing that only those who work on hview do. */
function checkContent(tarball) {
  const files = run('tar', ['-tzf', tarball]).trim().split('\n');
  const unwanted = files.filter((file) =>
    /\/test\/|\.map$|tsbuildinfo|samples\/(?!(?:deploy|monitoring)\/)|(?<!\.d)\.tsx?$|demo|node_modules/.test(
      file,
    ),
  );
  check(unwanted.length === 0, `the package holds ${unwanted.join(' ')}`);
  for (const wanted of [
    'dist/page/index.html',
    'dist/client/index.d.ts',
    'samples/deploy/README.md',
    'samples/monitoring/README.md',
    'LICENSE',
  ])
    check(files.includes(`package/${wanted}`), `the package lacks ${wanted}`);
  tell(`${files.length} files, ${Math.round(statSync(tarball).size / 1000)} kB`);
}

function tryCommands() {
  for (const name of ['hview-server', 'hview-logtail', 'hview-client', 'hview-mkrc']) {
    check(/^hview-\w+ \d+\.\d+\.\d+\n$/.test(run(command(name), ['--version'])), `${name} tells no version`);
    check(run(command(name), ['--help']).startsWith(`Usage: ${name} `), `${name} has no help`);
    const page = join(prefix, 'share', 'man', 'man1', `${name}.1`);
    check(statSync(page).size > 500, `${name} has no manual page`);
  }
  run(command('hview-logtail'), ['check', 'cassandra']);
  tell('all four commands answer');
}

/** A captured incident: three servers' logs, in which one is killed. */
async function tryIncident(aggregator) {
  const incident = join(root, 'samples', 'zookeeper', '3.8.4', 'killed-follower');
  for (const id of ['1', '2', '3']) {
    const words = ['-server', aggregator, '-once', '-stale=-1', '-log_level=error', '-tz', 'UTC'];
    const plugin = ['zookeeper', '--ensemble', join(incident, 'zoo.cfg')];
    run(command('hview-logtail'), [...words, '-log', join(incident, `zookeeper-${id}.out`), ...plugin]);
  }
  const panorama = run(command('hview-client'), ['-server', aggregator, 'get', 'panorama', 'peer@1']);
  check(/\|peer@2\|.*UNHEALTHY/.test(panorama), `nobody says that peer@1 is ill:\n${panorama}`);
  const inferences = run(command('hview-client'), ['-server', aggregator, 'dump', 'inference']);
  check(inferences.includes('==> peer@1: '), `no verdict:\n${inferences}`);
  tell(`a server, three agents and a client: ${inferences.split('\n')[0]}`);
}

/** Programs that use the library, compiled as strictly as can be and without any types but the package's. */
function tryImports(tarball) {
  const consumer = join(home, 'consumer');
  mkdirSync(consumer);
  const write = (name, text) => writeFileSync(join(consumer, name), text);
  write('package.json', '{"name":"consumer","private":true,"type":"module"}');
  run('npm', ['install', ...quiet, tarball], consumer);
  const options = "{ aggregator: 'localhost:1', module: 'm', observer: 'o', onProblem: () => undefined }";
  write(
    'program.ts',
    `import { connect, type HealthReporter, type Problem } from 'hview/client';
     const health: HealthReporter = connect({ aggregator: 'a', module: 'm', observer: 'o',
       subjects: { '10.0.0.7': 'db@1' }, onProblem: ({ kind }: Problem) => { void kind; } });
     health.report({ address: '10.0.0.7', port: 1 }, 'query', 'UNHEALTHY');
     health.pending('db@1', 'query', 1, { withinMs: 5 });
     // @ts-expect-error such a status there is not
     health.report('db@1', 'query', 'ILL');
     export const left: number = await health.close(0);`,
  );
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const [module, moduleResolution] of [
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2022',
      types: [],
      noEmit: true,
      strict: true,
    };
    const strict = { ...compilerOptions, skipLibCheck: false, exactOptionalPropertyTypes: true };
    write('tsconfig.json', JSON.stringify({ compilerOptions: strict, files: ['program.ts'] }));
    run(process.execPath, [compiler, '-p', consumer]);
  }
  write(
    'program.js',
    `import { connect } from 'hview/client';\nconsole.log(await connect(${options}).close(0));`,
  );
  write(
    'program.cjs',
    `const { connect } = require('hview/client');\nconnect(${options}).close(0).then(console.log);`,
  );
  for (const program of ['program.js', 'program.cjs'])
    check(run(process.execPath, [join(consumer, program)]) === '0\n', `${program} cannot use the library`);
  tell('hview/client works in TypeScript, in modules and in CommonJS');
}

async function addressOf(server) {
  for await (const line of createInterface({ input: server.stderr })) {
    const { msg, address } = JSON.parse(line);
    if (msg === 'the aggregator listens') return address;
  }
  throw new Error('the server has not started');
}

function command(name) {
  return join(prefix, 'bin', name);
}

/** What it prints; throws when it fails. */
function run(program, words, cwd = home) {
  return execFileSync(program, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function check(isGood, problem) {
  if (!isGood) throw new Error(problem);
}

function tell(text) {
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
}
