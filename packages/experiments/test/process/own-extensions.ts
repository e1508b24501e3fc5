import { LinearDirection, NeuralOdeDirection } from "@latentflow/latent-edit";
import {
  type AttributeAnalysis,
  defineExtensions,
  type FitMethod,
  type MethodAnalysis,
  markup,
  NoResult,
  type TrainMethod,
  trainInExperiment,
} from "../../src/index.js";

/** From the mean of the codes of class `from` to that of class `to`. */
const means: FitMethod = {
  id: "class-means",
  label: "Class means",
  kind: "linear",
  step: "fit",
  async find({ codes: load, edit }) {
    const codes = await load();
    const mean = (label: number) => {
      const rows = codes.startingAt(edit.index, label, codes.rows);
      if (rows.length === 0) throw new NoResult({ why: "no direction", text: `No code shows class ${label} of ${edit.name}.` });
      return codes.mean(rows);
    };
    const [start, end] = [mean(edit.from), mean(edit.to)];
    return {
      direction: new LinearDirection(end.map((x, k) => x - start[k]!)),
      record: { note: "Between the means of two classes." },
    };
  },
};

/** A flow that begins from other weights than those that come along, and is trained half as long. */
const shortFlow: TrainMethod = {
  id: "short-flow",
  label: "Short flow",
  kind: "nonlinear",
  step: "train",
  settings: ({ train }) => ({ iterations: train.iterations / 2 }),
  find(context) {
    const { config, networks } = context;
    const direction = new NeuralOdeDirection({ latentDim: networks.latentDim, depth: 1, seed: config.seed + 1 });
    const { checkpointEvery: _, constantRate: __, ...train } = config.train;
    return trainInExperiment(context, direction, { ...train, iterations: train.iterations / 2 });
  },
};

/** How often the labels along each start's path change, whatever the attribute. */
const restlessness: MethodAnalysis<{ readonly changes: number; readonly perStart: readonly number[] }> = {
  id: "restlessness",
  of: "method",
  compute({ labels: { data, shape } }) {
    const [starts, attributes, times] = shape;
    const perStart = Array.from({ length: starts }, (_, i) => {
      let changes = 0;
      for (let j = 0; j < attributes; j++) {
        const at = (t: number) => data[(i * attributes + j) * times + t]!;
        for (let t = 1; t < times; t++) changes += Number(at(t) !== at(t - 1));
      }
      return changes;
    });
    return { changes: perStart.reduce((sum, n) => sum + n, 0), perStart };
  },
  csv: {
    file: "restlessness.csv",
    about: "label changes along each path",
    columns: ["start", "changes"],
    rows: ({ perStart }) => perStart.map((changes, i) => [i, changes]),
  },
  section: {
    place: "experiment",
    draw: (found) =>
      found.length > 0 &&
      markup`<h3>Restlessness</h3><ul>${found.map(({ attribute, method, value }) => markup`<li>${attribute.name} by ${method.label}: ${value.changes}</li>`)}</ul>`,
  },
};

/** Share of the codes in the most frequent class. */
const lopsided: AttributeAnalysis<number> = {
  id: "lopsided",
  of: "attribute",
  compute({ codes, edit }) {
    const counts = Array.from({ length: edit.classes }, (_, label) => codes.startingAt(edit.index, label, codes.rows).length);
    return Math.max(...counts) / codes.rows;
  },
  csv: { file: "lopsided.csv", about: "share of the most frequent class", columns: ["share"], rows: (share) => [[share]] },
  section: { place: "lead", draw: ([found]) => found !== undefined && markup`Lopsided: ${found.value.toFixed(3)}.` },
};

export default defineExtensions({ methods: [means, shortFlow], analyses: [restlessness, lopsided] });
