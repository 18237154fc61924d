import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  name: string;
  data: Buffer;
}

const VERSION = 20;
const DEFLATE = 8;
/** 1980-01-01, the oldest day the format knows: archives of equal content are equal. */
const DOS_DATE = 0x21;

/** A ZIP archive in pieces, one entry in memory at a time (PKWARE APPNOTE 6.3, no ZIP64: below 4 GB). */
export function* zip(entries: Iterable<ZipEntry>): Generator<Buffer> {
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data } of entries) {
    const packed = deflateRawSync(data);
    const fileName = Buffer.from(name);
    const fields = shared(data, packed, fileName);
    const local = Buffer.concat([signature(0x04034b50), fields, fileName]);
    directory.push(
      Buffer.concat([
        signature(0x02014b50),
        half(VERSION),
        fields,
        Buffer.alloc(10),
        whole(offset),
        fileName,
      ]),
    );
    offset += local.length + packed.length;
    yield local;
    yield packed;
  }
  const central = Buffer.concat(directory);
  yield central;
  const counts = [half(0), half(0), half(directory.length), half(directory.length)];
  yield Buffer.concat([signature(0x06054b50), ...counts, whole(central.length), whole(offset), half(0)]);
}

/** The fields that the local header and the directory have in common, in the same order. */
function shared(data: Buffer, packed: Buffer, name: Buffer): Buffer {
  const halves = [VERSION, 0, DEFLATE, 0, DOS_DATE].map(half);
  const wholes = [crc32(data), packed.length, data.length].map(whole);
  return Buffer.concat([...halves, ...wholes, half(name.length), half(0)]);
}

function signature(value: number): Buffer {
  return whole(value);
}

function half(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function whole(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
