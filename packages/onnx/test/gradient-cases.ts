import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { tensorOf } from "../src/graph/model.js";
import { type AttributeValue, type DataType, GraphBuilder, type OnnxModel } from "../src/index.js";

/** Every rule's value and gradient by ONNX's reference evaluator and PyTorch, in float64: tools/reference/onnx_gradients.py. */

export interface Packed {
  type: DataType;
  dims: number[];
  data: number[];
}

export interface Case {
  name: string;
  op: string;
  opset: number;
  torch: boolean;
  attributes: Record<string, AttributeValue>;
  inputs: (Packed | null)[];
  outputs: number;
  wrt: number[];
  values: Record<string, Packed>;
  cotangents: Record<string, Packed>;
  gradients: Record<string, Packed>;
}

export const { cases } = JSON.parse(
  gunzipSync(readFileSync(new URL("./reference/gradients.json.gz", import.meta.url))).toString(),
) as { cases: Case[] };

/** The case's op in a graph whose differentiated inputs are inputs of the model; the rest are constants. */
export function modelOf({ op, opset, attributes, inputs, outputs, wrt, values }: Case): OnnxModel {
  const graph = new GraphBuilder({ opset });
  const names = inputs.map((input, i) => {
    if (input === null) return "";
    if (!wrt.includes(i)) return graph.constant(tensorOf(input.type, input.dims, input.data));
    return graph.input(`x${i}`, input.dims, input.type);
  });
  const results = graph.ops(op, names, outputs, attributes);
  for (const [i, { type }] of Object.entries(values)) graph.output(`y${i}`, results[Number(i)]!, undefined, type);
  return graph.build();
}

/** The largest difference from what is expected, as a part of the largest value expected. */
export function relativeError(actual: ArrayLike<number>, expected: Packed): number {
  if (actual.length !== expected.data.length) return Number.POSITIVE_INFINITY;
  const scale = Math.max(1e-3, ...expected.data.map(Math.abs));
  return expected.data.reduce((max, x, i) => Math.max(max, Math.abs(x - actual[i]!)), 0) / scale;
}
