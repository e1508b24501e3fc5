import { readSafetensors, writeSafetensors } from "@latentflow/checkpoints";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it } from "vitest";
import {
  type DirectionKind,
  describeDirection,
  FlowDirection,
  LatentEditError,
  LinearDirection,
  loadDirection,
  registerDirection,
  saveDirection,
  trainDirection,
} from "../src/index.js";
import { base, depth, memoryStore } from "./small-training.js";
import { D } from "./small-world.js";

/** A kind of one's own: a trained line along v / |v|, travelled at a speed of its own. */
class SpeedyLine extends FlowDirection {
  readonly kind = "speedy-line";
  readonly latentDim = D;
  readonly variables: tf.Variable[];

  constructor(
    values: ArrayLike<number>,
    readonly speed: number,
  ) {
    super();
    this.variables = tf.tidy(() => [tf.variable(tf.tensor2d(Float32Array.from(values), [1, D]))]);
  }

  velocity(w: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => tf.tile(this.step(), [w.shape[0], 1]));
  }
  protected moveRows(rows: tf.Tensor2D, times: readonly number[]): tf.Tensor3D {
    return tf.add(rows, tf.mul(tf.tensor3d([...times], [times.length, 1, 1]), this.step()));
  }
  protected moveEachRow(rows: tf.Tensor2D, times: readonly number[]): tf.Tensor2D {
    return tf.add(rows, tf.mul(tf.tensor2d([...times], [times.length, 1]), this.step()));
  }
  private step(): tf.Tensor2D {
    const [v] = this.variables as [tf.Variable & tf.Tensor2D];
    return tf.mul(tf.div(v, tf.norm(v)), this.speed);
  }
}

const speedyLine: DirectionKind<SpeedyLine> = {
  kind: "speedy-line",
  async save({ variables: [v] }) {
    return new Map([["v", { dtype: "float32", shape: [D], data: Float32Array.from(await v!.data<"float32">()) }]]);
  },
  load: ({ tensors, settings }) => new SpeedyLine(tensors.get("v")!.data as Float32Array, Number(settings.speed)),
  describe: ({ speed }) => ({ label: "speedy line", settings: { speed } }),
};

const start = Array.from({ length: D }, (_, i) => i - 3);
let unregister = () => {};
afterEach(() => unregister());

describe("a kind of direction from outside", () => {
  it("is trained, saved and read again, and its training goes on with its own settings alone", async () => {
    unregister = registerDirection(speedyLine);
    const tensors = tf.memory().numTensors;
    const direction = new SpeedyLine(start, 2);
    const store = memoryStore();
    const options = { ...base, iterations: 2, checkpoint: { store, every: 1 } };
    const history = await trainDirection(direction, options);
    expect(Array.from(direction.variables[0]!.dataSync())).not.toEqual(start);

    const file = await saveDirection(direction, { attribute: history.settings.attribute, training: history.settings });
    const { metadata } = await readSafetensors(file);
    expect(Object.fromEntries(metadata)).toMatchObject({ kind: "speedy-line", latentDim: String(D), speed: "2" });
    const { direction: loaded, info } = await loadDirection(file);
    expect(loaded).toBeInstanceOf(SpeedyLine);
    expect(info.training).toEqual(history.settings);
    expect(describeDirection(loaded)).toEqual({ label: "speedy line", settings: { speed: 2 } });
    tf.tidy(() => {
      const w = tf.zeros([2, D]);
      expect(loaded.flow(w, 3).dataSync()).toEqual(direction.flow(w, 3).dataSync());
      expect(tf.norm(loaded.flow(w, 3), "euclidean", 1).dataSync()[0]).toBeCloseTo(6, 5);
    });

    const again = new SpeedyLine(start, 2);
    expect((await trainDirection(again, options)).batches).toEqual(history.batches);
    const other = new SpeedyLine(start, 1);
    await expect(trainDirection(other, options)).rejects.toThrow(/made with other speed;/);
    for (const one of [direction, loaded, again, other]) one.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it("is refused by name while nobody has registered it", async () => {
    const direction = new SpeedyLine(start, 1);
    await expect(saveDirection(direction)).rejects.toThrow(
      /kind linear or neural-ode, got "speedy-line"; make it known with registerDirection/,
    );
    unregister = registerDirection(speedyLine);
    const file = await saveDirection(direction);
    unregister();
    await expect(loadDirection(file)).rejects.toThrow(/kind linear or neural-ode, got speedy-line; make it known/);
    expect(describeDirection(direction)).toEqual({ label: "speedy-line", settings: {} });
    direction.dispose();
  });

  it("that says other settings than its file is a damaged one", async () => {
    unregister = registerDirection({
      ...speedyLine,
      load: ({ tensors }) => new SpeedyLine(tensors.get("v")!.data as Float32Array, 1),
    });
    const direction = new SpeedyLine(start, 2);
    await expect(saveDirection(direction).then((file) => loadDirection(file))).rejects.toThrow(
      /speed 2, as the file says, got 1/,
    );
    direction.dispose();
  });

  it.each([
    ["a name of our own", { ...speedyLine, kind: "linear" }, /a kind other than linear, neural-ode, got "linear" again/],
    ["no name", { ...speedyLine, kind: "" }, /a name and three functions/],
    ["no load", { ...speedyLine, load: undefined }, /a name and three functions/],
    ["nothing", undefined, /a name and three functions, got undefined/],
  ])("%s is refused", (_, entry, message) => {
    expect(() => registerDirection(entry as never)).toThrow(LatentEditError);
    expect(() => registerDirection(entry as never)).toThrow(message);
  });

  it("is registered once", () => {
    unregister = registerDirection(speedyLine);
    expect(() => registerDirection({ ...speedyLine })).toThrow(/"speedy-line" again; give it a name of its own/);
  });

  it("may not call its settings as every file calls its own", async () => {
    unregister = registerDirection({ ...speedyLine, describe: () => ({ label: "speedy line", settings: { solver: "none" } }) });
    const direction = new SpeedyLine(start, 1);
    await expect(saveDirection(direction)).rejects.toThrow(/names other than solver/);
    direction.dispose();
  });
});

describe("the kinds of this package", () => {
  it.each([
    ["a line", () => new LinearDirection(start), { label: "straight line", settings: {}, isStraight: true }],
    ["a constant", () => depth(-1), { label: "trained constant", settings: { depth: -1, negativeSlope: 0.2 }, isStraight: true }],
    ["a flow", () => depth(2), { label: "neural ODE, depth 2", settings: { depth: 2, negativeSlope: 0.2 }, isStraight: false }],
  ])("describe %s", (_, make, description) => {
    const direction = make();
    expect(describeDirection(direction)).toEqual(description);
    direction.dispose();
  });

  it("want the solver that the file was saved with", async () => {
    const direction = depth(1);
    const { tensors, metadata } = await readSafetensors(await saveDirection(direction));
    const { solver: _, ...rest } = Object.fromEntries(metadata);
    await expect(loadDirection(writeSafetensors(tensors, rest))).rejects.toThrow(/a solver in the header, got none/);
    direction.dispose();
  });
});
