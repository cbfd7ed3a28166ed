import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { packageRoot, packageVersion } from '../../runtime/package-root.js';

/** Where and of what figures were taken. */
export interface Machine {
  readonly version: string;
  /** Short, with a `+` when files differ from it; empty outside a repository. */
  readonly commit: string;
  readonly description: string;
}

/** More of the last minute than this share of the cores, and figures say less about us than about the neighbours. */
const BUSY_SHARE = 0.5;

export function thisMachine(): Machine {
  const [cpu] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return {
    version: packageVersion(),
    commit: commit(),
    description: `Node ${process.version}, ${cpus().length} cores of ${cpu?.model.trim() ?? '?'}, ${gigabytes} GB, ${process.platform} ${process.arch}`,
  };
}

/** How much others do; the load that the measurements make themselves counts as well once they run. */
export function loadNow(): string {
  const [lastMinute = 0] = loadavg();
  const isBusy = lastMinute > cpus().length * BUSY_SHARE;
  return `load average ${lastMinute.toFixed(1)}${isBusy ? ', so NOT idle' : ', idle'}`;
}

function commit(): string {
  try {
    const git = (...words: readonly string[]): string =>
      execFileSync('git', words, {
        cwd: packageRoot(),
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    return `${git('rev-parse', '--short', 'HEAD').trim()}${git('status', '--porcelain').trim() === '' ? '' : '+'}`;
  } catch {
    return '';
  }
}
