import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { GRADIENT_RULES } from "../src/gradients/rules/index.js";
import { tensorOf } from "../src/graph/model.js";
import { type AttributeValue, cotangentName, type DataType, differentiate, GraphBuilder, gradientName } from "../src/index.js";
import { runModel } from "./run-model.js";

/** Every rule against float64 finite differences of ONNX's reference evaluator, and PyTorch's gradients: tools/reference/onnx_gradients.py. */

interface Packed {
  type: DataType;
  dims: number[];
  data: number[];
}

interface Case {
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

const { cases } = JSON.parse(gunzipSync(readFileSync(new URL("./reference/gradients.json.gz", import.meta.url))).toString()) as {
  cases: Case[];
};

/** The case's op in a graph whose differentiated inputs are inputs of the model; the rest are constants. */
function modelOf({ op, opset, attributes, inputs, outputs, wrt, values }: Case) {
  const graph = new GraphBuilder({ opset });
  const names = inputs.map((input, i) => {
    if (input === null) return "";
    if (!wrt.includes(i)) return graph.constant(tensorOf(input.type, input.dims, input.data));
    return graph.input(`x${i}`, input.dims);
  });
  const results = graph.ops(op, names, outputs, attributes);
  for (const i of Object.keys(values)) graph.output(`y${i}`, results[Number(i)]!);
  return graph.build();
}

function expectClose(actual: ArrayLike<number>, expected: Packed): void {
  const scale = Math.max(1e-3, ...expected.data.map(Math.abs));
  expect(actual.length).toBe(expected.data.length);
  const worst = expected.data.reduce((max, x, i) => Math.max(max, Math.abs(x - actual[i]!)), 0);
  expect(worst / scale).toBeLessThan(2e-5);
}

describe("gradient rules", () => {
  it.each(cases.map((item) => [item.name, item] as const))("%s", async (_, item) => {
    const model = modelOf(item);
    const outputs = Object.keys(item.values).map((i) => `y${i}`);
    const differentiated = differentiate(model, { outputs, wrt: item.wrt.map((i) => `x${i}`) });
    const feeds = {
      ...Object.fromEntries(item.wrt.map((i) => [`x${i}`, item.inputs[i]!])),
      ...Object.fromEntries(Object.entries(item.cotangents).map(([i, value]) => [cotangentName(`y${i}`), value])),
    };
    const results = await runModel(differentiated, feeds);
    for (const [i, value] of Object.entries(item.values)) expectClose(results[`y${i}`]!.data, value);
    for (const [i, gradient] of Object.entries(item.gradients)) {
      const got = results[gradientName(`x${i}`)]!;
      expect(got.dims).toEqual(gradient.dims);
      expectClose(got.data, gradient);
    }
  });

  it("has a case for every rule", () => {
    // Cast, Dropout and Mish are checked in differentiate.test.ts.
    const covered = new Set([...cases.map(({ op }) => op), "Cast", "Dropout", "Mish"]);
    expect(Object.keys(GRADIENT_RULES).filter((op) => !covered.has(op))).toEqual([]);
  });
});
