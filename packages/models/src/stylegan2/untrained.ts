import type { TensorData } from "@latentflow/checkpoints";
import { type DeclaredOptions, isGiven, readOptions, type SeededRandom } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { checkArchitecture, type StyleGan2Architecture, styleGan2Shapes } from "./architecture.js";

type SizeOf<Part extends keyof StyleGan2Architecture> = StyleGan2Architecture[Part];

// Whether they make a generator together is checked below.
const SIZES = {
  channels: { default: [512, 512, 512, 512, 256], is: isGiven<SizeOf<"channels">>, expected: "numbers of channels" },
  zDim: { default: 512, is: isGiven<number>, expected: "a width" },
  latentDim: { default: 512, is: isGiven<number>, expected: "a width" },
  mappingLayers: { default: 8, is: isGiven<number>, expected: "a number of layers" },
  mappingRate: { default: 0.01, is: isGiven<number>, expected: "a rate" },
  family: { default: "rosinality", is: isGiven<SizeOf<"family">>, expected: "a family" },
  convClamp: { default: null, is: isGiven<SizeOf<"convClamp">>, expected: "a bound" },
  resolution: { optional: true, is: isGiven<number>, expected: "a side" },
} as const satisfies DeclaredOptions & Record<keyof StyleGan2Architecture, unknown>;

/** Sizes with their defaults filled in. Throws unless a generator can have them. */
export function untrainedArchitecture(caller: string, sizes: Partial<StyleGan2Architecture>): StyleGan2Architecture {
  const read = readOptions(caller, SIZES, sizes, ModelsError);
  const resolution = read.resolution ?? 2 << (read.channels?.length ?? 0);
  return checkArchitecture(caller, "sizes", { ...read, resolution });
}

/** Weights as training starts with them: normal weights and noise, biases and noise strengths 0, modulation biases 1. */
export function untrainedTensors(architecture: StyleGan2Architecture, random: SeededRandom): NamedTensors {
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of styleGan2Shapes(architecture)) {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = new Float32Array(count);
    if (name.endsWith("modulation.bias")) data.fill(1);
    else if (!name.endsWith("bias") && !name.endsWith("noise.weight")) {
      // Equalised learning rate: the mapping's weights are as much larger as its rate is smaller.
      const deviation = name.startsWith("style.") ? 1 / architecture.mappingRate : 1;
      for (let i = 0; i < count; i++) data[i] = random.normal(0, deviation);
    }
    tensors.set(name, { dtype: "float32", shape, data });
  }
  return tensors;
}
