import { Budget } from "./budget.js";
import { CheckpointError, describe, named } from "./errors.js";
import { collectNetworks, type NvlabsNetwork } from "./nvlabs-networks.js";
import { callables, firstOf, makeMap, makeObject, pythonGlobals } from "./pickle/common-globals.js";
import { Cursor } from "./pickle/cursor.js";
import { Callable, type FindGlobal, PickleMachine } from "./pickle/machine.js";
import { numpyGlobals } from "./pickle/numpy-globals.js";
import { SIZES } from "./pickle/sizes.js";
import type { PickledObject } from "./pickle/values.js";
import { type ReadOptions, readReadOptions } from "./read-options.js";
import { bytesSource, type CheckpointSource, ownedSource, withSource } from "./source.js";
import { torchGlobals } from "./torch/globals.js";
import { readLegacyHead } from "./torch/legacy-format.js";
import { TensorCollector } from "./torch/storages.js";

/**
 * Reads a pickle of NVlabs' stylegan2-ada-pytorch or a relative of it: {training_set_kwargs, G, D, G_ema, augment_pipe}. Such a file carries
 * Python source that its own reader would execute; this one takes the values beside it and leaves the source unread.
 *
 * @returns the networks of the file by their key; keys with other values (null, training_set_kwargs) are left out
 * @throws CheckpointError for damaged, hostile or unsupported files
 */
export async function readNvlabsPickle(source: CheckpointSource, options: ReadOptions = {}): Promise<Map<string, NvlabsNetwork>> {
  const { maxBytes } = readReadOptions("readNvlabsPickle", options);
  return named("readNvlabsPickle", () =>
    withSource(source, async (file) => {
      const owned = !(source instanceof Uint8Array || source instanceof ArrayBuffer);
      const budget = Budget.forFile(file.size, maxBytes, owned ? file.size : 0);
      const tensors = new TensorCollector();
      // Tensors stand inside the pickle, so all of it is needed.
      const bytes = await file.read(0, file.size);
      if (bytes[0] === 0x50 && bytes[1] === 0x4b)
        throw new CheckpointError("expected an NVlabs pickle, got a zip archive: try readTorch.", 0);
      const value = new PickleMachine(new Cursor(bytes), { findGlobal: nvlabsGlobals(tensors, owned) }, budget).run();
      await tensors.fill(budget);
      if (!(value instanceof Map)) throw new CheckpointError(`expected a dict of networks, got ${describe(value)}.`);
      return collectNetworks(value, budget);
    }),
  );
}

function nvlabsGlobals(tensors: TensorCollector, owned: boolean): FindGlobal {
  const torch = torchGlobals(tensors);
  const inner = firstOf(pythonGlobals, torch);
  const loaded = new Map<Uint8Array, unknown>();
  return firstOf(
    callables({
      "torch_utils.persistence._reconstruct_persistent_obj": reconstructPersistent,
      // One storage in PyTorch's stream format; each block of bytes is read once, however often the pickle asks.
      "torch.storage._load_from_bytes": ([bytes], machine) => {
        if (!(bytes instanceof Uint8Array)) return machine.fail(`expected the bytes of a storage, got ${describe(bytes)}.`);
        if (!loaded.has(bytes)) machine.charge(SIZES.storage, "a storage");
        if (!loaded.has(bytes)) loaded.set(bytes, readNested(bytes, owned, inner, tensors, machine));
        return loaded.get(bytes);
      },
      "dnnlib.util.EasyDict": makeMap,
      "dnnlib.tflib.network.Network": (_args, machine) =>
        machine.fail("the file was written by the TensorFlow version of StyleGAN2. Convert it with NVlabs' legacy.py first."),
    }),
    pythonGlobals,
    torch,
    numpyGlobals,
    plainModules,
  );
}

/** PyTorch's own modules, such as ModuleList, hold submodules like any other; they are kept as objects without behaviour. */
const plainModules: FindGlobal = (name) =>
  /^torch\.nn\.modules\.\w+\.\w+$/.test(name)
    ? new Callable(name, (_args, machine) => makeObject(name.slice(name.lastIndexOf(".") + 1), machine))
    : undefined;

/** meta = {type: "class", version, module_src, class_name, state}: everything but the source. */
function reconstructPersistent([meta]: unknown[], machine: PickleMachine): PickledObject {
  const className = meta instanceof Map ? meta.get("class_name") : undefined;
  const state = meta instanceof Map ? meta.get("state") : undefined;
  if (typeof className !== "string") return machine.fail("expected the description of a persistent class, with its class_name.");
  if (!(state instanceof Map)) return machine.fail(`expected the state of ${className} to be a dict, got ${describe(state)}.`);
  const object = makeObject(className, machine);
  machine.charge(SIZES.entry * state.size, `the state of ${className}`);
  for (const [key, value] of state) if (typeof key === "string") object.state.set(key, value);
  return object;
}

function readNested(
  bytes: Uint8Array,
  owned: boolean,
  findGlobal: FindGlobal,
  tensors: TensorCollector,
  machine: PickleMachine,
): unknown {
  try {
    return readLegacyHead(
      bytes,
      owned ? ownedSource(bytes as Uint8Array<ArrayBuffer>) : bytesSource(bytes),
      findGlobal,
      tensors,
      machine.budget,
    );
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    throw new CheckpointError(`in a storage that the pickle contains: ${error.message}`, machine.offset, { cause: error });
  }
}
