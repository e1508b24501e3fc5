import { SeededRandom } from "@latentflow/core";
import { describe, expect, it } from "vitest";
import { differentiate, foldConstants, GraphBuilder, inferShapes, integers, OnnxError, readOnnx } from "../src/index.js";
import { VALUES_BUDGET } from "../src/shapes/infer.js";
import { runModel } from "./run-model.js";

/** Small files that ask for much memory. */

const along0 = { axis: { int: 0 } };

/** x plus the sum of a value that `amplify` makes of [0, 1, … count − 1]. */
function amplified(count: number, amplify: (graph: GraphBuilder, value: string) => string) {
  const graph = new GraphBuilder();
  const x = graph.input("x", ["n", 4]);
  const start = graph.constant(integers(Array.from({ length: count }, (_, i) => i)));
  const made = amplify(graph, start);
  const sum = graph.op("Cast", [graph.op("ReduceSum", [made], { keepdims: { int: 0 } })], { to: { int: 1 } });
  graph.output("y", graph.op("Add", [x, sum]), ["n", 4]);
  return graph.build();
}

const times = (count: number, step: (graph: GraphBuilder, value: string) => string) => (graph: GraphBuilder, value: string) =>
  Array.from({ length: count }).reduce<string>((made) => step(graph, made), value);

/** Elements that inference and folding keep, and those of the model's own constants. */
function keptBy(model: ReturnType<typeof amplified>): { inferred: number; folded: number } {
  // Two facts may share their elements.
  const values = new Set([...inferShapes(model)].map(([, fact]) => fact.value).filter((value) => value !== undefined));
  const folded = [...foldConstants(model).initializers.values()];
  const count = (lists: Iterable<{ length: number }>) => [...lists].reduce((sum, { length }) => sum + length, 0);
  return { inferred: count(values), folded: count(new Set(folded.map(({ data }) => data))) };
}

const own = (model: ReturnType<typeof amplified>) =>
  [...model.initializers.values()].reduce((sum, { data }) => sum + data.length, 0);

