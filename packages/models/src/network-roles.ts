import { type PickleValue, stateDict, type TensorData } from "@latentflow/checkpoints";
import { ModelsError } from "./errors.js";
import type { NamedTensors } from "./tensors-by-name.js";

/** What a network is for. */
export type NetworkRole = "generator" | "regressor" | "embedder" | "distance" | "direction" | "discriminator";

/** A network told by the names of its tensors, loadable or not. */
export interface KnownNetwork {
  readonly role: NetworkRole;
  /** For people: "a StyleGAN2 generator". */
  readonly what: string;
}

/** Networks by names that no other has; one is one line. The first that fits counts. */
const SIGNS: readonly (KnownNetwork & { readonly sign: RegExp })[] = [
  { role: "generator", what: "a StyleGAN2 generator", sign: /(^|\.)(style\.1|convs\.0\.conv\.modulation)\.weight$/ },
  { role: "generator", what: "a StyleGAN2 generator of NVlabs", sign: /(^|\.)synthesis\.b4\.const$/ },
  { role: "discriminator", what: "a StyleGAN2 discriminator", sign: /(^|\.)final_linear\.0\.weight$/ },
  { role: "embedder", what: "the embedder InceptionResnetV1", sign: /(^|\.)mixed_6a\.branch0\.conv\.weight$/ },
  { role: "regressor", what: "a regressor with a ResNet", sign: /(^|\.)layer1\.0\.conv1\.weight$/ },
  { role: "regressor", what: "the paper's CNN regressor", sign: /(^|\.)0\.encoder\.0\.weight$/ },
  { role: "regressor", what: "a regressor", sign: /(^|\.)(classification_heads|heads)\.0\.weight$/ },
  { role: "direction", what: "a flow of the paper's code", sign: /(^|\.)odefunc\.model\.(0\.weight|const)$/ },
  { role: "distance", what: "the linear layers of LPIPS", sign: /(^|\.)lin0\.model\.1\.weight$/ },
  { role: "distance", what: "features of AlexNet or VGG16", sign: /(^|\.)features\.0\.weight$/ },
];

/** Which known network tensors are; null for none. */
export function knownNetwork(tensors: NamedTensors): KnownNetwork | null {
  const names = [...tensors.keys()];
  const found = SIGNS.find(({ sign }) => names.some((name) => sign.test(name)));
  return found ? { role: found.role, what: found.what } : null;
}

/** @throws ModelsError for tensors that are a known network of another role */
export function checkRole(caller: string, wanted: NetworkRole, tensors: NamedTensors): void {
  const found = knownNetwork(tensors);
  if (found && found.role !== wanted) throw otherRole(caller, wanted, [{ ...found, key: "" }]);
}

/**
 * The tensors of a PyTorch file under the first of `keys` that it has, or of the file itself.
 *
 * @throws ModelsError where they are a known network of another role, or there are none but one of another role elsewhere; CheckpointError for other
 * files without a state dict
 */
export function stateDictOf(caller: string, file: PickleValue, wanted: NetworkRole, keys: readonly string[]) {
  const dicts = stateDictsIn(file);
  const key = keys.find((name) => dicts.has(name)) ?? "";
  const tensors = dicts.get(key);
  if (tensors) {
    checkRole(caller, wanted, tensors);
    return tensors;
  }
  const known = [...dicts].flatMap(([key, tensors]) => {
    const found = knownNetwork(tensors);
    return found ? [{ ...found, key }] : [];
  });
  if (known.length > 0 && known.every(({ role }) => role !== wanted)) throw otherRole(caller, wanted, known);
  return stateDict(file, ...keys);
}

/** Tensors by name in a file: under each of its keys, and under "" those of the file itself. */
function stateDictsIn(file: PickleValue): Map<string, Map<string, TensorData>> {
  const dicts = new Map<string, Map<string, TensorData>>();
  const add = (key: string, value: PickleValue) => {
    if (!(value instanceof Map)) return;
    const hasTensors = [...value.values()].some((entry) => typeof entry === "object" && entry !== null && "dtype" in entry);
    if (hasTensors) dicts.set(key, stateDict(value));
  };
  add("", file);
  if (file instanceof Map) for (const [key, value] of file) if (typeof key === "string") add(key, value as PickleValue);
  return dicts;
}

/** What each role is given as. */
const USES: Partial<Record<NetworkRole, string>> = {
  generator: "give it as the generator",
  regressor: "give it as the regressor",
  embedder: "give it as the embedder",
  direction: "read it with importSeedFlow, or name it as a method of an experiment",
};

function otherRole(
  caller: string,
  wanted: NetworkRole,
  found: readonly (KnownNetwork & { readonly key: string })[],
): ModelsError {
  const got = found.map(({ what, key }) => (key ? `${what} under "${key}"` : what)).join(" and ");
  const use = USES[found[0]!.role];
  return new ModelsError(`${caller}: expected a file of a ${wanted}, got one that holds ${got}${use ? `: ${use}` : ""}.`);
}
