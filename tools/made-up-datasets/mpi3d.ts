import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { constants, deflateRawSync } from "node:zlib";

const PICTURE = 64 * 64 * 3;
const SHAPES = { toy: [6, 6, 2, 3, 3, 40, 40], complex: [4, 4, 2, 3, 3, 40, 40] } as const;

interface Mpi3dFile {
  variant?: keyof typeof SHAPES;
  /** As `numpy.savez_compressed` writes it. */
  deflated?: boolean;
  /** Shape that the array has instead of [number of pictures, 64, 64, 3]. */
  shape?: readonly number[];
  name?: string;
  type?: string;
  fortran?: boolean;
}

/** Byte j of picture i, where pictures are not black. */
export const mpi3dByte = (i: number, j: number) => (31 * i + j) % 251;
/** Pictures that are not black, besides the first three and the last. */
export const MPI3D_SEEN = [1600, 28_801];

/**
 * A file with all of its pictures, nearly all black: on disks that leave holes out it takes some kilobytes. Checksums are 0.
 */
export function writeMpi3d(folder: string, file: Mpi3dFile = {}): string {
  const { variant = "toy", deflated = false, name = "images", type = "|u1", fortran = false } = file;
  const count = SHAPES[variant].reduce((product: number, length) => product * length, 1);
  const shape = file.shape ?? [count, 64, 64, 3];
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `mpi3d_${variant}.npz`);
  const text = `{'descr': '${type}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${shape.join(", ")}), }`;
  const npy = Buffer.from(`\x93NUMPY\x01\x00v\x00${text.padEnd(117)}\n`, "latin1");
  const size = npy.length + shape.reduce((product, length) => product * length, 1) * (type === "<f4" ? 4 : 1);
  const member = Buffer.from(`${name}.npy`);
  const start = 30 + member.length + 20;
  const out = openSync(path, "w");
  const seen = [0, 1, 2, ...MPI3D_SEEN, count - 1];
  let compressed = size;
  if (deflated) compressed = writeDeflated(out, start, npy, size);
  else {
    writeSync(out, npy, 0, npy.length, start);
    const isWhole = shape.reduce((product, length) => product * length, 1) === count * PICTURE;
    if (isWhole) for (const i of seen) writeSync(out, pictureOf(i), 0, PICTURE, start + npy.length + i * PICTURE);
  }
  const method = deflated ? 8 : 0;
  const extra = (sizes: readonly number[]) => {
    const bytes = Buffer.alloc(4 + 8 * sizes.length);
    bytes.writeUInt16LE(1, 0);
    bytes.writeUInt16LE(8 * sizes.length, 2);
    for (const [i, each] of sizes.entries()) bytes.writeBigUInt64LE(BigInt(each), 4 + 8 * i);
    return bytes;
  };
  const fields = (bytes: Buffer, at: number) => {
    bytes.writeUInt16LE(45, at);
    bytes.writeUInt16LE(method, at + 4);
    bytes.writeUInt16LE(33, at + 8);
    bytes.writeUInt32LE(0xffffffff, at + 14);
    bytes.writeUInt32LE(0xffffffff, at + 18);
    bytes.writeUInt16LE(member.length, at + 22);
    bytes.writeUInt16LE(20, at + 24);
  };
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  fields(local, 4);
  writeSync(out, Buffer.concat([local, member, extra([size, compressed])]), 0, start, 0);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(45, 4);
  fields(central, 6);
  const directory = Buffer.concat([central, member, extra([size, compressed])]);
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(45, 12);
  end64.writeUInt16LE(45, 14);
  const at = start + compressed;
  for (const [place, value] of [
    [24, 1],
    [32, 1],
    [40, directory.length],
    [48, at],
  ] as const)
    end64.writeBigUInt64LE(BigInt(value), place);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at + directory.length), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(0xffffffff, 16);
  const tail = Buffer.concat([directory, end64, locator, end]);
  ftruncateSync(out, at);
  writeSync(out, tail, 0, tail.length, at);
  closeSync(out);
  return path;
}

function pictureOf(i: number): Buffer {
  return Buffer.from(Array.from({ length: PICTURE }, (_, j) => mpi3dByte(i, j)));
}

/** The first three pictures, then black: the same compressed mebibyte again and again. */
function writeDeflated(out: number, start: number, npy: Buffer, size: number): number {
  const block = 1 << 20;
  const flush = { finishFlush: constants.Z_SYNC_FLUSH };
  const black = deflateRawSync(Buffer.alloc(block), flush);
  const head = Buffer.concat([npy, pictureOf(0), pictureOf(1), pictureOf(2)]);
  const blocks = Math.floor((size - head.length) / block);
  const parts = [deflateRawSync(head, flush), ...Array<Buffer>(blocks).fill(black)];
  parts.push(deflateRawSync(Buffer.alloc(size - head.length - blocks * block)));
  const bytes = Buffer.concat(parts);
  writeSync(out, bytes, 0, bytes.length, start);
  return bytes.length;
}
