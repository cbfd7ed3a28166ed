/** Measures and prints a table: `npm run bench`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchIntake } from './intake.js';
import { benchMatching } from './matching.js';
import { formatTable } from './table.js';

const folder = mkdtempSync(join(tmpdir(), 'hview-bench-'));
try {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const [cpu] = cpus();
  process.stdout.write(
    `Node ${process.version}, ${cpus().length} cores of ${cpu?.model.trim() ?? '?'}, commit ${commit}\n\n`,
  );
  process.stdout.write(formatTable([...(await benchMatching(folder)), ...(await benchIntake(folder))]));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
