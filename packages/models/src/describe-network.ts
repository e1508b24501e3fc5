import type { NvlabsNetwork } from "@latentflow/checkpoints";
import { knownNetwork, type NetworkRole } from "./network-roles.js";
import { describePreprocessing } from "./regressor/preprocessing.js";
import { planRegressor, type RegressorFileOptions } from "./regressor/read-regressor.js";
import { savedOptions } from "./regressor/saved-regressor.js";
import { parseArchitecture, rowCount, type StyleGan2Architecture } from "./stylegan2/architecture.js";
import { fromNvlabsNetwork } from "./stylegan2/nvlabs.js";
import { rosinalityArchitecture } from "./stylegan2/rosinality.js";
import { unwrapped } from "./stylegan2/unwrapped.js";
import type { NamedTensors } from "./tensors-by-name.js";

/** What tensors would be loaded as. */
export interface NetworkDescription {
  readonly role: NetworkRole;
  /** "StyleGAN2, 256 px", "resnet18 with 40 attributes" */
  readonly name: string;
  /** For people, a line each: ["attributes", "40: …"]. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  /** Why it can't be loaded as it is. */
  readonly problem?: string;
}

/**
 * What a state dict would be loaded as, without loading it; null where no network here is known by these names.
 *
 * @param metadata of a safetensors file
 */
export function describeNetwork(
  tensors: NamedTensors,
  metadata: ReadonlyMap<string, string> = new Map(),
): NetworkDescription | null {
  const known = knownNetwork(tensors);
  if (!known) return null;
  const { role, what } = known;
  try {
    if (what === "a StyleGAN2 generator") return describeStyleGan2(tensors, metadata);
    if (role === "regressor") return describeRegressor(tensors, savedOptions("inspect", metadata));
  } catch (error) {
    return { role, name: what, facts: [], problem: error instanceof Error ? error.message : String(error) };
  }
  return { role, name: what, facts: [] };
}

function describeStyleGan2(tensors: NamedTensors, metadata: ReadonlyMap<string, string>): NetworkDescription {
  const own = unwrapped(tensors);
  const text = metadata.get("architecture");
  const architecture = text?.startsWith("{") ? parseArchitecture("inspect", text) : rosinalityArchitecture("inspect", own);
  return styleGan2Facts(architecture, own.has("latent_avg"));
}

/** A generator's sizes in words. */
function styleGan2Facts(architecture: StyleGan2Architecture, hasMean: boolean): NetworkDescription {
  const { resolution, latentDim, zDim, channels, mappingLayers, family, convClamp } = architecture;
  const sides = channels.map((count, level) => `${4 << level}: ${count}`).join(", ");
  const facts: [string, string][] = [
    ["images", `${resolution} × ${resolution} px, about [-1, 1]`],
    [
      "codes",
      `w [n, ${latentDim}] or W+ [n, ${rowCount(architecture)}, ${latentDim}], mapped from z [n, ${zDim}] by ${mappingLayers} layers`,
    ],
    ["channels", sides],
    ["layout", `${family}${convClamp === null ? "" : `, clamped to ±${convClamp}`}`],
    ["mean latent", hasMean ? "in the file" : "not in the file: computed from 4096 codes where truncation asks for it"],
  ];
  return { role: "generator", name: `StyleGAN2, ${resolution} px`, facts };
}

function describeRegressor(tensors: NamedTensors, options: RegressorFileOptions): NetworkDescription {
  const plan = planRegressor("inspect", tensors, options);
  const { architecture, attributes, preprocessing, featureCount, imageSize, trunk, heads, backbone } = plan;
  const listed = attributes.slice(0, MOST_LISTED).map(({ name, classes }) => `${name} (${classes})`);
  const more = attributes.length > MOST_LISTED ? `, and ${attributes.length - MOST_LISTED} more` : "";
  const depth = (layers: readonly unknown[]) => layers.filter((layer) => typeof layer !== "string").length;
  const facts: [string, string][] = [
    ["architecture", `${architecture}${backbone.prefix ? `, under "${backbone.prefix}"` : ""}`],
    ["attributes (classes)", `${attributes.length}: ${listed.join(", ")}${more}`],
    ["features", `${featureCount}, behind ${depth(trunk)} shared linear layers; ${depth(heads[0]!)} in each head`],
    ["images", imageSize === undefined ? anySize(architecture) : `${imageSize} × ${imageSize} px`],
    ["preprocessing", describePreprocessing(preprocessing)],
  ];
  return { role: "regressor", name: `${architecture} with ${attributes.length} attributes`, facts };
}

const anySize = (architecture: string) =>
  architecture === "resnet18-cifar" ? "any size above 32 px (up to 32: say imageSize)" : "any size";

const MOST_LISTED = 12;

/** What a network of an NVlabs pickle would be loaded as. */
export function describeNvlabsNetwork(network: NvlabsNetwork): NetworkDescription {
  try {
    const { architecture, tensors } = fromNvlabsNetwork("inspect", network);
    return styleGan2Facts(architecture, tensors.has("latent_avg"));
  } catch (error) {
    const role = /discriminator/i.test(network.className) ? "discriminator" : "generator";
    return {
      role,
      name: `${network.className} of NVlabs`,
      facts: [],
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}
