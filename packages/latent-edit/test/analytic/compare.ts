import { type Preservation, SeededRandom } from "@latentflow/core";
import { areaUnderCdCurve, type CdCurve, cdCurve, type PairedComparison, pairedBootstrap } from "@latentflow/metrics";
import * as tf from "@tensorflow/tfjs-core";
import {
  classScores,
  type Direction,
  directionLoss,
  fitInterFaceGan,
  LinearDirection,
  labelsAlong,
  NeuralOdeDirection,
  startAlong,
  type TrainOptions,
  tfjsModel,
  trainCandidates,
  trainDirection,
} from "../../src/index.js";
import { type BoundaryShape, COMPARISON, generator, regressor, SETTINGS, type Setting } from "./world.js";

/** One setting, world and seed: what was trained to, mean disentanglement at equal Control, maximum Control, and the flow's comparisons. */
export interface Comparison {
  setting: Setting;
  world: BoundaryShape;
  seed: number;
  /**
   * The trained loss on the held-out starts, mean over t = 1.5, 3, 4.5, 6: how far training got, and what the loss thinks of directions that
   * it never trained: InterFaceGAN's, and the shift along w₀, exactly right for the straight boundary. Not recorded in the first runs.
   */
  loss?: { flow: number; constant: number; interFaceGan: number; firstAxis: number };
  maxControl: { flow: number; constant: number; interFaceGan: number };
  /** Area under the CD curve over the Control range common to the flow and the other, [flow, other]. */
  areas: { constant: [number, number]; interFaceGan: [number, number] };
  /** Flow minus the other: below 0, the flow disentangles better at equal Control. */
  against: { constant: Summary; interFaceGan: Summary };
}

type Summary = Pick<
  PairedComparison,
  "difference" | "interval" | "controlDifference" | "controlInterval" | "pValue" | "undefinedResamples"
>;

/** Trains the flow and the constant, fits InterFaceGAN, and compares their CD curves on the same held-out starts. */
export async function compareWorld(setting: Setting, world: BoundaryShape, seed: number): Promise<Comparison> {
  const { latentDim, codeCount, heldOutStarts, validationStarts, times, interFaceGan, bootstrap } = COMPARISON;
  const { flow, constant, training } = SETTINGS[setting];
  const random = new SeededRandom(1000 + seed);
  const model = tfjsModel({ generator, regressor: regressor(world) });
  const sample = (count: number) => ({ data: random.normals(count * latentDim), shape: [count, latentDim] as const });
  const codes = sample(codeCount);
  const starts = await startsOf(model, sample(4 * heldOutStarts), heldOutStarts);

  const { direction } = await fitInterFaceGan(codes, classScores(await logitsOf(model, codes), { to: 1, from: 0 }), {
    ...interFaceGan,
    seed,
  });
  const options = { ...training, model, attribute: { index: 0 }, codes, seed };
  const train = async (make: () => NeuralOdeDirection, lines: readonly Line[]): Promise<Direction> => {
    if (setting === "robust")
      return chosen(make, options, lines, await startsOf(model, sample(4 * validationStarts), validationStarts));
    const trained = make();
    await trainDirection(trained, options);
    return trained;
  };
  const fitted: Line = { name: "fitted", vector: direction };
  const trainedConstant = await train(() => new NeuralOdeDirection({ latentDim, ...constant, seed }), [fitted]);
  const velocity: Line = { name: "constant", vector: await trainedConstant.variables.at(-1)!.data<"float32">() };
  const trainedFlow = await train(() => new NeuralOdeDirection({ latentDim, ...flow, seed }), [fitted, velocity]);

  const curve = async (edit: Direction): Promise<CdCurve> => {
    const labels = await labelsAlong(edit, { model, codes: starts, times });
    return cdCurve(labels, {
      attributeIndex: 0,
      classes: model.attributes.map(({ classes }) => classes),
      times,
      control: COMPARISON.control,
    });
  };
  const [a, b, c] = [await curve(trainedFlow), await curve(trainedConstant), await curve(new LinearDirection(direction))];
  const against = (other: CdCurve): Summary => {
    const { difference, interval, controlDifference, controlInterval, pValue, undefinedResamples } = pairedBootstrap(a, other, {
      ...bootstrap,
      seed,
    });
    return { difference, interval, controlDifference, controlInterval, pValue, undefinedResamples };
  };
  const loss = (edit: Direction) => trainedLoss(edit, setting, world, starts);
  const firstAxis = new LinearDirection(Array.from({ length: latentDim }, (_, i) => Number(i === 0)));
  const areas = (other: CdCurve) => areaUnderCdCurve([a, other]).areas as [number, number];
  const [flowMax, constantMax, interFaceGanMax] = [a, b, c].map((x) => areaUnderCdCurve([x]).maxControl[0]!) as [
    number,
    number,
    number,
  ];
  return {
    setting,
    world,
    seed,
    loss: {
      flow: loss(trainedFlow),
      constant: loss(trainedConstant),
      interFaceGan: loss(new LinearDirection(direction)),
      firstAxis: loss(firstAxis),
    },
    maxControl: { flow: flowMax, constant: constantMax, interFaceGan: interFaceGanMax },
    areas: { constant: areas(b), interFaceGan: areas(c) },
    against: { constant: against(b), interFaceGan: against(c) },
  };
}

