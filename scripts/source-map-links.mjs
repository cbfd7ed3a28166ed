#!/usr/bin/env node
// The package holds no source maps, so what npm packs must not point to them: `remove` takes the pointers
// out of what was compiled, `add` puts them back for those who work here.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [, , deed] = process.argv;
if (deed !== 'remove' && deed !== 'add') throw new Error('Say remove or add.');
const built = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
for (const name of readdirSync(built, { recursive: true, encoding: 'utf8' })) {
  const file = join(built, name);
  if (!name.endsWith('.js') || !existsSync(`${file}.map`)) continue;
  const text = readFileSync(file, 'utf8');
  const code = text.replace(/\/\/# sourceMappingURL=.*\s*$/, '').trimEnd();
  writeFileSync(
    file,
    deed === 'remove' ? `${code}\n` : `${code}\n//# sourceMappingURL=${basename(file)}.map`,
  );
}
