import { ModelsError } from "../errors.js";
import { checkTensors, countOf, floatsOf, type NamedTensors, need } from "../tensors-by-name.js";
import { layerName, type StyleGan2Architecture, styleGan2Shapes } from "./architecture.js";

/** Tensors that carry nothing the architecture does not say: the [1, 3, 3, 1] filters. */
const isFilter = (name: string) => /\.(blur|upsample)\.kernel$/.test(name);

/**
 * Sizes of a network in rosinality's layout (the `g_ema` of a training file), read off its tensors.
 *
 * @throws ModelsError that lists what is missing, surplus or of another shape
 */
export function rosinalityArchitecture(caller: string, tensors: NamedTensors): StyleGan2Architecture {
  const [latentDim = 0, zDim = 0] = need(caller, tensors, "style.1.weight").shape;
  // The first of them is number 1.
  const mappingLayers = countOf(tensors, /^style\.(\d+)\./) - 1;
  const channels = [need(caller, tensors, "input.input").shape[1] ?? 0];
  for (let i = 1; i <= countOf(tensors, /^convs\.(\d+)\./); i += 2) {
    const name = layerName(i);
    channels.push(tensors.get(`${name}.conv.weight`)?.shape[1] ?? tensors.get(`${name}.activate.bias`)?.shape[0] ?? 0);
  }
  if (channels.length < 2)
    throw new ModelsError(`${caller}: expected images of at least 8 × 8 pixels, got a network without convs.0.`);
  const architecture: StyleGan2Architecture = {
    resolution: 2 << channels.length,
    zDim,
    latentDim,
    mappingLayers,
    mappingRate: 0.01,
    channels,
    family: "rosinality",
    convClamp: null,
  };
  checkTensors(caller, tensors, styleGan2Shapes(architecture), (name) => isFilter(name) || name === "latent_avg");
  for (const name of tensors.keys()) if (isFilter(name)) checkFilter(caller, name, floatsOf(caller, tensors, name), 4);
  return architecture;
}

/** The only resampling filter that StyleGAN2 was trained with; `gain` is the sum of its elements. */
export function checkFilter(caller: string, name: string, filter: Float32Array, gain: number): void {
  const row = [1, 3, 3, 1];
  const fits =
    filter.length === 16 && filter.every((x, i) => Math.abs(x - (gain * row[i >> 2]! * row[i & 3]!) / 64) < 1e-4 * gain);
  if (!fits)
    throw new ModelsError(`${caller}: expected ${name} to be the filter [1, 3, 3, 1], got ${Array.from(filter).slice(0, 4)}…`);
}
