import { describeValue } from "@latentflow/core";
import { CheckpointError, describe, EndOfDataError } from "./errors.js";

/**
 * Where a file comes from: its bytes, a Blob or File, a fetch Response (read to its end), or in Node a path or file: URL (read piece by
 * piece, so that memory holds the tensors and not the file too).
 */
export type CheckpointSource = Uint8Array | ArrayBuffer | Blob | Response | string | URL;

/** Bytes that can be read at any place. */
export interface ByteSource {
  readonly size: number;
  /** The bytes [offset, offset + length); may be a view of memory that the source keeps: read it, don't write it. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * The bytes [offset, offset + length) at a multiple of `alignment`, without a copy of their own: they are moved down by less than
   * `alignment` bytes over what stands before them. Only where the memory belongs to the reader and what stands before is done with.
   */
  takeAligned?(offset: number, length: number, alignment: number): Uint8Array<ArrayBuffer>;
  close(): Promise<void>;
}

/** Opens a source. Who opens it closes it. */
export async function openSource(source: CheckpointSource): Promise<ByteSource> {
  if (source instanceof Uint8Array) return bytesSource(source);
  if (source instanceof ArrayBuffer) return bytesSource(new Uint8Array(source));
  if (source instanceof Blob) return blobSource(source);
  if (source instanceof Response) {
    if (!source.ok) throw new CheckpointError(`expected a successful response, got HTTP status ${source.status}.`);
    const body = await source.arrayBuffer().catch((cause: Error) => unreadable("the response", cause));
    return bytesSource(new Uint8Array(body));
  }
  if (typeof source === "string" || source instanceof URL) return fileSource(source);
  throw new CheckpointError(`expected bytes, a Blob, a Response or a path, got ${describeValue(source)}.`);
}

/** Opens `source`, runs `work`, closes it whatever happens. */
export async function withSource<T>(source: CheckpointSource, work: (bytes: ByteSource) => Promise<T>): Promise<T> {
  const bytes = await openSource(source);
  try {
    return await work(bytes);
  } finally {
    await bytes.close();
  }
}

export function bytesSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      checkRange(offset, length, bytes.length);
      return bytes.subarray(offset, offset + length);
    },
    async close() {},
  };
}

/** Memory that belongs to the reader: it may be rearranged, and become part of the result. */
export function ownedSource(bytes: Uint8Array<ArrayBuffer>): ByteSource {
  return {
    ...bytesSource(bytes),
    takeAligned(offset, length, alignment) {
      checkRange(offset, length, bytes.length);
      const shift = (bytes.byteOffset + offset) % alignment;
      const start = offset - shift;
      if (shift > 0) bytes.copyWithin(start, offset, offset + length);
      return bytes.subarray(start, start + length);
    },
  };
}

function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    async read(offset, length) {
      checkRange(offset, length, blob.size);
      const part = blob.slice(offset, offset + length).arrayBuffer();
      return new Uint8Array(await part.catch((cause: Error) => unreadable("the Blob", cause)));
    },
    async close() {},
  };
}

function unreadable(what: string, cause: Error): never {
  throw new CheckpointError(`${what} could not be read: ${cause.message}.`, undefined, { cause });
}

/** Room for bytes of the file. A file with a hole can be larger than any memory. */
function allocate(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    return unreadable(`a part of ${length} bytes`, cause as Error);
  }
}

/** Systems read no more at once. */
const LONGEST_READ = 1 << 30;

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "no permission to read it",
  EPERM: "no permission to read it",
  EMFILE: "this process has too many files open",
  ENFILE: "the system has too many files open",
};

async function fileSource(path: string | URL): Promise<ByteSource> {
  if (/^https?:/.test(String(path)))
    throw new CheckpointError(`expected a path, got ${describe(String(path))}: pass \`await fetch(url)\` instead.`);
  // Not an import: bundlers for browsers would try to resolve it.
  const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  if (!fs)
    throw new CheckpointError(
      `expected bytes, a Blob or a Response: paths such as ${describe(String(path))} can be read in Node only.`,
    );
  const name = describe(String(path));
  const open = async () => {
    const stat = await fs.stat(path);
    if (stat.isDirectory()) throw new CheckpointError(`expected a file, got the folder ${name}.`);
    // A pipe, such as /dev/stdin, has no size and no places to read at; opening one may wait for ever.
    if (!stat.isFile()) throw new CheckpointError(`expected a file, got ${name}: read it first and give its bytes.`);
    return { file: await fs.open(path, "r"), size: stat.size };
  };
  const { file, size } = await open().catch((cause: NodeJS.ErrnoException) => {
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError(`could not open ${name}: ${WHY[cause.code ?? ""] ?? cause.message}.`, undefined, { cause });
  });
  return {
    size,
    async read(offset, length) {
      checkRange(offset, length, size);
      const bytes = allocate(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file
          .read(bytes, done, Math.min(length - done, LONGEST_READ), offset + done)
          .catch((cause: Error) => unreadable(name, cause));
        if (bytesRead === 0) throw new EndOfDataError("the file became shorter while it was read.", offset + done);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

function checkRange(offset: number, length: number, size: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new EndOfDataError(`expected ${length} bytes here, but the file ends at byte ${size}.`, offset);
}
