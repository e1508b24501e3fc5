import { SeededRandom } from "@latentflow/core";
import { floats, type OnnxModel, OnnxSession, type OnnxTensor } from "@latentflow/onnx";
import { EngineError } from "../errors.js";
import type { Codes } from "./codes.js";

/** Codes mapped at once, where the graph takes any number. */
const BATCH = 512;
/** Codes whose mean is the mean latent: the paper's number. */
const FOR_MEAN = 4096;
/** Numbers of the codes that tell one mapping from another. */
const FINGERPRINT = 8;

/** Codes that a mapping z → w makes of normal z, with what frees its session. */
export interface MappedCodes extends Codes {
  dispose(): void;
}

/**
 * @param mapping z [n, k] → w [n, d], or [n, rows, d] with every row the same
 * @param latentDim d, as the generator takes it
 * @param about which mapping, for people
 * @throws EngineError for a graph that is no such mapping
 */
export async function mappedCodes(mapping: OnnxModel, latentDim: number, about: string): Promise<MappedCodes> {
  const { input, output, atOnce, width } = endsOf(mapping);
  const session = await OnnxSession.create(mapping);
  const map = async (count: number, seed: number): Promise<Float32Array> => {
    const random = new SeededRandom(seed);
    const codes = new Float32Array(count * latentDim);
    for (let done = 0; done < count; done += atOnce) {
      const rows = Math.min(atOnce, count - done);
      // A graph of a fixed batch gets zeros behind the last codes.
      const z = new Float32Array((mapping.inputs[0]!.dims![0] === atOnce ? atOnce : rows) * width);
      z.set(random.normals(rows * width));
      const answer = (await session.run({ [input]: floats([z.length / width, width], z) }, [output]))[output]!;
      codes.set(rowsOf(answer, latentDim).subarray(0, rows * latentDim), done * latentDim);
    }
    return codes;
  };
  try {
    const many = await map(FOR_MEAN, 0);
    const meanLatent = new Float64Array(latentDim);
    many.forEach((x, i) => {
      meanLatent[i % latentDim]! += x / FOR_MEAN;
    });
    return {
      ...{ sampleCodes: map, meanLatent },
      codes: { about, fingerprint: [...many.subarray(0, FINGERPRINT)] },
      notes: [`codes: ${about}`],
      dispose: () => void session.dispose(),
    };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

function endsOf({ inputs, outputs }: OnnxModel) {
  const [input, ...more] = inputs;
  const [rows, width, ...rest] = input?.dims ?? [];
  if (input && outputs[0] && more.length === 0 && rest.length === 0 && typeof width === "number" && input.type === "float32")
    return { input: input.name, output: outputs[0].name, width, atOnce: typeof rows === "number" ? rows : BATCH };
  const found = inputs.map(({ name, type, dims }) => `${name} ${type} [${dims?.join(", ") ?? "of any shape"}]`);
  throw new EngineError(
    `expected a mapping with one input z float32 [n, k], got ${found.join(", ") || "none"}; make the rest constants when exporting.`,
  );
}

/** Codes [n, d] of a mapping's answer, which may repeat each for all rows of W+. */
function rowsOf({ dims, data }: OnnxTensor, latentDim: number): Float32Array {
  const values = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
  if (dims.length === 2 && dims[1] === latentDim) return values;
  const [n = 0, repeats = 0, width] = dims;
  if (dims.length !== 3 || width !== latentDim)
    throw new EngineError(`expected a mapping to w [n, ${latentDim}], as the generator takes it, got [${dims.join(", ")}].`);
  const codes = new Float32Array(n * latentDim);
  for (let i = 0; i < n; i++) {
    const first = values.subarray(i * repeats * latentDim, (i * repeats + 1) * latentDim);
    for (let row = 1; row < repeats; row++) {
      const other = values.subarray((i * repeats + row) * latentDim, (i * repeats + row + 1) * latentDim);
      if (other.some((x, k) => x !== first[k]))
        throw new EngineError(
          "expected a mapping that gives every row of a code the same numbers, got others; codes are w [n, d].",
        );
    }
    codes.set(first, i * latentDim);
  }
  return codes;
}
