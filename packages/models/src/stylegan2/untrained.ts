import type { TensorData } from "@latentflow/checkpoints";
import type { SeededRandom } from "@latentflow/core";
import type { NamedTensors } from "../tensors-by-name.js";
import { type StyleGan2Architecture, styleGan2Shapes } from "./architecture.js";

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
