import { crc32 } from "node:zlib";

/** One array of an npz archive, its bytes delivered piece by piece. */
export interface NpzEntry {
  readonly name: string;
  readonly header: Uint8Array;
  /** Bytes of `data` in all. */
  readonly byteLength: number;
  readonly data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Fields of a local or central header that tell a reader to look for 64-bit sizes in the extra field. */
const IN_EXTRA_FIELD = 0xffffffff;
const VERSION_ZIP64 = 45;
/** Bit 3: the checksum follows the data, since a stream's is known only at its end. */
const CHECKSUM_FOLLOWS = 8;
/** 1 January 1980: archives of equal content are equal files. */
const DATE = 0x21;

/**
 * A zip archive of stored npy files, as NumPy's `savez` writes it, always in zip64 form so that any size fits.
 * Layout: PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12–16 (central directory).
 */
export async function* npzBytes(entries: readonly NpzEntry[]): AsyncGenerator<Uint8Array> {
  let offset = 0;
  const directory: Buffer[] = [];
  for (const { name, header, byteLength, data } of entries) {
    const file = Buffer.from(`${name}.npy`);
    const size = header.length + byteLength;
    const local = localHeader(file, size);
    yield local;
    let checksum = crc32(header);
    yield header;
    for await (const piece of data) {
      checksum = crc32(piece, checksum);
      yield piece;
    }
    const descriptor = Buffer.alloc(24);
    descriptor.writeUInt32LE(0x08074b50, 0);
    descriptor.writeUInt32LE(checksum, 4);
    descriptor.writeBigUInt64LE(BigInt(size), 8);
    descriptor.writeBigUInt64LE(BigInt(size), 16);
    yield descriptor;
    directory.push(centralHeader(file, size, checksum, offset));
    offset += local.length + size + descriptor.length;
  }
  yield* directory;
  yield endOfArchive(entries.length, offset, Buffer.concat(directory).length);
}

function localHeader(file: Buffer, size: number): Buffer {
  const header = Buffer.alloc(30 + file.length + 20);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(VERSION_ZIP64, 4);
  header.writeUInt16LE(CHECKSUM_FOLLOWS, 6);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(IN_EXTRA_FIELD, 18);
  header.writeUInt32LE(IN_EXTRA_FIELD, 22);
  header.writeUInt16LE(file.length, 26);
  header.writeUInt16LE(20, 28);
  file.copy(header, 30);
  writeExtra(header, 30 + file.length, [size, size]);
  return header;
}

function centralHeader(file: Buffer, size: number, checksum: number, offset: number): Buffer {
  const header = Buffer.alloc(46 + file.length + 28);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(VERSION_ZIP64, 4);
  header.writeUInt16LE(VERSION_ZIP64, 6);
  header.writeUInt16LE(CHECKSUM_FOLLOWS, 8);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(checksum, 16);
  header.writeUInt32LE(IN_EXTRA_FIELD, 20);
  header.writeUInt32LE(IN_EXTRA_FIELD, 24);
  header.writeUInt16LE(file.length, 28);
  header.writeUInt16LE(28, 30);
  header.writeUInt32LE(IN_EXTRA_FIELD, 42);
  file.copy(header, 46);
  writeExtra(header, 46 + file.length, [size, size, offset]);
  return header;
}

/** The zip64 extra field: 64-bit numbers in the order of the fields that they replace. */
function writeExtra(header: Buffer, at: number, numbers: readonly number[]): void {
  header.writeUInt16LE(1, at);
  header.writeUInt16LE(8 * numbers.length, at + 2);
  numbers.forEach((number, i) => {
    header.writeBigUInt64LE(BigInt(number), at + 4 + 8 * i);
  });
}

/** The zip64 end record, its locator, and the classic end record that points readers to them. */
function endOfArchive(entries: number, directoryOffset: number, directorySize: number): Buffer {
  const end = Buffer.alloc(56 + 20 + 22);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(VERSION_ZIP64, 12);
  end.writeUInt16LE(VERSION_ZIP64, 14);
  end.writeBigUInt64LE(BigInt(entries), 24);
  end.writeBigUInt64LE(BigInt(entries), 32);
  end.writeBigUInt64LE(BigInt(directorySize), 40);
  end.writeBigUInt64LE(BigInt(directoryOffset), 48);
  end.writeUInt32LE(0x07064b50, 56);
  end.writeBigUInt64LE(BigInt(directoryOffset + directorySize), 64);
  end.writeUInt32LE(1, 72);
  end.writeUInt32LE(0x06054b50, 76);
  end.writeUInt16LE(0xffff, 84);
  end.writeUInt16LE(0xffff, 86);
  end.writeUInt32LE(IN_EXTRA_FIELD, 88);
  end.writeUInt32LE(IN_EXTRA_FIELD, 92);
  return end;
}
