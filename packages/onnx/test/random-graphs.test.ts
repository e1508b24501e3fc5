import { SeededRandom } from "@latentflow/core";
import { expect, it } from "vitest";
import {
  cotangentName,
  type Dim,
  differentiate,
  floats,
  GraphBuilder,
  gradientName,
  inferShapes,
  integers,
} from "../src/index.js";
import { runModel } from "./run-model.js";

/**
 * Random chains of ops in random operator sets, for two sizes of the batch: inferred shapes are those that come out, and the gradient agrees with
 * central differences along random directions. (Each rule by itself is held to tighter bounds in gradient-rules.test.ts.)
 */

interface Step {
  readonly graph: GraphBuilder;
  readonly x: string;
  /** Of x: the batch, then numbers. */
  readonly dims: readonly Dim[];
  readonly random: SeededRandom;
}

const sizes = ({ dims }: Step) => dims.slice(1) as number[];
const pick = <T>({ random }: Step, items: readonly T[]): T => items[random.integer(0, items.length - 1)]!;
const constant = ({ graph, random }: Step, dims: readonly number[]) =>
  graph.constant(
    floats(
      dims,
      random.normals(
        dims.reduce((a, b) => a * b, 1),
        1,
        0.3,
      ),
    ),
  );
/** An axis after the batch, counted from either end. */
const axisOf = (step: Step, axis: number) => pick(step, [axis, axis - step.dims.length]);
const anyAxis = (step: Step) => step.random.integer(1, step.dims.length - 1);
/** A shape that broadcasts against x: a suffix of its own, with ones. */
const partner = (step: Step) =>
  [1, ...sizes(step).map((size) => pick(step, [1, size]))].slice(step.random.integer(0, step.dims.length));

const STEPS: Record<string, (step: Step) => string | undefined> = {
  smooth: (s) => s.graph.op(pick(s, ["Tanh", "Sigmoid", "Softplus", "Sin", "Erf", "Softsign", "Neg"]), [s.x]),
  kinked: (s) => s.graph.op(pick(s, ["LeakyRelu", "Elu", "Selu", "Abs"]), [s.x]),
  clip: (s) => s.graph.op("Clip", pick(s, [[s.x, s.graph.float(-0.5)], [s.x, "", s.graph.float(0.5)], [s.x]])),
  arithmetic: (s) => s.graph.op(pick(s, ["Add", "Sub", "Mul", "Div", "Max", "Min"]), [s.x, constant(s, partner(s))]),
  repeated: (s) => {
    const sum = s.graph.op("ReduceSum", [s.x, s.graph.ints([axisOf(s, anyAxis(s))])], { keepdims: { int: 1 } });
    return s.graph.op(pick(s, ["Add", "Mul"]), [sum, s.graph.op("Tanh", [s.x])]);
  },
  where: (s) => {
    const mask = s.graph.op("Greater", [constant(s, sizes(s)), s.graph.float(1)]);
    return s.graph.op("Where", [mask, s.x, pick(s, [s.graph.float(0.3), s.graph.op("Cos", [s.x])])]);
  },
  reduce: (s) =>
    s.graph.reduce(pick(s, ["ReduceMean", "ReduceMax", "ReduceMin"]), s.x, [axisOf(s, anyAxis(s))], s.dims.length < 3),
  transpose: (s) => s.graph.transpose(s.x, [0, ...Array.from({ length: s.dims.length - 1 }, (_, i) => s.dims.length - 1 - i)]),
  reshape: (s) =>
    s.graph.reshape(
      s.x,
      pick(s, [
        [0, -1],
        [-1, 1, sizes(s).reduce((a, b) => a * b, 1)],
      ]),
    ),
  unsqueeze: (s) => (s.dims.length < 5 ? s.graph.op("Unsqueeze", [s.x, s.graph.ints([pick(s, [1, -1])])]) : undefined),
  slice: (s) => {
    const axis = s.graph.ints([axisOf(s, anyAxis(s))]);
    const [from, to, step] = pick(s, [
      [0, 2 ** 31 - 1, 2],
      [-1, -(2 ** 31) + 1, -1],
      [0, 1, 1],
    ]).map((value) => s.graph.ints([value!]));
    return s.graph.op("Slice", [s.x, from!, to!, axis, step!]);
  },
  concat: (s) => s.graph.op("Concat", [s.x, s.graph.op("Tanh", [s.x]), s.x], { axis: { int: axisOf(s, anyAxis(s)) } }),
  split: (s) => {
    const axis = anyAxis(s);
    const size = s.dims[axis] as number;
    if (size < 2) return undefined;
    const [a, b] = s.graph.ops("Split", [s.x, s.graph.ints([1, size - 1])], 2, { axis: { int: axisOf(s, axis) } });
    return pick(s, [s.graph.op("Mul", [a!, b!]), b!]);
  },
  gather: (s) => {
    const axis = anyAxis(s);
    const index = () => s.random.integer(-(s.dims[axis] as number), (s.dims[axis] as number) - 1);
    const indices = pick(s, [integers([index(), index(), index()]), { ...integers([index(), index()]), dims: [2, 1] }]);
    return s.graph.op("Gather", [s.x, s.graph.constant(indices, "indices")], { axis: { int: axisOf(s, axis) } });
  },
  pad: (s) => {
    const axis = anyAxis(s);
    const pads = Array.from({ length: 2 * s.dims.length }, (_, i) => (i % s.dims.length === axis ? s.random.integer(0, 2) : 0));
    return s.graph.op("Pad", [s.x, s.graph.ints(pads)], { mode: { string: pick(s, ["constant", "edge"]) } });
  },
  softmax: (s) => s.graph.op(pick(s, ["Softmax", "LogSoftmax"]), [s.x], { axis: { int: axisOf(s, anyAxis(s)) } }),
  matMul: (s) => {
    const last = sizes(s).at(-1)!;
    return s.graph.op("MatMul", [s.x, constant(s, pick(s, s.dims.length > 2 ? [[last, 2], [last]] : [[last, 2]]))]);
  },
  conv: (s) => {
    const [channels, height, width] = sizes(s);
    if (s.dims.length !== 4 || height! * width! > 200) return undefined;
    const pads = { ints: [1, 2, 1, 1] };
    const strides = { ints: [pick(s, [1, 2]), pick(s, [1, 3])] };
    const filter = pick(s, [
      [3, channels!, 2, 3],
      [2 * channels!, 1, 3, 1],
    ]);
    return s.graph.op("Conv", [s.x, constant(s, filter)], { pads, strides, group: { int: channels! / filter[1]! } });
  },
  pool: (s) => {
    if (s.dims.length !== 4) return undefined;
    const window = { kernel_shape: { ints: [2, 2] }, strides: { ints: [1, 2] }, pads: { ints: [1, 1, 0, 0] } };
    return s.graph.op(pick(s, ["AveragePool", "MaxPool"]), [s.x], window);
  },
  resize: (s) => {
    if (s.dims.length !== 4 || sizes(s)[1]! * sizes(s)[2]! > 50) return undefined;
    const mode = { string: pick(s, ["nearest", "linear"]) };
    const coordinates = { string: pick(s, ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]) };
    const scales = s.graph.constant(floats([4], [1, 1, pick(s, [1.5, 2]), 2]));
    return s.graph.op("Resize", [s.x, "", scales], { mode, coordinate_transformation_mode: coordinates });
  },
};

