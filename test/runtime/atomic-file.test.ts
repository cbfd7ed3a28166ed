import { describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../runtime/atomic-file.js';
import { inFolder } from '../support/followed-log.js';

describe('a file that is replaced as a whole', () => {
  it('holds the new text, and nothing is left beside it', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'state.json');
      writeFileSync(path, 'old');
      await writeFileAtomically(path, 'new');
      expect(readFileSync(path, 'utf8')).toBe('new');
      expect(readdirSync(folder)).toEqual(['state.json']);
    });
  });

  it('keeps the old one when the new one cannot take its place', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'state.json');
      mkdirSync(path);
      writeFileSync(join(path, 'inside'), '');
      await expect(writeFileAtomically(path, 'new')).rejects.toThrow();
      expect(readdirSync(folder)).toEqual(['state.json']);
      expect(readdirSync(path)).toEqual(['inside']);
    });
  });
});
