// Makes the aggregator's page: checks page/ with the compiler, bundles it and writes one self-contained
// dist/page/index.html. Does nothing when no source is newer than what was made from it.
import { mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'dist', 'page', 'index.html');

if (newestSource() > timeOf(output)) {
  console.error('Building the page...');
  const check = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'page')],
    { cwd: root, stdio: ['ignore', 2, 'inherit'] },
  );
  if (check.status !== 0) process.exit(check.status ?? 1);
  await build();
}

async function build() {
  const { build: bundle } = await import('esbuild');
  const { outputFiles } = await bundle({
    entryPoints: [join(root, 'page', 'main.tsx')],
    bundle: true,
    minify: true,
    write: false,
    outdir: 'page',
    format: 'iife',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const textOf = (end) => outputFiles.find(({ path }) => path.endsWith(end))?.text.trim() ?? '';
  // Functions, as a text would have its $ signs replaced.
  const html = readFileSync(join(root, 'page', 'index.html'), 'utf8')
    .replace('/* style */', () => textOf('.css'))
    .replace('/* script */', () => textOf('.js'));
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(`${output}.part`, html);
  renameSync(`${output}.part`, output);
}

/** Milliseconds; the packages count by their lock file. */
function newestSource() {
  const page = join(root, 'page');
  const files = readdirSync(page, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const others = [
    'protocol/json-api.ts',
    'protocol/provenance.ts',
    'protocol/system-of.ts',
    'protocol/verdict.ts',
    'package-lock.json',
    'scripts/build-page.mjs',
  ];
  return Math.max(...[...files, ...others.map((file) => join(root, file))].map(timeOf));
}

function timeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
