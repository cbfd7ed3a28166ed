/** One measured case. */
export interface BenchRow {
  /** What was measured. */
  readonly name: string;
  /** The figure, with its unit. */
  readonly result: string;
  /** The figure as a ratio to something that was measured beside it, or is known. */
  readonly ratio?: string;
  readonly target?: Target;
  /** What else there is to know of it. */
  readonly detail: string;
}

interface Target {
  /** `< 50 ms`. */
  readonly text: string;
  readonly isMet: boolean;
}

export function atLeast(value: number, least: number, unit: string): Target {
  return { text: `≥ ${least.toLocaleString('en')} ${unit}`, isMet: value >= least };
}

export function below(value: number, limit: number, unit: string): Target {
  return { text: `< ${limit.toLocaleString('en')} ${unit}`, isMet: value < limit };
}

/** Markdown. */
export function formatTable(rows: readonly BenchRow[]): string {
  const cells = rows.map(({ name, result, ratio = '', target, detail }) => {
    const promised = target === undefined ? '' : `${target.text}: ${target.isMet ? 'met' : 'MISSED'}`;
    return `| ${[name, result, ratio, promised, detail].map(escape).join(' | ')} |\n`;
  });
  return `| Measured | Figure | Beside it | Target | |\n|---|---|---|---|---|\n${cells.join('')}`;
}

function escape(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** `of` ascending; NaN when there is nothing. */
export function percentile(of: readonly number[], share: number): number {
  return of[Math.min(of.length - 1, Math.floor(of.length * share))] ?? NaN;
}
