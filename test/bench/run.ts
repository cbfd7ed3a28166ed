/**
 * Measures and prints a table: `npm run bench [-- PART ...] [-- --small] [-- --save]`. Ends with 1 when a
 * part could not be measured; a missed target is shown in the table.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../../runtime/errors.js';
import { packageRoot } from '../../runtime/package-root.js';
import { benchBacklog } from './backlog.js';
import type { BenchOptions } from './bench-options.js';
import { benchIdle } from './idle.js';
import { benchInference } from './inference.js';
import { benchIntake } from './intake.js';
import { benchLatency } from './latency.js';
import { loadNow, thisMachine } from './machine.js';
import { benchMatching } from './matching.js';
import { benchMemory } from './memory.js';
import { benchMesh } from './mesh.js';
import { benchPage } from './page.js';
import { benchRestart } from './restart.js';
import { benchRelayCost } from './relay-cost.js';
import { benchSoak } from './soak.js';
import type { BenchRow } from './table.js';
import { formatTable } from './table.js';

type Part = (options: BenchOptions) => Promise<readonly BenchRow[]>;

/** Each can be asked for by its name. */
const PARTS: Readonly<Record<string, Part>> = {
  matching: benchMatching,
  backlog: benchBacklog,
  intake: ({ folder }) => benchIntake(folder),
  latency: benchLatency,
  memory: benchMemory,
  restart: benchRestart,
  idle: benchIdle,
  mesh: benchMesh,
  'relay-cost': benchRelayCost,
  inference: benchInference,
  page: benchPage,
  soak: benchSoak,
};

/** Takes an hour, so only who asks for it gets it. */
const ON_REQUEST = new Set(['soak']);

const words = process.argv.slice(2);
const flags = new Set(words.filter((word) => word.startsWith('--')));
const names = words.filter((word) => !word.startsWith('--'));
const unknown =
  names.find((name) => !Object.hasOwn(PARTS, name)) ??
  [...flags].find((flag) => flag !== '--small' && flag !== '--save');
if (unknown !== undefined) {
  process.stderr.write(`"${unknown}" is none of ${Object.keys(PARTS).join(', ')}, --small, --save\n`);
  process.exitCode = 1;
} else {
  const isWanted = (name: string): boolean =>
    names.length === 0 ? !ON_REQUEST.has(name) : names.includes(name);
  await measure(Object.entries(PARTS).filter(([name]) => isWanted(name)));
}

async function measure(parts: readonly (readonly [string, Part])[]): Promise<void> {
  // The agent names its logs by their real paths.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'hview-bench-')));
  const rows: BenchRow[] = [];
  const { version, commit, description } = thisMachine();
  const heading = `hview ${version}, commit ${commit}; ${description}; before: ${loadNow()}\n\n`;
  try {
    for (const [name, part] of parts) {
      process.stderr.write(`measuring ${name}; ${loadNow()}\n`);
      try {
        const measured = await part({ folder, isSmall: flags.has('--small') });
        for (const row of measured) process.stderr.write(`  ${row.name}: ${row.result}\n`);
        rows.push(...measured);
      } catch (error) {
        process.exitCode = 1;
        rows.push({ name, result: 'not measured', detail: describeError(error) });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const text = `${heading}${formatTable(rows)}`;
  process.stdout.write(text);
  if (!flags.has('--save')) return;
  const results = join(packageRoot(), 'test', 'bench', 'results');
  mkdirSync(results, { recursive: true });
  const file = join(results, `${version}-${new Date().toISOString().slice(0, 10)}.md`);
  writeFileSync(file, `# Measured with hview ${version}\n\n${text}`);
  process.stderr.write(`saved as ${file}\n`);
}
