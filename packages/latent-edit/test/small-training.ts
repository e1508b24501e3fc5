import "@tensorflow/tfjs-backend-cpu";
import { SeededRandom } from "@latentflow/core";
import { type CheckpointStore, NeuralOdeDirection, type TrainOptions, tfjsModel } from "../src/index.js";
import { D, embedder, generator, regressor } from "./small-world.js";

const random = new SeededRandom(5);
export const codes = { data: random.normals(80 * D, 0, 1.5), shape: [80, D] as const };
export const heldOut = { data: random.normals(40 * D, 0, 1.5), shape: [40, D] as const };
export const model = tfjsModel({ generator, regressor, embedder });

/** A short training in the small world, of the attribute "size". */
export const base: TrainOptions = { model, attribute: { name: "size" }, codes, iterations: 8, batchSize: 6, seed: 3 };

export const depth = (n: number, seed = 1) => new NeuralOdeDirection({ latentDim: D, depth: n, seed });
export const weightsOf = (direction: NeuralOdeDirection) => direction.variables.map((v) => Array.from(v.dataSync()));

/** A store in memory, whose bytes a test may look at and spoil. */
export function memoryStore(): CheckpointStore & { bytes: Uint8Array | null } {
  return {
    bytes: null,
    async read() {
      return this.bytes;
    },
    async write(bytes) {
      this.bytes = bytes;
    },
  };
}
