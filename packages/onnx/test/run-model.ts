import * as ort from "onnxruntime-node";
import { type DataType, type OnnxModel, writeOnnx } from "../src/index.js";

/** Runs a model once on ONNX Runtime's CPU provider, one thread. */
export async function runModel(
  model: OnnxModel,
  feeds: Readonly<Record<string, { dims: readonly number[]; data: ArrayLike<number>; type?: DataType }>>,
): Promise<Record<string, { dims: readonly number[]; data: Float32Array }>> {
  const session = await ort.InferenceSession.create(writeOnnx(model), { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const inputs = Object.entries(feeds).map(([name, { dims, data }]) => [
    name,
    new ort.Tensor("float32", Float32Array.from(data), dims),
  ]);
  const results = await session.run(Object.fromEntries(inputs));
  const outputs = Object.entries(results).map(([name, { dims, data }]) => [
    name,
    { dims: [...dims], data: data as Float32Array },
  ]);
  await session.release();
  return Object.fromEntries(outputs);
}
