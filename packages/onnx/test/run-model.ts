import * as ort from "onnxruntime-node";
import { numbersOf, type OnnxTensor, tensorOf } from "../src/graph/model.js";
import { type DataType, type OnnxModel, type TensorData, writeOnnx } from "../src/index.js";

type Feeds = Readonly<Record<string, { dims: readonly number[]; data: ArrayLike<number>; type?: DataType }>>;

/** Runs a model once on ONNX Runtime's CPU provider, one thread. */
export async function runModel(
  model: OnnxModel,
  feeds: Feeds,
): Promise<Record<string, { dims: readonly number[]; data: Float32Array }>> {
  const results = await runTyped(
    model,
    Object.fromEntries(Object.entries(feeds).map(([name, { dims, data }]) => [name, tensorOf("float32", dims, data)])),
  );
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [name, { dims, data: data as Float32Array }]),
  );
}

/** Runs a model once on inputs of any type. */
export async function runTyped(
  model: OnnxModel,
  feeds: Readonly<Record<string, OnnxTensor>>,
): Promise<Record<string, OnnxTensor & { numbers: number[] }>> {
  const session = await ort.InferenceSession.create(writeOnnx(model), { intraOpNumThreads: 1, logSeverityLevel: 4 });
  const inputs = Object.entries(feeds).map(([name, { type, dims, data }]) => [name, new ort.Tensor(type, data as never, dims)]);
  const results = await session.run(Object.fromEntries(inputs));
  const outputs = Object.entries(results).map(([name, { type, dims, data }]) => {
    const tensor = { type: type as DataType, dims: [...dims], data: data as TensorData };
    return [name, { ...tensor, numbers: numbersOf(tensor) }];
  });
  await session.release();
  return Object.fromEntries(outputs);
}
