import { panoramaToWire } from './codec.js';
import { DumpPanoramaReply } from './generated/idl/service.js';
import type { Panorama } from './model.js';

/** How long other calls wait at most while a large reply is encoded, milliseconds. */
const SLICE_MS = 10;

/**
 * The DumpPanoramaReply that holds these panoramas, encoded subject by subject with other work in
 * between: a thousand subjects take half a second. Messages one after the other are one message with
 * the entries of all.
 */
export async function encodePanoramas(panoramas: ReadonlyMap<string, Panorama>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let sliceBeganMs = performance.now();
  for (const [subject, panorama] of panoramas) {
    parts.push(DumpPanoramaReply.encode({ panoramas: { [subject]: panoramaToWire(panorama) } }).finish());
    if (performance.now() - sliceBeganMs > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceBeganMs = performance.now();
    }
  }
  return Buffer.concat(parts);
}
