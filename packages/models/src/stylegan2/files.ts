import {
  type CheckpointSource,
  readNvlabsPickle,
  readSafetensors,
  readTorch,
  stateDict,
  writeSafetensors,
} from "@latentflow/checkpoints";
import { ModelsError } from "../errors.js";
import { checkRole, stateDictOf } from "../network-roles.js";
import { checkTensors, type NamedTensors } from "../tensors-by-name.js";
import { parseArchitecture, type StyleGan2Architecture, styleGan2Shapes } from "./architecture.js";
import { asFloat32, fromNvlabsNetwork } from "./nvlabs.js";
import { rosinalityArchitecture } from "./rosinality.js";
import { AVERAGE_KEYS, unwrapped } from "./unwrapped.js";

/** A generator as a file holds it: its tensors under rosinality's names. */
export interface SavedGenerator {
  readonly architecture: StyleGan2Architecture;
  readonly tensors: NamedTensors;
}

const FORMAT = "latentflow StyleGAN2";
const METADATA = "architecture";

/** Of rosinality's stylegan2-pytorch. */
export async function readRosinality(caller: string, source: CheckpointSource): Promise<SavedGenerator> {
  const file = await readTorch(source);
  const tensors = unwrapped(stateDictOf(caller, file, "generator", AVERAGE_KEYS));
  // Converted files keep the average beside g_ema; it may be None.
  if (file instanceof Map && AVERAGE_KEYS.some((key) => file.has(key)) && (file.get("latent_avg") ?? null) !== null)
    for (const [name, average] of stateDict(new Map([["latent_avg", file.get("latent_avg")]]))) tensors.set(name, average);
  return { architecture: rosinalityArchitecture(caller, tensors), tensors: asFloat32(tensors) };
}

/** Of NVlabs' stylegan2-ada-pytorch. */
export async function readNvlabs(caller: string, source: CheckpointSource): Promise<SavedGenerator> {
  const networks = await readNvlabsPickle(source);
  const network = networks.get("G_ema") ?? networks.get("G");
  if (!network) throw new ModelsError(`${caller}: expected a network G_ema, got ${[...networks.keys()].join(", ") || "none"}.`);
  const { architecture, tensors } = fromNvlabsNetwork(caller, network);
  return { architecture, tensors: asFloat32(tensors) };
}

/** What `safetensorsOf` wrote, or a state dict in rosinality's layout. */
export async function readGeneratorSafetensors(caller: string, source: CheckpointSource): Promise<SavedGenerator> {
  const { tensors: found, metadata } = await readSafetensors(source);
  checkRole(caller, "generator", found);
  const tensors = unwrapped(found);
  const text = metadata.get(METADATA);
  if (text === undefined) return { architecture: rosinalityArchitecture(caller, tensors), tensors: asFloat32(tensors) };
  if (metadata.get("format") !== FORMAT)
    throw new ModelsError(`${caller}: expected format "${FORMAT}", got ${metadata.get("format")}.`);
  const architecture = parseArchitecture(caller, text);
  const isOptional = (name: string) => name === "latent_avg" || name.endsWith(".kernel");
  checkTensors(caller, tensors, styleGan2Shapes(architecture), isOptional);
  return { architecture, tensors: asFloat32(tensors) };
}

export function safetensorsOf({ architecture, tensors }: SavedGenerator): Uint8Array<ArrayBuffer> {
  return writeSafetensors(tensors, { format: FORMAT, [METADATA]: JSON.stringify(architecture) });
}
