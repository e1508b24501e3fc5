import { type NvlabsNetwork, type TensorData, toFloat32 } from "@latentflow/checkpoints";
import { ModelsError } from "../errors.js";
import { checkTensors, countOf, floatsOf, type NamedTensors, need } from "../tensors-by-name.js";
import {
  layerName,
  rgbName,
  type StyleGan2Architecture,
  sideOfLayer,
  styledLayerCount,
  styleGan2Shapes,
} from "./architecture.js";
import { checkFilter } from "./rosinality.js";

/**
 * A generator of stylegan2-ada-pytorch under rosinality's names. Both families use the same weights without a flip; only leading axes and the
 * gain of the filters differ.
 *
 * @throws ModelsError for conditional networks, other architectures than "skip", other classes than StyleGAN2's
 */
export function fromNvlabsNetwork(
  caller: string,
  network: NvlabsNetwork,
): { architecture: StyleGan2Architecture; tensors: NamedTensors } {
  refuseOthers(caller, network);
  const source = network.tensors;
  const [latentDim = 0, zDim = 0] = need(caller, source, "mapping.fc0.weight").shape;
  const mappingLayers = countOf(source, /^mapping\.fc(\d+)\./);
  const channels: number[] = [];
  for (let side = 4; has(source, `synthesis.b${side}.conv1.`); side *= 2) {
    const name = `synthesis.b${side}.conv1`;
    channels.push(source.get(`${name}.weight`)?.shape[0] ?? source.get(`${name}.bias`)?.shape[0] ?? 0);
  }
  if (channels.length < 2) need(caller, source, "synthesis.b8.conv1.weight");
  const architecture: StyleGan2Architecture = {
    resolution: 2 << channels.length,
    zDim,
    latentDim,
    mappingLayers,
    mappingRate: mappingRate(caller, network),
    channels,
    family: "nvlabs",
    convClamp: convClamp(caller, network),
  };
  const shapes = styleGan2Shapes(architecture);
  const names = nvlabsNames(architecture);
  const expected = new Map([...names].map(([ours, theirs]) => [theirs, nvlabsShape(ours, shapes.get(ours)!)]));
  checkTensors(caller, source, expected, (name) => isFilter(name) || name === "mapping.w_avg");
  for (const name of source.keys()) if (isFilter(name)) checkFilter(caller, name, floatsOf(caller, source, name), 1);
  const tensors = new Map<string, TensorData>();
  // The elements stay where they are.
  for (const [ours, theirs] of names) tensors.set(ours, { ...source.get(theirs)!, shape: shapes.get(ours)! });
  const average = source.get("mapping.w_avg");
  if (average) tensors.set("latent_avg", average);
  return { architecture, tensors };
}

const isFilter = (name: string) => name.endsWith("resample_filter");

function has(tensors: NamedTensors, prefix: string): boolean {
  return [...tensors.keys()].some((name) => name.startsWith(prefix));
}

/** NVlabs' name of each tensor, by rosinality's. */
export function nvlabsNames(architecture: StyleGan2Architecture): Map<string, string> {
  const names = new Map<string, string>([["input.input", "synthesis.b4.const"]]);
  for (let i = 0; i < architecture.mappingLayers; i++) {
    for (const kind of ["weight", "bias"]) names.set(`style.${i + 1}.${kind}`, `mapping.fc${i}.${kind}`);
  }
  const convolution = (ours: string, theirs: string) => {
    names.set(`${ours}.conv.weight`, `${theirs}.weight`);
    names.set(`${ours}.conv.modulation.weight`, `${theirs}.affine.weight`);
    names.set(`${ours}.conv.modulation.bias`, `${theirs}.affine.bias`);
  };
  for (let i = 0; i < styledLayerCount(architecture); i++) {
    const theirs = `synthesis.b${sideOfLayer(i)}.conv${i % 2 === 1 ? 0 : 1}`;
    convolution(layerName(i), theirs);
    names.set(`${layerName(i)}.activate.bias`, `${theirs}.bias`);
    names.set(`${layerName(i)}.noise.weight`, `${theirs}.noise_strength`);
    names.set(`noises.noise_${i}`, `${theirs}.noise_const`);
  }
  architecture.channels.forEach((_, level) => {
    const theirs = `synthesis.b${4 << level}.torgb`;
    convolution(rgbName(level), theirs);
    names.set(`${rgbName(level)}.bias`, `${theirs}.bias`);
  });
  return names;
}