describe("what folding keeps has one budget", () => {
  it.each([
    [
      "a Concat with itself, 27 times",
      amplified(
        2,
        times(27, (graph, s) => graph.op("Concat", [s, s], along0)),
      ),
    ],
    [
      "two Concats of 10,000 inputs",
      amplified(
        4096,
        times(2, (graph, s) => graph.op("Concat", Array(10_000).fill(s), along0)),
      ),
    ],
    [
      "3,000 Identities of 4,096 elements",
      amplified(
        4096,
        times(3000, (graph, s) => graph.op("Identity", [s])),
      ),
    ],
    [
      "3,000 negatives of 4,096 elements",
      amplified(
        4096,
        times(3000, (graph, s) => graph.op("Neg", [s])),
      ),
    ],
    [
      "3,000 copies of 4,096 elements, all read",
      amplified(4096, (graph, start) =>
        graph.op("Max", [start, ...Array.from({ length: 3000 }, () => graph.op("Abs", [start]))]),
      ),
    ],
  ])("%s", (_, model) => {
    const { inferred, folded } = keptBy(model);
    expect(inferred).toBeLessThan(VALUES_BUDGET + own(model));
    expect(folded).toBeLessThan(VALUES_BUDGET + own(model));
    differentiate(model, { outputs: ["y"], wrt: ["x"] });
  });

  const STEPS: ((graph: GraphBuilder, s: string, random: SeededRandom) => string)[] = [
    (graph, s) => graph.op("Concat", [s, s], along0),
    (graph, s) => graph.op("Neg", [s]),
    (graph, s) => graph.op("Add", [s, graph.op("Identity", [s])]),
    (graph, s) => graph.op("Gather", [s, graph.constant(integers(Array(4096).fill(0)), "places")], along0),
    (graph, s) => graph.op("Tile", [s, graph.ints([3])]),
    (graph, s) =>
      graph.reshape(graph.op("Expand", [s, graph.op("Concat", [graph.ints([7]), graph.op("Shape", [s])], along0)]), [-1]),
    (graph, s) => graph.slice(s, 0, 0, 4096),
    (graph, s) => graph.op("ConstantOfShape", [graph.op("Shape", [s])], { value: { tensor: integers([1]) } }),
    (graph, s) => graph.ops("Split", [graph.op("Concat", [s, s], along0)], 2, { ...along0, num_outputs: { int: 2 } })[0]!,
  ];

  it.each(Array.from({ length: 10 }, (_, seed) => seed))("random amplifier %i", (seed) => {
    const random = new SeededRandom(seed);
    const step = (graph: GraphBuilder, s: string) => STEPS[random.integer(0, STEPS.length - 1)]!(graph, s, random);
    const model = amplified(random.integer(1, 4096), times(300, step));
    let kept: ReturnType<typeof keptBy>;
    try {
      kept = keptBy(model);
    } catch (error) {
      // Sizes beyond what can be counted.
      expect(error).toBeInstanceOf(OnnxError);
      return;
    }
    expect(kept.inferred).toBeLessThan(VALUES_BUDGET + own(model));
    expect(kept.folded).toBeLessThan(VALUES_BUDGET + own(model));
  });

  it("does not lose a value for it", async () => {
    const model = amplified(
      3,
      times(12, (graph, s) => graph.op("Concat", [s, s], along0)),
    );
    const folded = foldConstants(model);
    for (const each of [model, folded]) {
      const { y } = await runModel(each, { x: { dims: [1, 4], data: [0, 1, 2, 3] } });
      expect([...y!.data]).toEqual([0, 1, 2, 3].map((x) => x + 3 * 2 ** 12));
    }
  });
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

/** A model file whose graph is an entry, repeated. */
function fileOf(count: number, entry: readonly number[]): Uint8Array {
  const frame = [8, 8, 66, 4, 10, 0, 16, 17, 58, ...varint(count * entry.length)];
  const bytes = new Uint8Array(frame.length + count * entry.length);
  bytes.set(frame);
  for (let i = 0; i < count; i++) bytes.set(entry, frame.length + i * entry.length);
  return bytes;
}

describe("a file of small entries", () => {
  const letter = "x".charCodeAt(0);
  const node = (...attributes: number[]) => {
    const content = [10, 1, letter, 18, 1, letter, 34, 1, letter, ...attributes];
    return [10, ...varint(content.length), ...content];
  };
  const attribute = [42, 6, 10, 1, letter, 160, 1, 2];
  it.each<[string, Uint8Array, RegExp]>([
    ["a million empty nodes", fileOf(1e6, [10, 0]), /every node to have an operator, got none at node 0/],
    ["300,000 nodes", fileOf(3e5, node()), /no more memory than 64 MB and 4 times its file/],
    ["nodes of empty attributes", fileOf(1e5, node(...attribute, ...attribute, ...attribute)), /no more memory than/],
    ["500,000 inputs", fileOf(5e5, [90, 6, 18, 4, 10, 2, 8, 1]), /no more memory than/],
    ["a million constants", fileOf(1e6, [42, 6, 8, 0, 16, 1, 66, 0]), /every constant once/],
    [
      "a million dimensions",
      fileOf(1, [42, ...varint(2e6 + 4), ...Array.from({ length: 1e6 }, () => [8, 1]).flat(), 16, 1, 66, 0]),
      /at most 64 dimensions/,
    ],
  ])("%s is refused", (_, bytes, message) => {
    expect(() => readOnnx(bytes)).toThrow(message);
  });
});

it.each(["constructor", "toString", "__proto__"])('takes values that are called "%s"', async (name) => {
  const graph = new GraphBuilder();
  const x = graph.input(name, ["n", 2]);
  graph.output("y", graph.op("Mul", [x, graph.float(3)]), ["n", 2]);
  const model = graph.build();
  expect(inferShapes(model, { shapes: {} }).get("y")!.dims).toEqual(["n", 2]);
  const gradient = differentiate(model, { outputs: ["y"], wrt: [name], cotangents: "ones" });
  expect(gradient.outputs.map((output) => output.name)).toContain(`${name}_gradient`);
  const other = new GraphBuilder();
  const value = other.input("x", ["n", 2]);
  expect(() => other.inline(model, "", {})).toThrow(`a connection for the input "${name}"`);
  expect(Object.keys(other.inline(model, "", Object.fromEntries([[name, value]])))).toEqual(["y"]);
});
