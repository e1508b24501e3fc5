import { checkReadOptions } from "./arguments.js";
import { Budget } from "./budget.js";
import type { TensorData } from "./dtypes.js";
import { CheckpointError, describe, named } from "./error.js";
import { callables, firstOf, makeMap, pythonGlobals } from "./pickle/common-globals.js";
import { Cursor } from "./pickle/cursor.js";
import { Callable, type FindGlobal, PickleMachine } from "./pickle/machine.js";
import { numpyGlobals } from "./pickle/numpy-globals.js";
import { PickledObject, type PickleValue } from "./pickle/values.js";
import { bytesSource, type CheckpointSource, ownedSource, withSource } from "./source.js";
import { isTensorData } from "./state-dict.js";
import { torchGlobals } from "./torch/globals.js";
import { readLegacyHead } from "./torch/legacy-format.js";
import type { ReadOptions } from "./torch/read-torch.js";
import { TensorCollector } from "./torch/storages.js";

/** A network of an NVlabs pickle. */
export interface NvlabsNetwork {
  /** Python class, such as "Generator". */
  readonly className: string;
  /** Arguments its constructor was called with: sizes, channel table, architecture. */
  readonly initKwargs: ReadonlyMap<string, PickleValue>;
  /** Parameters and buffers under their dotted names, as `state_dict()` would give them. */
  readonly tensors: ReadonlyMap<string, TensorData>;
}

/** Most modules that a network may have, counted along every path to them. */
const MAX_MODULES = 20_000;

/**
 * Reads a pickle of NVlabs' stylegan2-ada-pytorch or a relative of it: {training_set_kwargs, G, D, G_ema, augment_pipe}. Such a file carries
 * Python source that its own reader would execute; this one takes the values beside it and leaves the source unread.
 *
 * @returns the networks of the file by their key; keys with other values (null, training_set_kwargs) are left out
 * @throws CheckpointError for damaged, hostile or unsupported files
 */
export async function readNvlabsPickle(source: CheckpointSource, options: ReadOptions = {}): Promise<Map<string, NvlabsNetwork>> {
  checkReadOptions("readNvlabsPickle", options);
  return named("readNvlabsPickle", () =>
    withSource(source, async (file) => {
      const budget = Budget.forFile(file.size, options.maxBytes);
      const tensors = new TensorCollector();
      // Tensors stand inside the pickle, so all of it is needed.
      const bytes = await file.read(0, file.size);
      const owned = !(source instanceof Uint8Array || source instanceof ArrayBuffer);
      if (bytes[0] === 0x50 && bytes[1] === 0x4b)
        throw new CheckpointError("expected an NVlabs pickle, got a zip archive: try readTorch.", 0);
      const value = new PickleMachine(new Cursor(bytes), { findGlobal: nvlabsGlobals(tensors, owned) }, budget).run();
      await tensors.fill(budget);
      if (!(value instanceof Map)) throw new CheckpointError(`expected a dict of networks, got ${describe(value)}.`);
      const networks = new Map<string, NvlabsNetwork>();
      for (const [key, entry] of value) {
        if (typeof key === "string" && entry instanceof PickledObject && entry.state.get("_modules") instanceof Map)
          networks.set(key, network(entry));
      }
      return networks;
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
    ? new Callable(name, () => new PickledObject(name.slice(name.lastIndexOf(".") + 1)))
    : undefined;

/** meta = {type: "class", version, module_src, class_name, state}: everything but the source. */
function reconstructPersistent([meta]: unknown[], machine: PickleMachine): PickledObject {
  const className = meta instanceof Map ? meta.get("class_name") : undefined;
  const state = meta instanceof Map ? meta.get("state") : undefined;
  if (typeof className !== "string") return machine.fail("expected the description of a persistent class, with its class_name.");
  if (!(state instanceof Map)) return machine.fail(`expected the state of ${className} to be a dict, got ${describe(state)}.`);
  const object = new PickledObject(className);
  machine.budget.charge(64 * state.size, `the state of ${className}`, machine.offset);
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

function network(root: PickledObject): NvlabsNetwork {
  const tensors = new Map<string, TensorData>();
  let modules = 0;
  const visit = (module: PickledObject, prefix: string, depth: number) => {
    modules++;
    // Modules that contain each other, or themselves, have no state dict.
    if (modules > MAX_MODULES || depth > 64)
      throw new CheckpointError(`${root.className} has more modules inside each other than any network.`);
    for (const kind of ["_parameters", "_buffers"]) {
      for (const [name, tensor] of entries(module, kind)) if (isTensorData(tensor)) tensors.set(prefix + name, tensor);
    }
    for (const [name, child] of entries(module, "_modules")) {
      if (child instanceof PickledObject) visit(child, `${prefix}${name}.`, depth + 1);
    }
  };
  visit(root, "", 0);
  return { className: root.className, initKwargs: new Map(entries(root, "_init_kwargs")), tensors };
}

function entries(module: PickledObject, key: string): [string, unknown][] {
  const dict = module.state.get(key);
  if (!(dict instanceof Map)) return [];
  return [...dict].filter((entry): entry is [string, unknown] => typeof entry[0] === "string");
}