/** A chain of up to six steps of at most 2,000 numbers an image; and what it consists of. */
function chain(random: SeededRandom) {
  const input = [[2, 5, 4], [3, 4], [6]][random.integer(0, 2)]!;
  const start = new GraphBuilder({ opset: random.integer(13, 25) });
  let [x, dims]: [string, readonly Dim[]] = [start.input("x", ["n", ...input]), ["n", ...input]];
  start.output("y", start.op("Identity", [x]), dims);
  let model = start.build();
  const names: string[] = [];
  for (let i = 0; i < 6; i++) {
    const graph = GraphBuilder.from(model, { outputs: [] });
    const step = { graph, x, dims, random };
    const name = pick(step, Object.keys(STEPS));
    const made = STEPS[name]!(step);
    if (made === undefined) continue;
    graph.output(`y${i}`, made);
    const longer = graph.build();
    const shape = inferShapes(longer).get(made)!.dims;
    const tooLarge = (shape.slice(1) as number[]).reduce((a, b) => a * b, 1) > 2000;
    if (shape.length < 2 || shape.length > 5 || tooLarge) break;
    [model, x, dims] = [longer, made, shape];
    names.push(name);
  }
  return { model, input, dims, description: `operator set ${model.opset}: ${names.join(", ")}` };
}

it.each(Array.from({ length: 150 }, (_, seed) => seed))("random graph %i", async (seed) => {
  const random = new SeededRandom(seed);
  const { model, input, dims, description } = chain(random);
  const y = model.outputs[0]!.name;
  const pulled = differentiate(model, { outputs: [y], wrt: ["x"] });
  for (const n of [1, 3]) {
    const size = n * input.reduce((a, b) => a * b, 1);
    const data = random.normals(size);
    const run = (values: ArrayLike<number>) => runModel(model, { x: { dims: [n, ...input], data: values } });
    const value = (await run(data))[y]!;
    expect(value.dims, description).toEqual(dims.map((dim) => (dim === "n" ? n : dim)));
    const cotangent = random.normals(value.data.length);
    const feeds = { x: { dims: [n, ...input], data }, [cotangentName(y)]: { dims: value.dims, data: cotangent } };
    const gradient = (await runModel(pulled, feeds))[gradientName("x")]!.data;
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, item, i) => sum + item * b[i]!, 0);
    // Near a kink one direction can be off; a wrong rule is off along all.
    let smallest = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 6 && smallest > 2e-2; trial++) {
      const direction = random.normals(size);
      const norms = Math.sqrt(dot(direction, direction) * dot(gradient, gradient)) + 1e-2;
      for (const h of [1e-2, 2e-3]) {
        const at = async (t: number) => dot((await run(data.map((item, i) => item + t * direction[i]!)))[y]!.data, cotangent);
        const difference = ((await at(h)) - (await at(-h))) / (2 * h);
        smallest = Math.min(smallest, Math.abs(difference - dot(direction, gradient)) / norms);
      }
    }
    expect(smallest, description).toBeLessThan(2e-2);
  }
});
