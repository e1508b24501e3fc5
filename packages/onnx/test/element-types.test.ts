import { describe, expect, it } from "vitest";
import { tensorOf } from "../src/graph/model.js";
import { cotangentName, type DataType, differentiate, GraphBuilder, gradientName } from "../src/index.js";
import { type Case, cases, modelOf, type Packed, relativeError } from "./gradient-cases.js";
import { runTyped } from "./run-model.js";

/** The conformance cases again, in other element types: what the runtime computes forward, it computes with its gradient. */

/** The case with all real numbers that share the op's type in another one. */
function inType(item: Case, type: DataType): Case {
  const convert = (packed: Packed) => (packed.type === "float32" ? { ...packed, type } : packed);
  // Resize's scales are float32 for images of any type.
  const shared = (i: number) => item.op !== "Resize" || i === 0;
  const all = (packed: Record<string, Packed>) => Object.fromEntries(Object.entries(packed).map(([i, x]) => [i, convert(x)]));
  return {
    ...item,
    inputs: item.inputs.map((input, i) => (input && shared(i) ? convert(input) : input)),
    values: all(item.values),
    cotangents: all(item.cotangents),
    gradients: all(item.gradients),
  };
}

const tensor = ({ type, dims, data }: Packed) => tensorOf(type, dims, data);

describe.each([
  ["float64", 2e-5, 0.5],
  ["float16", 1e-2, 0.95],
] as const)("%s", (type, tolerance, share) => {
  it("has the gradient wherever the runtime has the op", async () => {
    const failures: string[] = [];
    let run = 0;
    for (const item of cases.map((each) => inType(each, type))) {
      const model = modelOf(item);
      const inputs = Object.fromEntries(item.wrt.map((i) => [`x${i}`, tensor(item.inputs[i]!)]));
      const runs = await runTyped(model, inputs).then(
        () => true,
        () => false,
      );
      if (!runs) continue;
      run++;
      const outputs = Object.keys(item.values).map((i) => `y${i}`);
      const differentiated = differentiate(model, { outputs, wrt: item.wrt.map((i) => `x${i}`) });
      const cotangents = Object.entries(item.cotangents).map(([i, value]) => [cotangentName(`y${i}`), tensor(value)]);
      try {
        const results = await runTyped(differentiated, { ...inputs, ...Object.fromEntries(cotangents) });
        for (const [i, expected] of Object.entries(item.gradients)) {
          const got = results[gradientName(`x${i}`)]!;
          const error = relativeError(got.numbers, expected);
          if (got.type !== type || !(error < tolerance)) failures.push(`${item.name}: ${got.type}, off by ${error}`);
        }
      } catch (error) {
        failures.push(`${item.name}: ${error}`);
      }
    }
    expect(failures).toEqual([]);
    expect(run / cases.length).toBeGreaterThan(share);
  });
});

it("keeps the precision of a double inside a float32 model", async () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["n", 3], "float64");
  const scaled = graph.op("Mul", [x, graph.constant(tensorOf("float64", [], [1 / 3]))]);
  graph.output("y", graph.op("Mul", [graph.op("Tanh", [scaled]), scaled]), ["n", 3], "float64");
  const half = graph.op("Cast", [graph.op("Exp", [graph.op("Cast", [x], { to: { int: 10 } })])], { to: { int: 1 } });
  graph.output("z", graph.op("Sqrt", [half]), ["n", 3]);
  const model = graph.build();
  const data = [0.3, -1.7, 2.2];
  const feeds = { x: tensorOf("float64", [1, 3], data) };
  const y = await runTyped(differentiate(model, { outputs: ["y"], wrt: ["x"], cotangents: "ones" }), feeds);
  data.forEach((value, i) => {
    const [u, tanh] = [value / 3, Math.tanh(value / 3)];
    expect(y.x_gradient!.numbers[i]).toBeCloseTo((tanh + u * (1 - tanh * tanh)) / 3, 14);
  });
  // Through half precision: d/dx √exp(x), with the error of 11 bits.
  const z = await runTyped(differentiate(model, { outputs: ["z"], wrt: ["x"], cotangents: "ones" }), feeds);
  expect(z.x_gradient!.type).toBe("float64");
  data.forEach((value, i) => {
    expect(z.x_gradient!.numbers[i]! / (0.5 * Math.exp(value / 2))).toBeCloseTo(1, 2);
  });
});

it("refuses by name what holds no real numbers", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["n"]);
  const k = graph.input("k", ["n"], "int32");
  graph.output("y", graph.op("Mul", [x, graph.op("Cast", [k], { to: { int: 1 } })]), ["n"]);
  graph.output("j", graph.op("Cast", [x], { to: { int: 6 } }), ["n"], "int32");
  const model = graph.build();
  expect(() => differentiate(model, { outputs: ["y"], wrt: ["k"] })).toThrow(/"k" to hold real numbers, got int32/);
  expect(() => differentiate(model, { outputs: ["j"], wrt: ["x"] })).toThrow(/"j" to hold real numbers, got int32/);
  graph.output("b", graph.op("Cast", [x], { to: { int: 16 } }), ["n"]);
  expect(() => differentiate(graph.build(), { outputs: ["y"], wrt: ["x"] })).toThrow(
    /node "Cast_2".*among float32.*got bfloat16/,
  );
});
