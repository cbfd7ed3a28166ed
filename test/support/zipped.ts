import { crc32, deflateRawSync } from 'node:zlib';

/** A zip archive of one file, as far as its end: lengths and checksum stand behind the bytes, as in a stream. */
export function zipped(name: string, bytes: Buffer): Buffer {
  const header = Buffer.alloc(30);
  header.write('PK\u0003\u0004', 'latin1');
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 6);
  header.writeUInt16LE(8, 8);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  const packed = deflateRawSync(bytes);
  const descriptor = Buffer.alloc(16);
  descriptor.write('PK\u0007\u0008', 'latin1');
  descriptor.writeUInt32LE(crc32(bytes), 4);
  descriptor.writeUInt32LE(packed.length, 8);
  descriptor.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([header, Buffer.from(name), packed, descriptor]);
}
