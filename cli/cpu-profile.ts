import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { fileError } from '../runtime/errors.js';

/** Profiles this process until `stop`, which writes the profile (for Chrome's developer tools). Throws FILE_UNWRITABLE. */
export async function startCpuProfile(file: string): Promise<{ stop(): Promise<void> }> {
  try {
    // Now rather than at the end, when the work would be lost.
    writeFileSync(file, '');
  } catch (error) {
    throw fileError('FILE_UNWRITABLE', 'cannot write the profile to', file, error);
  }
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return {
    async stop() {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      writeFileSync(file, JSON.stringify(profile));
    },
  };
}