/** NVlabs' shape of the tensor that rosinality calls `name`: without the axes of length 1. */
function nvlabsShape(name: string, shape: readonly number[]): readonly number[] {
  if (name === "input.input" || name.endsWith(".conv.weight")) return shape.slice(1);
  if (name.endsWith(".noise.weight")) return [];
  if (name.startsWith("noises.")) return shape.slice(2);
  if (name.startsWith("to_rgb") && name.endsWith(".bias") && !name.includes("modulation")) return shape.slice(1, 2);
  return shape;
}

function refuseOthers(caller: string, { className, initKwargs, tensors }: NvlabsNetwork): void {
  const refuse = (what: string) => {
    throw new ModelsError(`${caller}: expected an unconditional StyleGAN2 generator of architecture "skip", got ${what}.`);
  };
  const names = [...tensors.keys()];
  if (names.some((name) => name.startsWith("synthesis.input.") || /synthesis\.L\d+_/.test(name))) refuse("a StyleGAN3");
  if (className !== "Generator" || !tensors.has("synthesis.b4.const")) {
    refuse(`a ${className} with tensors ${names.slice(0, 6).join(", ") || "none"}`);
  }
  if (names.some((name) => name.startsWith("mapping.embed.")) || Number(initKwargs.get("c_dim") ?? 0) > 0)
    refuse("a conditional one");
  if (names.some((name) => /^synthesis\.b\d+\.skip\./.test(name))) refuse('architecture "resnet"');
  if (!tensors.has("synthesis.b4.torgb.weight")) refuse('architecture "orig"');
  for (const group of ["synthesis_kwargs", "mapping_kwargs"]) {
    const activation = argument({ initKwargs }, group, "activation") ?? "lrelu";
    if (activation !== "lrelu") refuse(`one with activation ${String(activation)}`);
  }
}

/**
 * A keyword argument of the synthesis or mapping network, which the generator passes on from `synthesis_kwargs` or `mapping_kwargs`; NVlabs' later
 * code takes those of the synthesis among its own.
 */
function argument({ initKwargs }: Pick<NvlabsNetwork, "initKwargs">, group: string, name: string): unknown {
  const kwargs = initKwargs.get(group);
  return kwargs instanceof Map && kwargs.has(name) ? kwargs.get(name) : initKwargs.get(name);
}

function convClamp(caller: string, network: NvlabsNetwork): number | null {
  const given = argument(network, "synthesis_kwargs", "conv_clamp");
  // What holds when nothing is said differs, too: None at first, 256 in the later code.
  const byDefault = network.initKwargs.has("channel_base") ? 256 : null;
  const clamp = given === undefined ? byDefault : given;
  if (clamp === null || (typeof clamp === "number" && clamp > 0)) return clamp;
  throw new ModelsError(`${caller}: expected conv_clamp to be a positive number or None, got ${String(clamp)}.`);
}

function mappingRate(caller: string, network: NvlabsNetwork): number {
  const rate = argument(network, "mapping_kwargs", "lr_multiplier") ?? 0.01;
  if (typeof rate === "number" && rate > 0) return rate;
  throw new ModelsError(`${caller}: expected lr_multiplier to be a positive number, got ${String(rate)}.`);
}

/** The tensors of a rosinality-named network with elements as float32. */
export function asFloat32(tensors: NamedTensors): NamedTensors {
  return new Map(
    [...tensors].map(([name, tensor]) => [name, { dtype: "float32", shape: tensor.shape, data: toFloat32(tensor) }]),
  );
}
