import type { NvlabsNetwork, TensorData } from "@latentflow/checkpoints";
import { describe, expect, it } from "vitest";
import { styleGan2Shapes } from "../src/stylegan2/architecture.js";
import { fromNvlabsNetwork, nvlabsNames } from "../src/stylegan2/nvlabs.js";
import { architectureOf } from "./networks.js";
import { generatorCases } from "./reference.js";

const architecture = architectureOf(generatorCases["small, NVlabs, clamped"]!);
const zeros = (shape: readonly number[]): TensorData => ({
  dtype: "float32",
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

/** A network of zeros with NVlabs' names; `change` may add and take away. */
function network(
  change: Partial<NvlabsNetwork> = {},
  without: RegExp = /^$/,
  extra: Record<string, TensorData> = {},
): NvlabsNetwork {
  const shapes = styleGan2Shapes(architecture);
  const tensors = new Map<string, TensorData>();
  for (const [ours, theirs] of nvlabsNames(architecture)) {
    // Their shapes have none of our axes of length 1.
    const shape = shapes.get(ours)!;
    const squeezed = /noise\.weight$/.test(ours)
      ? []
      : shape.filter((size, axis) => size !== 1 || (axis > 0 && ours.endsWith("conv.weight")));
    if (!without.test(theirs)) tensors.set(theirs, zeros(squeezed));
  }
  for (const [name, tensor] of Object.entries(extra)) tensors.set(name, tensor);
  return { className: "Generator", initKwargs: new Map(), tensors, ...change };
}

const read = (source: NvlabsNetwork) => fromNvlabsNetwork("fromNvlabs", source);

describe("fromNvlabs", () => {
  it("reads sizes off the tensors, clamp and rate off the arguments", () => {
    const initKwargs = new Map([
      ["synthesis_kwargs", new Map([["conv_clamp", 1.5]])],
      ["mapping_kwargs", new Map([["lr_multiplier", 0.02]])],
    ]);
    expect(read(network({ initKwargs })).architecture).toEqual({ ...architecture, mappingRate: 0.02 });
    expect(read(network()).architecture).toEqual({ ...architecture, convClamp: null });
    const later = network({ initKwargs: new Map([["conv_clamp", 1.5]]) });
    expect(read(later).architecture).toEqual(architecture);
  });

  it("a clamp that is not given is none in the first code, 256 in the later, unless it is None", () => {
    const clampOf = (...kwargs: [string, unknown][]) => read(network({ initKwargs: new Map(kwargs) })).architecture.convClamp;
    expect(clampOf(["synthesis_kwargs", new Map([["channel_base", 32768]])])).toBe(null);
    expect(clampOf(["channel_base", 32768])).toBe(256);
    expect(clampOf(["channel_base", 32768], ["conv_clamp", null])).toBe(null);
  });

  it.each<[string, NvlabsNetwork, RegExp]>([
    ["conditional networks", network({}, /^$/, { "mapping.embed.weight": zeros([1, 1]) }), /got a conditional one/],
    ["conditional networks by their argument", network({ initKwargs: new Map([["c_dim", 10]]) }), /got a conditional one/],
    ["architecture resnet", network({}, /^$/, { "synthesis.b8.skip.weight": zeros([1]) }), /got architecture "resnet"/],
    ["architecture orig", network({}, /b(4|8|16)\.torgb/), /got architecture "orig"/],
    ["StyleGAN3", network({}, /synthesis/, { "synthesis.input.weight": zeros([1]) }), /got a StyleGAN3/],
    ["other classes", network({ className: "Discriminator" }), /got a Discriminator with tensors/],
    ["missing tensors", network({}, /b8\.conv1\.bias/), /1 tensors missing: synthesis\.b8\.conv1\.bias \[10\]/],
    ["surplus tensors", network({}, /^$/, { "synthesis.b8.extra": zeros([1]) }), /1 tensors not known: synthesis\.b8\.extra/],
    [
      "missing weights that carry a size",
      network({}, /(fc0\.bias|b8\.conv1\.weight)$/),
      /2 tensors missing: mapping\.fc0\.bias \[8\], synthesis\.b8\.conv1\.weight \[10, 10, 3, 3\]; expected/,
    ],
    [
      "wrong shapes",
      network({}, /^$/, { "synthesis.b8.conv1.noise_strength": zeros([1]), "synthesis.b8.torgb.bias": zeros([4]) }),
      /: 2 tensors of another shape: synthesis\.b8\.conv1\.noise_strength: expected \[\], got \[1\], synthesis\.b8\.torgb\.bias: expected \[3\], got \[4\]/,
    ],
    [
      "another activation",
      network({ initKwargs: new Map([["mapping_kwargs", new Map([["activation", "relu"]])]]) }),
      /got one with activation relu/,
    ],
    [
      "another filter",
      network({}, /^$/, { "synthesis.b8.conv0.resample_filter": zeros([4, 4]) }),
      /to be the filter \[1, 3, 3, 1\]/,
    ],
    [
      "a strange clamp",
      network({ initKwargs: new Map([["synthesis_kwargs", new Map([["conv_clamp", "x"]])]]) }),
      /conv_clamp to be a positive number/,
    ],
  ])("refuses %s", (_what, source, message) => {
    expect(() => read(source)).toThrow(message);
  });
});
