/** One measured case. */
export interface BenchRow {
  readonly name: string;
  readonly result: string;
  readonly detail: string;
}

export function formatTable(rows: readonly BenchRow[]): string {
  return rows.map(({ name, result, detail }) => `${name}: ${result}\n    ${detail}\n`).join('');
}
