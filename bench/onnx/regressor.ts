import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { FactorRegressor } from "@latentflow/models";

/** MPI3D's attributes. */
const CLASSES = [6, 6, 2, 3, 3, 40, 40];

/** Four strided convolutions, 64 px, with MPI3D's seven heads. */
export function benchRegressor(): Promise<FactorRegressor> {
  const widths = [3, 32, 32, 64, 64];
  const shapes = new Map<string, number[]>();
  for (let i = 0; i < 4; i++) {
    shapes.set(`backbone.0.encoder.${2 * i}.weight`, [widths[i + 1]!, widths[i]!, 4, 4]);
    shapes.set(`backbone.0.encoder.${2 * i}.bias`, [widths[i + 1]!]);
  }
  shapes.set("backbone.2.weight", [256, 1024]).set("backbone.2.bias", [256]);
  CLASSES.forEach((classes, k) => {
    shapes.set(`classification_heads.${k}.weight`, [classes, 256]).set(`classification_heads.${k}.bias`, [classes]);
  });
  return FactorRegressor.fromSafetensors(file(shapes, (shape) => Math.sqrt((2 * shape[0]!) / shape.reduce((a, b) => a * b, 1))));
}

/** Seeded weights: speed does not depend on their values. */
function file(shapes: ReadonlyMap<string, number[]>, scale: (shape: number[]) => number): Uint8Array {
  const random = new SeededRandom(1);
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of shapes) {
    const count = shape.reduce((a, b) => a * b, 1);
    const factor = shape.length > 1 ? scale(shape) : 0.1;
    tensors.set(name, { dtype: "float32", shape, data: Float32Array.from({ length: count }, () => factor * random.normal()) });
  }
  return writeSafetensors(tensors);
}
