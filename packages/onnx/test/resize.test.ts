import { expect, it } from "vitest";
import { cotangentName, differentiate, floats, GraphBuilder, gradientName, inferShapes } from "../src/index.js";
import { runModel } from "./run-model.js";

/**
 * Resize is linear: its gradient is the transpose of what the runtime does, down to the rounding of scales that are no float32 numbers. The
 * identity matrix as a batch of rows shows both matrices whole.
 */
const MODES: { mode: string; coordinates: string; nearest?: string; antialias?: number; exclude?: number; cubic?: number }[] = [
  { mode: "nearest", coordinates: "asymmetric", nearest: "floor" },
  { mode: "nearest", coordinates: "half_pixel", nearest: "round_prefer_floor" },
  { mode: "linear", coordinates: "half_pixel", nearest: "floor" },
  { mode: "linear", coordinates: "pytorch_half_pixel", nearest: "floor" },
  { mode: "linear", coordinates: "align_corners", nearest: "floor" },
  { mode: "linear", coordinates: "half_pixel", antialias: 1 },
  { mode: "linear", coordinates: "half_pixel", antialias: 1, exclude: 1 },
  { mode: "cubic", coordinates: "half_pixel" },
  { mode: "cubic", coordinates: "asymmetric", cubic: -0.5 },
  { mode: "cubic", coordinates: "align_corners", exclude: 1 },
  { mode: "cubic", coordinates: "pytorch_half_pixel", antialias: 1 },
  { mode: "cubic", coordinates: "half_pixel", antialias: 1, exclude: 1, cubic: -0.5 },
];
const SCALES = [
  [7, 13 / 7],
  [3, 10 / 3],
  [12, 5 / 12],
  [15, 1.4],
  [10, 1.2],
  [9, 1 / 3],
  [5, 1.1],
];

it.each(MODES)("Resize %o: the transpose of the runtime's matrix", async (options) => {
  const { mode, coordinates, nearest = "floor", antialias = 0, exclude = 0, cubic = -0.75 } = options;
  for (const [size, scale] of SCALES as [number, number][]) {
    const graph = new GraphBuilder();
    const x = graph.input("x", ["n", 1, size, 1]);
    const y = graph.op("Resize", [x, "", graph.constant(floats([4], [1, 1, scale, 2]))], {
      mode: { string: mode },
      coordinate_transformation_mode: { string: coordinates },
      nearest_mode: { string: nearest },
      antialias: { int: antialias },
      exclude_outside: { int: exclude },
      cubic_coeff_a: { float: cubic },
    });
    graph.output("y", y);
    const model = graph.build();
    const identity = (n: number) => Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
    const forward = (await runModel(model, { x: { dims: [size, 1, size, 1], data: identity(size) } })).y!;
    expect(inferShapes(model).get(y)!.dims, `${size} · ${scale}`).toEqual(["n", ...forward.dims.slice(1)]);
    const outputs = forward.data.length / size;
    const gradient = (
      await runModel(differentiate(model, { outputs: ["y"], wrt: ["x"] }), {
        x: { dims: [outputs, 1, size, 1], data: new Float32Array(outputs * size) },
        [cotangentName("y")]: { dims: [outputs, ...forward.dims.slice(1)], data: identity(outputs) },
      })
    )[gradientName("x")]!.data;
    for (let o = 0; o < outputs; o++)
      for (let i = 0; i < size; i++)
        expect(gradient[o * size + i], `${size} · ${scale}: [${o}, ${i}]`).toBeCloseTo(forward.data[i * outputs + o]!, 5);
  }
});
