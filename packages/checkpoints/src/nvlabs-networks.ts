import type { Budget } from "./budget.js";
import type { TensorData } from "./dtypes.js";
import { CheckpointError } from "./errors.js";
import { SIZES, textSize } from "./pickle/sizes.js";
import { PickledObject, type PickleValue } from "./pickle/values.js";
import { isTensorData } from "./state-dict.js";

/** A network of an NVlabs pickle. */
export interface NvlabsNetwork {
  /** Python class, such as "Generator". */
  readonly className: string;
  /** Arguments its constructor was called with: sizes, channel table, architecture. */
  readonly initKwargs: ReadonlyMap<string, PickleValue>;
  /** Parameters and buffers under their dotted names, as `state_dict()` would give them. */
  readonly tensors: ReadonlyMap<string, TensorData>;
}

/** Modules inside each other. */
const DEEPEST = 64;

/** The networks of a file's dict, by key. Each is collected once, however many keys it has. */
export function collectNetworks(file: ReadonlyMap<unknown, unknown>, budget: Budget): Map<string, NvlabsNetwork> {
  const collected = new Map<PickledObject, NvlabsNetwork>();
  const networks = new Map<string, NvlabsNetwork>();
  for (const [key, entry] of file) {
    if (typeof key !== "string" || !(entry instanceof PickledObject) || !(entry.state.get("_modules") instanceof Map)) continue;
    const network = collected.get(entry) ?? collectNetwork(entry, budget);
    collected.set(entry, network);
    networks.set(key, network);
  }
  return networks;
}

/** Walks a network's modules. A module that is shared has its tensors under each of its names, so each visit is charged. */
function collectNetwork(root: PickledObject, budget: Budget): NvlabsNetwork {
  const charge = (bytes: number) => budget.chargeValues(bytes, `the state dict of ${root.className}`);
  const tensors = new Map<string, TensorData>();
  const visit = (module: PickledObject, prefix: string, depth: number) => {
    // Modules that contain each other, or themselves, have no state dict.
    if (depth > DEEPEST) throw new CheckpointError(`${root.className} has more modules inside each other than any network.`);
    for (const kind of ["_parameters", "_buffers"]) {
      for (const [name, tensor] of entries(module, kind, charge)) {
        if (!isTensorData(tensor)) continue;
        charge(SIZES.entry + textSize(prefix.length + name.length));
        tensors.set(prefix + name, tensor);
      }
    }
    for (const [name, child] of entries(module, "_modules", charge)) {
      if (!(child instanceof PickledObject)) continue;
      charge(textSize(prefix.length + name.length));
      visit(child, `${prefix}${name}.`, depth + 1);
    }
  };
  visit(root, "", 0);
  const initKwargs = new Map<string, PickleValue>();
  for (const [name, value] of entries(root, "_init_kwargs", charge)) {
    charge(SIZES.entry);
    initKwargs.set(name, value);
  }
  return { className: root.className, initKwargs, tensors };
}

/** The entries of one of a module's dicts whose keys are texts. Looking at one costs time, if no memory. */
function* entries(module: PickledObject, key: string, charge: (bytes: number) => void): Generator<[string, unknown]> {
  const dict = module.state.get(key);
  charge(SIZES.item);
  if (!(dict instanceof Map)) return;
  for (const [name, value] of dict) {
    charge(SIZES.item);
    if (typeof name === "string") yield [name, value];
  }
}
