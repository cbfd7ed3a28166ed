#!/usr/bin/env node
// Regenerates protocol/generated from protocol/proto. The two tools are fetched at the versions
// named here and are no dependencies of the project; the result is committed. With --check nothing
// is written and the exit code is 1 when the committed code differs from what would be generated.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'protocol', 'generated');
const packages = ['@bufbuild/buf@1.75.0', 'ts-proto@2.18.0'];
const options = [
  'outputServices=grpc-js',
  'importSuffix=.js',
  'esModuleInterop=true',
  'forceLong=number',
  'useDate=false',
  'unrecognizedEnum=false',
  'outputJsonMethods=false',
  'outputPartialMethods=false',
  'outputClientImpl=false',
  'useOptionals=none',
];

const work = mkdtempSync(join(tmpdir(), 'hview-generate-'));
try {
  cpSync(join(root, 'protocol', 'proto'), join(work, 'proto'), { recursive: true });
  writeFileSync(join(work, 'buf.yaml'), 'version: v2\nmodules:\n  - path: proto\n');
  writeFileSync(
    join(work, 'buf.gen.yaml'),
    `version: v2\nplugins:\n  - local: protoc-gen-ts_proto\n    out: out\n    opt: ${JSON.stringify(options)}\n    include_imports: true\n`,
  );
  const result = spawnSync(
    'npx',
    ['--yes', ...packages.flatMap((name) => ['-p', name]), 'buf', 'generate', '--template', 'buf.gen.yaml'],
    { cwd: work, stdio: 'inherit' },
  );
  if (result.status !== 0) process.exit(result.status ?? 1);

  if (process.argv.includes('--check')) {
    const differing = list(join(work, 'out')).filter(
      (file) => read(join(work, 'out', file)) !== read(join(target, file)),
    );
    if (differing.length > 0) {
      console.error(`protocol/generated is out of date: ${differing.join(', ')}. Run npm run generate.`);
      process.exitCode = 1;
    }
  } else {
    rmSync(target, { recursive: true, force: true });
    cpSync(join(work, 'out'), target, { recursive: true });
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

function list(folder) {
  return readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.ts'));
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
