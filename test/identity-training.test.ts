import { useBackend } from "@latentflow/backend";
import { type AttributeModel, type Embedder, type LossRequest, SeededRandom } from "@latentflow/core";
import { NeuralOdeDirection, tfjsModel, trainDirection } from "@latentflow/latent-edit";
import { floats, GraphBuilder, type OnnxModel, onnxModel } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Equation 9 in the place of equation 5, on both engines, beside plain loops in float64 and their finite differences. */

const [N, D, SIDE, E] = [6, 5, 3, 4];
const PIXELS = 3 * SIDE * SIDE;
const TAU = 4;
const LAMBDA = 0.7;

const random = new SeededRandom(3);
const matrix = (rows: number, columns: number) => Array.from({ length: rows }, () => Array.from(random.normals(columns, 0, 0.5)));
const [TO_IMAGE, TO_LOGITS, TO_OTHER, TO_EMBEDDING] = [
  matrix(D, PIXELS),
  matrix(PIXELS, 2),
  matrix(PIXELS, 3),
  matrix(PIXELS, E),
];

/** Pixels are kept as [height, width, 3]. */
const images = (w: readonly number[]) => times(w, TO_IMAGE).map(Math.tanh);
const times = (x: readonly number[], m: readonly number[][]) =>
  m[0]!.map((_, j) => x.reduce((sum, value, i) => sum + value * m[i]![j]!, 0));
function embedding(w: readonly number[]): number[] {
  const raw = times(images(w), TO_EMBEDDING);
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}
function crossEntropy(w: readonly number[], target: number): number {
  const logits = times(images(w), TO_LOGITS).map((value) => value / TAU);
  return Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0)) - logits[target]!;
}
const oneMinusCosine = (w0: readonly number[], w: readonly number[]) =>
  1 - embedding(w).reduce((sum, value, i) => sum + value * embedding(w0)[i]!, 0);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const constant = (m: readonly number[][]) => tf.tensor2d(m as number[][]);
const flat = (x: tf.Tensor4D) => tf.reshape(x, [-1, PIXELS]) as tf.Tensor2D;
const unit = (x: tf.Tensor2D) => tf.div(x, tf.norm(x, 2, 1, true)) as tf.Tensor2D;
const networks = {
  generator: {
    latentDim: D,
    synthesize: (w: tf.Tensor) =>
      tf.reshape(tf.tanh(tf.matMul(w as tf.Tensor2D, constant(TO_IMAGE))), [-1, SIDE, SIDE, 3]) as tf.Tensor4D,
  },
  regressor: {
    attributes: [
      { name: "smile", classes: 2 },
      { name: "colour", classes: 3 },
    ],
    logits: (x: tf.Tensor4D) => [TO_LOGITS, TO_OTHER].map((m) => tf.matMul(flat(x), constant(m)) as tf.Tensor2D),
  },
};
const embedder: Embedder = { embed: (x) => unit(tf.matMul(flat(x), constant(TO_EMBEDDING)) as tf.Tensor2D) };

function graph(build: (graph: GraphBuilder, weights: (m: readonly number[][]) => string) => void): OnnxModel {
  const builder = new GraphBuilder();
  build(builder, (m) => builder.constant(floats([m.length, m[0]!.length], m.flat())));
  return builder.build();
}
const readers = (add: (graph: GraphBuilder, x: string, weights: (m: readonly number[][]) => string) => void) =>
  graph((g, weights) => add(g, g.reshape(g.input("images", ["n", SIDE, SIDE, 3]), [-1, PIXELS]), weights));
const graphs = {
  generator: graph((g, weights) => {
    const made = g.op("Tanh", [g.op("MatMul", [g.input("w", ["n", D]), weights(TO_IMAGE)])]);
    g.output("images", g.reshape(made, [-1, SIDE, SIDE, 3]), ["n", SIDE, SIDE, 3]);
  }),
  regressor: readers((g, x, weights) => {
    g.output("smile", g.op("MatMul", [x, weights(TO_LOGITS)]), ["n", 2]);
    g.output("colour", g.op("MatMul", [x, weights(TO_OTHER)]), ["n", 3]);
  }),
  embedder: readers((g, x, weights) => {
    const raw = g.op("MatMul", [x, weights(TO_EMBEDDING)]);
    const length = g.op("Sqrt", [g.reduceSum(g.op("Mul", [raw, raw]), [1], true)]);
    g.output("embedding", g.op("Div", [raw, length]), ["n", E]);
  }),
};