interface Line {
  readonly name: string;
  readonly vector: Float32Array | Float64Array;
}

/** Of trainings along a line and from random weights the snapshot with the largest area above its CD curve on validation starts. */
async function chosen(
  make: () => NeuralOdeDirection,
  options: TrainOptions & { model: Model },
  lines: readonly Line[],
  codes: Codes,
): Promise<Direction> {
  const { latentDim, times } = COMPARISON;
  const along = (vector: Line["vector"]) => () => {
    const flow = make();
    return startAlong(flow, vector, (flow.depth === -1 ? 1 : 8) * Math.sqrt(latentDim));
  };
  const classes = options.model.attributes.map((attribute) => attribute.classes);
  const { direction } = await trainCandidates(
    [
      ...lines.map(({ name, vector }) => ({ name, direction: along(vector), measureStart: true })),
      { name: "random", direction: make },
    ],
    options,
    {
      rounds: [options.iterations! / 2, options.iterations!],
      measure: async (one) => {
        const labels = await labelsAlong(one, { model: options.model, codes, times });
        const { t, control, disentanglement } = cdCurve(labels, { attributeIndex: 0, classes, times });
        return { t, control, disentanglement };
      },
      score: (curves) =>
        curves.map((curve) => {
          const { range, areas } = areaUnderCdCurve([curve]);
          return range[1] - range[0] - areas[0]!;
        }),
    },
  );
  return direction;
}

function trainedLoss(direction: Direction, setting: Setting, world: BoundaryShape, starts: Codes): number {
  const { temperature, preservationWeight, maxTime } = SETTINGS[setting].training;
  const preservation: Preservation = setting === "robust" ? { divergence: "hellinger", originalTemperature: 2 } : {};
  const times = [0.25, 0.5, 0.75, 1].map((share) => share * maxTime);
  return tf.tidy(() => {
    const w = tf.tensor2d(starts.data, [starts.shape[0], starts.shape[1]]);
    const weighed = { temperature, preservationWeight, preservation };
    const common = { direction, generator, regressor: regressor(world), attributeIndex: 0, w, ...weighed };
    return times.reduce((sum, t) => sum + directionLoss({ ...common, t }).total.dataSync()[0]! / times.length, 0);
  });
}

type Model = ReturnType<typeof tfjsModel>;
type Codes = { data: Float32Array; shape: readonly [number, number] };

async function logitsOf(model: Model, codes: Codes): Promise<{ data: Float32Array; shape: readonly [number, number] }> {
  const w = tf.tensor2d(codes.data, [codes.shape[0], codes.shape[1]]);
  const logits = await model.logits(w);
  const data = Float32Array.from(await logits[0]!.data<"float32">());
  tf.dispose([w, ...logits]);
  return { data, shape: [codes.shape[0], 2] };
}

/** The first `count` codes of class 0. */
async function startsOf(model: Model, codes: Codes, count: number): Promise<Codes> {
  const { data } = await logitsOf(model, codes);
  const d = codes.shape[1];
  const rows = Array.from({ length: codes.shape[0] }, (_, i) => i).filter((i) => data[2 * i]! > data[2 * i + 1]!);
  if (rows.length < count) throw new Error(`expected ${count} start codes of class 0, got ${rows.length}`);
  return {
    data: Float32Array.from(rows.slice(0, count).flatMap((i) => Array.from(codes.data.subarray(i * d, (i + 1) * d)))),
    shape: [count, d],
  };
}
