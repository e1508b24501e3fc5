import { type FileHandle, open } from "node:fs/promises";
import type { NpzFile } from "@latentflow/checkpoints";
import { DatasetsError } from "../errors.js";
import { resizePicture } from "./decode.js";
import type { Pictures, RawPicture } from "./pictures.js";

/** Bytes that are read at once where pictures are read in order. */
const BLOCK_BYTES = 1 << 22;

interface PictureArray {
  readonly file: string;
  readonly npz: NpzFile;
  /** Name of the array in the archive. */
  readonly array: string;
  readonly count: number;
  readonly width: number;
  readonly height: number;
}

/** Pictures of an array of bytes in an npz archive: a stored one is read in place, a deflated one from its beginning. */
export async function pictureArray(array: PictureArray): Promise<Pictures> {
  const offset = await array.npz.elementsOffset(array.array);
  return offset === null ? deflated(array) : stored(array, offset, await open(array.file, "r"));
}

async function verify({ npz, array, count, width, height }: PictureArray): Promise<void> {
  for await (const _ of npz.slices(array, { shape: [count, height, width, 3] }));
}

function stored(array: PictureArray, offset: number, handle: FileHandle): Pictures {
  const { file, npz, width, height } = array;
  const bytes = width * height * 3;
  const read = async (index: number, count: number): Promise<Uint8Array> => {
    const block = new Uint8Array(count * bytes);
    let done = 0;
    while (done < block.length) {
      const { bytesRead } = await handle.read(block, done, block.length - done, offset + index * bytes + done);
      if (bytesRead === 0)
        throw new DatasetsError(`Dataset: ${file} became shorter while it was read; is it still being copied?`);
      done += bytesRead;
    }
    return block;
  };
  return {
    size: [width, height],
    async read(index, resize) {
      const picture = { width, height, data: await read(index, 1) };
      return resize === undefined ? picture : resizePicture(picture, resize);
    },
    async *run(start, end) {
      const rows = Math.max(1, Math.floor(BLOCK_BYTES / bytes));
      const blockAt = (index: number) => read(index, Math.min(rows, end - index));
      let next = start < end ? blockAt(start) : undefined;
      for (let index = start; index < end; index += rows) {
        const block = await next!;
        // The disk works while the pictures are used. A failure is told when its turn comes.
        next = index + rows < end ? blockAt(index + rows) : undefined;
        next?.catch(() => undefined);
        // Copies: a block would stay in memory as long as one of its pictures is kept.
        for (let at = 0; at < block.length; at += bytes) yield { width, height, data: block.slice(at, at + bytes) };
      }
    },
    verify: () => verify(array),
    async close() {
      await handle.close();
      await npz.close();
    },
  };
}

function deflated(whole: PictureArray): Pictures {
  const { file, npz, array, count, width, height } = whole;
  const inOrderOnly = `${file} is compressed, so its pictures can be read in order alone; unpacked once and zipped without compression ("zip -0") any can be read at any time`;
  return {
    size: [width, height],
    inOrderOnly,
    read(index) {
      throw new DatasetsError(`Dataset: expected pictures that can be read at any place, got number ${index}: ${inOrderOnly}.`);
    },
    async *run(start, end): AsyncGenerator<RawPicture> {
      const bytes = width * height * 3;
      const shape = [count, height, width, 3];
      for await (const { tensor } of npz.slices(array, {
        shape,
        start,
        end,
        rows: Math.max(1, Math.floor(BLOCK_BYTES / bytes)),
      })) {
        const block = tensor.data as Uint8Array;
        for (let at = 0; at < block.length; at += bytes) yield { width, height, data: block.slice(at, at + bytes) };
      }
    },
    verify: () => verify(whole),
    close: () => npz.close(),
  };
}