const models: Record<string, AttributeModel> = {};
beforeAll(async () => {
  await useBackend("cpu");
  models.tfjs = tfjsModel({ ...networks, embedder });
  models.onnx = await onnxModel({ ...graphs, threads: 1 });
});
afterAll(() => models.onnx!.dispose());

const rowsOf = (values: ArrayLike<number>, width: number) =>
  Array.from({ length: values.length / width }, (_, i) => Array.from({ length: width }, (_, k) => values[i * width + k]!));

describe.each(["tfjs", "onnx"])("%s", (engine) => {
  it("embeds codes, and gives equation 9 and its gradient as plain loops and finite differences do", async () => {
    const model = models[engine]!;
    const [start, end] = [matrix(N, D), matrix(N, D)];
    const [w0, w] = [tf.tensor2d(start), tf.tensor2d(end)];
    const originalEmbeddings = await model.embed!(w0);
    rowsOf(await originalEmbeddings.data(), E).forEach((row, i) => {
      for (const [k, value] of row.entries()) expect(value).toBeCloseTo(embedding(start[i]!)[k]!, 5);
    });
    const request = { attributeIndex: 0, target: 1, originalLogits: [], temperature: TAU, preservationWeight: LAMBDA };
    const answer = await model.lossAndGradient(w, { ...request, originalEmbeddings });
    expect(answer.attributeLoss).toBeCloseTo(mean(end.map((row) => crossEntropy(row, 1))), 5);
    expect(answer.preservationLoss).toBeCloseTo(mean(end.map((row, i) => oneMinusCosine(start[i]!, row))), 5);
    const loss = (i: number, row: readonly number[]) => (crossEntropy(row, 1) + LAMBDA * oneMinusCosine(start[i]!, row)) / N;
    const step = 1e-5;
    for (const [i, row] of rowsOf(await answer.gradient.data(), D).entries()) {
      for (const [k, value] of row.entries()) {
        const moved = (by: number) => loss(i, end[i]!.with(k, end[i]![k]! + by));
        expect(value).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 5);
      }
    }
    tf.dispose([w0, w, originalEmbeddings, answer.gradient, ...answer.logits]);
  });

  it('trains by it with identity: "model", from the embeddings of the start\'s own pictures', async () => {
    const model = models[engine]!;
    const asked: { start: number[][]; end: number[][]; preservation: number }[] = [];
    let starts: number[][] = [];
    const watched: AttributeModel = {
      ...{ latentDim: D, attributes: model.attributes, dispose: () => {} },
      synthesize: (w) => model.synthesize(w),
      logits: (w) => model.logits(w),
      embed: (w) => {
        starts = rowsOf(w.dataSync(), D);
        return model.embed!(w);
      },
      lossAndGradient: async (w, loss) => {
        const answer = await model.lossAndGradient(w, loss as LossRequest);
        asked.push({ start: starts, end: rowsOf(w.dataSync(), D), preservation: answer.preservationLoss });
        return answer;
      },
    };
    const direction = new NeuralOdeDirection({ latentDim: D, depth: 1, seed: 1 });
    const before = tf.memory().numTensors;
    const history = await trainDirection(direction, {
      ...{ model: watched, attribute: "smile", identity: "model", iterations: 3, batchSize: 4 },
      codes: { data: matrix(N, D).flat(), shape: [N, D] },
      labels: { data: new Int32Array(2 * N), shape: [N, 2] },
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(history.settings.loss).toBe("identity");
    expect(asked).toHaveLength(3);
    for (const [k, { start, end, preservation }] of asked.entries()) {
      const expected = mean(end.map((row, i) => oneMinusCosine(start[i]!, row)));
      expect(expected).toBeGreaterThan(1e-3);
      expect(preservation).toBeCloseTo(expected, 5);
      expect(history.batches[k]!.preservationLoss).toBeCloseTo(expected, 5);
    }
    direction.dispose();
  });
});

it("without an embedder, it says so before it trains", async () => {
  const direction = new NeuralOdeDirection({ latentDim: D, depth: 1 });
  const codes = { data: matrix(N, D).flat(), shape: [N, D] as const };
  const options = { model: tfjsModel(networks), attribute: "smile", codes } as const;
  await expect(trainDirection(direction, { ...options, identity: "model" })).rejects.toThrow(
    /expected a model with an embedder for identity: "model", got one without/,
  );
  direction.dispose();
});
