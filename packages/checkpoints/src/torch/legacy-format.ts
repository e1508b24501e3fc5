import type { Budget } from "../budget.js";
import { dtypes, type TypedArray } from "../dtypes.js";
import { decodeElements, pieces } from "../elements.js";
import { CheckpointError, describe } from "../errors.js";
import { pythonGlobals } from "../pickle/common-globals.js";
import { Cursor } from "../pickle/cursor.js";
import { type FindGlobal, type PickleHost, PickleMachine } from "../pickle/machine.js";
import { PickledGlobal } from "../pickle/values.js";
import type { ByteSource } from "../source.js";
import { Storage, storageType, type TensorCollector } from "./storages.js";

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

interface LegacyStorage {
  readonly key: string;
  /** Elements (bytes, if untyped) that the persistent id promises; the file repeats the number before the data. */
  readonly count: number;
  readonly itemSize: number;
  /** Where its count stands in the file; known when the list of keys has been read. */
  position: number | undefined;
}

/**
 * PyTorch's stream format, before 1.6 and still inside NVlabs pickles: five pickles (magic number, protocol version, system info, the
 * object, the sorted storage keys), then for each key an int64 count and the raw elements.
 *
 * @param head the first bytes of the file, long enough for the pickles (else EndOfDataError)
 * @param source the whole file
 * @param base offset of `head` in an enclosing file, for messages
 */
export function readLegacyHead(
  head: Uint8Array,
  source: ByteSource,
  findGlobal: FindGlobal,
  tensors: TensorCollector,
  budget: Budget,
  base = 0,
): unknown {
  if (head[0] !== 0x80) {
    throw new CheckpointError("expected a PyTorch file: a zip archive, or a stream of pickles of protocol 2 or later.", base);
  }
  const cursor = new Cursor(head, base);
  const plain: PickleHost = { findGlobal: pythonGlobals };
  const next = (host: PickleHost) => new PickleMachine(cursor, host, budget).run();

  if (next(plain) !== LEGACY_MAGIC) throw new CheckpointError("expected PyTorch's magic number.", base);
  const version = next(plain);
  if (version !== 1001)
    throw new CheckpointError(`expected version 1001 of PyTorch's stream format, got ${describe(version)}.`, base);
  next(plain); // system info: the data is little-endian whatever it says

  const storages = new Map<string, { storage: Storage; place: LegacyStorage }>();
  const value = next({
    findGlobal,
    persistentLoad: (id, machine) => {
      const { type, key, count, view } = parsePersistentId(id, machine);
      const existing = storages.get(key);
      const root = existing ?? makeStorage(source, type, key, count, machine, tensors);
      storages.set(key, root);
      if (view === null) return root.storage;
      return machine.fail(
        "views of storages, as PyTorch 0.1 wrote them, are not supported. Save the file again with a newer PyTorch.",
      );
    },
  });

  const keys = next(plain);
  if (!Array.isArray(keys)) throw new CheckpointError(`expected the list of storage keys, got ${describe(keys)}.`, cursor.offset);
  let position = cursor.position;
  for (const key of keys) {
    const place = storages.get(String(typeof key === "string" ? key : ""))?.place;
    if (!place) throw new CheckpointError(`the file lists a storage ${describe(key)} that no tensor uses.`, cursor.offset);
    place.position = position;
    position += 8 + place.count * place.itemSize;
  }
  return value;
}

function makeStorage(
  source: ByteSource,
  type: string,
  key: string,
  count: number,
  machine: PickleMachine,
  tensors: TensorCollector,
): { storage: Storage; place: LegacyStorage } {
  const dtype = storageType(type, machine.offset);
  const place: LegacyStorage = { key, count, itemSize: dtype ? dtypes[dtype].itemSize : 1, position: undefined };
  // Before anything is allocated: a storage can't be larger than the file that holds it.
  if (count * place.itemSize > source.size)
    machine.fail(`storage ${key} has ${count} elements, more than the file of ${source.size} bytes.`);
  const read = (elementType: keyof typeof dtypes, length: number) => readLegacyStorage(source, place, elementType, length);
  return { storage: tensors.addStorage(machine, new Storage(dtype ?? "uint8", count, dtype === undefined, read)), place };
}

async function readLegacyStorage(
  source: ByteSource,
  place: LegacyStorage,
  dtype: keyof typeof dtypes,
  length: number,
): Promise<TypedArray> {
  const { position } = place;
  if (position === undefined)
    throw new CheckpointError(`storage ${describe(place.key)} is used, but its data is not in the file.`);
  const stored = new Cursor(await source.read(position, 8), position).count64();
  if (stored !== place.count)
    throw new CheckpointError(`expected a storage of ${place.count} elements, got ${stored}.`, position);
  const bytes = place.count * place.itemSize;
  if (position + 8 + bytes > source.size)
    throw new CheckpointError(`storage ${place.key} of ${bytes} bytes reaches beyond the end of the file.`, position);
  const { itemSize, Array: Elements, narrow } = dtypes[dtype];
  if (source.takeAligned && !narrow) {
    // The count before the data has been read: there is room to move over.
    const { buffer, byteOffset } = source.takeAligned(position + 8, length * itemSize, itemSize);
    return new Elements(buffer, byteOffset, length);
  }
  return decodeElements(pieces(source, position + 8, length * dtypes[dtype].itemSize), dtype, length, false, position + 8);
}

/** ('storage', type, key, location, numel[, view metadata]) */
export function parsePersistentId(
  id: unknown,
  machine: PickleMachine,
): { type: string; key: string; count: number; view: unknown } {
  const fields = Array.isArray(id) ? id : [];
  const [kind, type, key, , count, view] = fields as unknown[];
  const named = type instanceof PickledGlobal && (typeof key === "string" || typeof key === "number");
  if (kind !== "storage" || !named || !Number.isSafeInteger(count) || (count as number) < 0) {
    return machine.fail("expected a persistent id ('storage', type, key, location, number of elements).");
  }
  return { type: type.name, key: String(key), count: count as number, view: view ?? null };
}
