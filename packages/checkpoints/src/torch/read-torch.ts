import { Budget } from "../budget.js";
import { dtypes } from "../dtypes.js";
import { decodeElements } from "../elements.js";
import { CheckpointError, describe, EndOfDataError, named } from "../errors.js";
import { firstOf, pythonGlobals } from "../pickle/common-globals.js";
import { Cursor } from "../pickle/cursor.js";
import { type FindGlobal, PickleMachine } from "../pickle/machine.js";
import { numpyGlobals } from "../pickle/numpy-globals.js";
import type { PickleValue } from "../pickle/values.js";
import { type ReadOptions, readReadOptions } from "../read-options.js";
import { type ByteSource, type CheckpointSource, withSource } from "../source.js";
import { ZipArchive, type ZipEntry } from "../zip.js";
import { torchGlobals } from "./globals.js";
import { parsePersistentId, readLegacyHead } from "./legacy-format.js";
import { Storage, storageType, TensorCollector } from "./storages.js";

/**
 * Reads a file that `torch.save` wrote: the zip format (PyTorch ≥ 1.6) or the older stream. Values arrive as PickleValue says; tensors are
 * TensorData, row-major whatever their strides were. Nothing in the file is run: names outside an allow-list are errors.
 *
 * @throws CheckpointError for damaged, hostile or unsupported files
 */
export async function readTorch(source: CheckpointSource, options: ReadOptions = {}): Promise<PickleValue> {
  const { maxBytes } = readReadOptions("readTorch", options);
  return named("readTorch", () =>
    withSource(source, async (file) => {
      const budget = Budget.forFile(file.size, maxBytes);
      const tensors = new TensorCollector();
      const findGlobal = firstOf(pythonGlobals, torchGlobals(tensors), numpyGlobals);
      const value = (await isZip(file))
        ? await readZipPickle(file, findGlobal, tensors, budget)
        : await readStream(file, findGlobal, tensors, budget);
      await tensors.fill(budget);
      return value;
    }),
  );
}

async function isZip(file: ByteSource): Promise<boolean> {
  const head = await file.read(0, Math.min(4, file.size));
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

/** `<root>/data.pkl`, `<root>/data/<key>`, `<root>/byteorder`. */
async function readZipPickle(
  file: ByteSource,
  findGlobal: FindGlobal,
  tensors: TensorCollector,
  budget: Budget,
): Promise<unknown> {
  const zip = await ZipArchive.open(file, budget, { zeroChecksums: true });
  const [pickle, another] = [...zip.entries.values()].filter((entry) => /^[^/]*\/?data\.pkl$/.test(entry.name));
  if (another) throw new CheckpointError(`expected one data.pkl, got ${describe(pickle!.name)} and ${describe(another.name)}.`);
  if (!pickle) {
    const found = [...zip.entries.keys()].slice(0, 5).map(describe).join(", ");
    throw new CheckpointError(`expected a PyTorch file with a member data.pkl, got a zip archive of ${found || "nothing"}.`);
  }
  const root = pickle.name.slice(0, -"data.pkl".length);
  if (zip.entries.has(`${root}constants.pkl`)) {
    throw new CheckpointError("expected a file of torch.save, got a TorchScript archive. Save `module.state_dict()` instead.");
  }
  const bigEndian = await isBigEndian(zip, zip.entries.get(`${root}byteorder`));
  budget.chargeValues(pickle.size, "data.pkl");
  const bytes = await zip.read(pickle);

  const storages = new Map<string, Storage>();
  const machine: PickleMachine = new PickleMachine(
    new Cursor(bytes, pickle.deflated ? 0 : await zip.dataOffset(pickle)),
    {
      findGlobal,
      persistentLoad: (id): Storage => {
        const { type, key, count } = parsePersistentId(id, machine);
        const known = storages.get(key);
        if (known) return known;
        const dtype = storageType(type, machine.offset);
        const entry = zip.entries.get(`${root}data/${key}`);
        const bytesNeeded = count * (dtype ? dtypes[dtype].itemSize : 1);
        if (!entry) return machine.fail(`the tensor data ${describe(key)} is not in the file.`);
        if (entry.size < bytesNeeded)
          return machine.fail(`storage ${describe(key)} needs ${bytesNeeded} bytes, its member has ${entry.size}.`);
        const read: Storage["read"] = (type, length) =>
          decodeElements(zip.checked(entry, 0), type, length, bigEndian, entry.headerOffset);
        const storage = tensors.addStorage(machine, new Storage(dtype ?? "uint8", count, dtype === undefined, read));
        storages.set(key, storage);
        return storage;
      },
    },
    budget,
  );
  return machine.run();
}

async function isBigEndian(zip: ZipArchive, entry: ZipEntry | undefined): Promise<boolean> {
  if (!entry || entry.size > 16) return false;
  const order = new TextDecoder().decode(await zip.read(entry));
  if (order !== "little" && order !== "big")
    throw new CheckpointError(`expected byteorder little or big, got ${describe(order)}.`, entry.headerOffset);
  return order === "big";
}

/** The pickles at the front of a stream are short, the tensors behind them are not: read as much as the pickles turn out to need. */
async function readStream(file: ByteSource, findGlobal: FindGlobal, tensors: TensorCollector, budget: Budget): Promise<unknown> {
  await refuseTar(file);
  for (let length = 1 << 20; ; length *= 4) {
    budget.chargeValues(Math.min(length, file.size), "the pickles");
    const head = await file.read(0, Math.min(length, file.size));
    try {
      return readLegacyHead(head, file, findGlobal, tensors, budget);
    } catch (error) {
      if (!(error instanceof EndOfDataError) || length >= file.size) throw error;
      tensors.clear();
    }
  }
}

async function refuseTar(file: ByteSource): Promise<void> {
  if (file.size < 512) return;
  const magic = await file.read(257, 5);
  if (String.fromCharCode(...magic) !== "ustar") return;
  throw new CheckpointError(
    "the file is a tar archive, the format of PyTorch before 0.1.10. Load and save it again with a newer PyTorch.",
    257,
  );
}
