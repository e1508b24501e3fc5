import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { FactorRegressor } from "@latentflow/models";

/** MPI3D's attributes. */
const CLASSES = [6, 6, 2, 3, 3, 40, 40];

/** The paper's CNN (four strided convolutions, 64 px, MPI3D's seven heads) with seeded weights, sized as ReLU networks start. */
export function untrainedRegressor(): Promise<FactorRegressor> {
  const random = new SeededRandom(1);
  const tensors: Record<string, TensorData> = {};
  const layer = (name: string, shape: number[]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = new Float32Array(random.normals(count, 0, Math.sqrt((2 * shape[0]!) / count)));
    tensors[`${name}.weight`] = { dtype: "float32", shape, data };
    tensors[`${name}.bias`] = { dtype: "float32", shape: [shape[0]!], data: new Float32Array(shape[0]!) };
  };
  const widths = [3, 32, 32, 64, 64];
  for (let i = 0; i < 4; i++) layer(`backbone.0.encoder.${2 * i}`, [widths[i + 1]!, widths[i]!, 4, 4]);
  layer("backbone.2", [256, 1024]);
  CLASSES.forEach((classes, k) => void layer(`classification_heads.${k}`, [classes, 256]));
  return FactorRegressor.fromSafetensors(writeSafetensors(tensors));
}
