import { type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";

/** The paper's CNN for images of 64 × 64 pixels with seeded weights, as a file: narrow, with four attributes. */
export function regressorBytes(): Uint8Array {
  const widths = [3, 4, 4, 8, 8];
  const shapes = new Map<string, number[]>();
  for (let i = 0; i < 4; i++) {
    shapes.set(`backbone.0.encoder.${2 * i}.weight`, [widths[i + 1]!, widths[i]!, 4, 4]);
    shapes.set(`backbone.0.encoder.${2 * i}.bias`, [widths[i + 1]!]);
  }
  shapes.set("backbone.2.weight", [16, 128]).set("backbone.2.bias", [16]);
  [6, 6, 2, 3].forEach((classes, k) => {
    shapes.set(`classification_heads.${k}.weight`, [classes, 16]).set(`classification_heads.${k}.bias`, [classes]);
  });
  const random = new SeededRandom(4);
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of shapes) {
    const count = shape.reduce((a, b) => a * b, 1);
    const scale = shape.length > 1 ? Math.sqrt((4 * shape[0]!) / count) : 0.1;
    tensors.set(name, { dtype: "float32", shape, data: Float32Array.from({ length: count }, () => scale * random.normal()) });
  }
  return writeSafetensors(tensors);
}
