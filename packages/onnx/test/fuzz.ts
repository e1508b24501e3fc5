import { readdirSync, readFileSync } from "node:fs";
import { LatentflowError, SeededRandom } from "@latentflow/core";
import { differentiate, inferShapes, readOnnx } from "../src/index.js";

/** Damages a file: a few bytes changed, cut off, repeated or filled. */
export function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const result = bytes.slice();
  // Both ends of `integer` are included.
  const place = () => random.integer(0, result.length - 1);
  const byte = () => random.integer(0, 255);
  switch (random.integer(0, 3)) {
    case 0:
      for (let k = random.integer(1, 9); k > 0; k--) result[place()] = byte();
      return result;
    case 1:
      return result.slice(0, place());
    case 2: {
      const [from, at, length] = [place(), place(), random.integer(1, 64)];
      result.set(result.slice(from, Math.min(from + length, from + result.length - at)), at);
      return result;
    }
    default:
      result.fill(byte(), place(), place());
      return result;
  }
}

/** What becomes of a damaged file: "value" or "error" when it is a typed one. Anything else is thrown on. */
export function outcome(bytes: Uint8Array): "value" | "error" {
  try {
    const model = readOnnx(bytes);
    inferShapes(model);
    const [input] = model.inputs;
    const [output] = model.outputs;
    if (input && output) differentiate(model, { outputs: [output.name], wrt: [input.name] });
    return "value";
  } catch (error) {
    if (error instanceof LatentflowError) return "error";
    throw error;
  }
}

/** Counts the outcomes of `count` mutations of the files given. */
export function fuzz(files: readonly Uint8Array[], count: number, seed: number): Record<"value" | "error", number> {
  const random = new SeededRandom(seed);
  const counts = { value: 0, error: 0 };
  for (let i = 0; i < count; i++) counts[outcome(mutated(files[i % files.length]!, random))]++;
  return counts;
}

/** The networks that other exporters wrote. */
export function exportedFiles(): Uint8Array[] {
  const folder = new URL("./reference/exported/", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".onnx"));
  return names.map((name) => new Uint8Array(readFileSync(new URL(name, folder))));
}
