import { SeededRandom } from "@latentflow/core";
import { resolveConfig } from "../../src/experiment/resolve-config.js";
import type {
  AnalysisRecord,
  AttributeResult,
  Comparison,
  Evaluation,
  ExperimentResults,
  MethodResult,
  PairedTest,
  TrainingRecord,
} from "../../src/results/index.js";

const METHODS = [
  { id: "interfacegan", label: "InterFaceGAN", kind: "linear" },
  { id: "projected", label: "InterFaceGAN, projected", kind: "linear" },
  { id: "constant", label: "Trained constant", kind: "linear" },
  { id: "ode-1", label: "Neural ODE", kind: "nonlinear" },
] as const;

const ATTRIBUTES = [
  { name: "object_color", classes: 6 },
  { name: "object_shape", classes: 6 },
  { name: "object_size", classes: 2 },
  { name: "camera_height", classes: 3 },
  { name: "background_color", classes: 3 },
  { name: "horizontal_axis", classes: 40 },
];

/** How far each method gets, and how much it spoils, for the three edited attributes: invented, like everything here. */
const EDITED = [
  { index: 1, reach: [0.34, 0.22, 0.71, 0.93], harm: [0.3, 0.21, 0.24, 0.13], probes: [0.78, 0.93] },
  { index: 2, reach: [0.97, 0.9, 0.98, 0.99], harm: [0.2, 0.14, 0.11, 0.112], probes: [0.985, 0.981] },
  { index: 4, reach: [0.8, 0.62, 0.9, 0.86], harm: [0.25, 0.2, 0.1, 0.17], probes: [0.95, 0.955] },
] as const;

const TIMES = Array.from({ length: 25 }, (_, i) => (6 * i) / 24);

/** Results as an experiment might give them; deterministic. */
export function madeUpResults(): ExperimentResults {
  const random = new SeededRandom(4);
  return {
    format: "latentflow-results",
    version: 1,
    config: resolveConfig({
      preset: "paper",
      name: "Edits of rendered scenes",
      attributes: EDITED.map(({ index }) => ATTRIBUTES[index]!.name),
    }),
    environment: {
      seed: 0,
      versions: { latentflow: "0.1.0", node: "20.20.2", tfjs: "4.22.0", "onnxruntime-node": "1.30.0" },
      machine: "linux x64, 2 cores",
      engine: { name: "onnx", device: "cpu, 2 threads", reason: "onnxruntime-node is installed" },
      backend: { name: "wasm", device: "one thread, SIMD" },
      generator: { name: "scenes", latentDim: 512, height: 64, width: 64, fingerprint: [0.12, 0.53, 0.77, 0.31] },
      regressor: { fingerprint: [1.5, -1.5] },
    },
    attributes: EDITED.map((edited) => attribute(edited, random)),
    sample: {
      codes: 20000,
      heldOut: 4000,
      attributes: ATTRIBUTES.map(({ name, classes }) => ({
        name,
        classes,
        counts: Array.from({ length: classes }, (_, i) => Math.round((20000 / classes) * (1 + 0.4 * Math.sin(2 + i)))),
      })),
      association: ATTRIBUTES.map((_, i) =>
        ATTRIBUTES.map((_, j) => (i === j ? 1 : Math.round(100 * Math.abs(Math.sin(i * j + i + j)) * 0.4) / 100)),
      ),
    },
    missing: [],
    rerun: "latentflow run scenes.json --out out/scenes",
    timings: [
      { job: "sample/0", seconds: 812.4, images: 24000, imagesPerSecond: 29.5 },
      ...EDITED.map(({ index }) => ({
        job: `train/${ATTRIBUTES[index]!.name}/ode-1`,
        seconds: 2100 + index,
        images: 32000,
        imagesPerSecond: 15.2,
      })),
      { job: "report", seconds: 0.8, images: 0, imagesPerSecond: null },
    ],
  };
}

type Edited = (typeof EDITED)[number];

function attribute({ index, reach, harm, probes }: Edited, random: SeededRandom): AttributeResult {
  const { name, classes } = ATTRIBUTES[index]!;
  const methods = METHODS.map((method, i): MethodResult => {
    const trained = method.id === "constant" || method.id === "ode-1";
    return {
      ...method,
      fit: trained
        ? null
        : {
            accuracy: method.id === "interfacegan" ? { train: 0.98, validation: 0.94, rest: 0.83 } : null,
            projection:
              method.id === "projected" ? { residual: 0.81, rank: 5, conditions: ["object_color", "camera_height"] } : null,
            component: null,
          },
      training: trained ? training(method.id === "ode-1" ? 262656 : 512, random) : null,
      evaluation: evaluation(index, reach[i]!, harm[i]!),
      analysis: analysis(method.kind === "nonlinear", reach[i]!, random),
      pictures: [],
    };
  });
  const [linear, nonlinear] = probes;
  return {
    name,
    index,
    classes,
    from: 0,
    to: classes - 1,
    probes: {
      linear,
      nonlinear,
      nonlinearProbe: "neighbours",
      baseline: 1 / classes,
      gap: nonlinear - linear,
      converged: true,
      trainSize: 14000,
      testSize: 6000,
    },
    methods,
    comparison: comparison(methods, harm, reach),
    pictures: [],
  };
}

function evaluation(index: number, reach: number, harm: number): Evaluation {
  const control = TIMES.map((t) => reach * (1 - Math.exp(-((t / 2.2) ** 2.4))));
  const disentanglement = TIMES.map((t) => harm * (1 - Math.exp(-((t / 3.5) ** 1.6))));
  const band = (values: readonly number[], half: number) => ({
    lower: values.map((v) => Math.max(0, v - half * Math.sqrt(v))),
    upper: values.map((v) => v + half * Math.sqrt(v)),
  });
  const half = TIMES.findIndex((_, i) => control[i]! >= 0.5);
  return {
    samples: 2000,
    times: TIMES,
    control,
    disentanglement,
    definition: "target",
    bands: { confidence: 0.95, control: band(control, 0.022), disentanglement: band(disentanglement, 0.02) },
    perAttribute: ATTRIBUTES.map((_, j) => (j === index ? null : disentanglement.map((d) => d * (0.4 + 0.3 * ((j * 7) % 5))))),
    maxControl: Math.max(...control),
    lengthForHalf: half < 0 ? null : TIMES[half]!,
  };
}

function comparison(methods: readonly MethodResult[], harm: readonly number[], reach: readonly number[]): Comparison {
  const top = Math.min(...reach);
  const paired = methods.flatMap((_, b) =>
    methods.slice(b + 1).map((_, k): PairedTest => {
      const a = b + 1 + k;
      const difference = (harm[a]! - harm[b]!) * 0.4;
      const controlDifference = reach[a]! - reach[b]!;
      return {
        a: methods[a]!.id,
        b: methods[b]!.id,
        difference,
        interval: [difference - 0.008, difference + 0.008],
        pValue: Math.abs(difference) > 0.008 ? 0.0004 : 0.41,
        controlDifference,
        controlInterval: [controlDifference - 0.02, controlDifference + 0.02],
        undefinedResamples: 0,
      };
    }),
  );
  return {
    confidence: 0.95,
    range: [0, top],
    areas: methods.map(({ id }, i) => {
      const area = harm[i]! * 0.4 * top;
      return { method: id, area, interval: [area * 0.9, area * 1.1], meanDisentanglement: harm[i]! * 0.4, maxControl: reach[i]! };
    }),
    paired,
  };
}

function training(parameters: number, random: SeededRandom): TrainingRecord {
  const iteration = Array.from({ length: 100 }, (_, i) => 10 * (i + 1));
  const falling = (from: number, to: number) =>
    iteration.map((i) => to + (from - to) * Math.exp(-i / 200) + 0.03 * random.normal());
  const [attribute, preservation] = [falling(1.6, 0.5), falling(0.2, 0.35)];
  return {
    iterations: 1000,
    parameters,
    curve: {
      iteration,
      attribute,
      preservation,
      total: attribute.map((value, i) => value + preservation[i]!),
      accuracy: iteration.map((i) => 1 - Math.exp(-i / 300)),
    },
    solverGap: { t: 6, mean: parameters > 1000 ? 0.21 : 0, max: parameters > 1000 ? 0.52 : 0 },
  };
}

function analysis(curved: boolean, reach: number, random: SeededRandom): AnalysisRecord {
  const values = Array.from({ length: 60 }, () => (curved ? Math.min(1, 0.9 + 0.04 * random.normal()) : 1));
  const counts = Array.from({ length: 20 }, (_, i) => Math.round(400 * reach * Math.exp(-(((i - 7) / 5) ** 2))));
  const singularValues = Array.from({ length: 40 }, (_, i) => 2 * Math.exp(-i / 8));
  const real = Array.from({ length: 64 }, (_, i) => 0.9 * Math.exp(-i / 9) * Math.cos(i * 1.7));
  return {
    singularEntropy: curved
      ? [
          { matrix: "W", entropy: 2.9 + reach, effectiveDimension: Math.exp(2.9 + reach), k: 512, singularValues },
          { matrix: "W + I", entropy: 5.1, effectiveDimension: Math.exp(5.1), k: 512, singularValues },
        ]
      : null,
    eigenSpectrum: curved
      ? { matrix: "W", real, imaginary: real.map((_, i) => 0.5 * Math.exp(-i / 9) * Math.sin(i * 1.7)), fastDimension: 21 }
      : null,
    straightness: { mean: values.reduce((a, b) => a + b, 0) / values.length, min: Math.min(...values), values },
    flipHistogram: {
      edges: Array.from({ length: 21 }, (_, i) => (6 * i) / 20),
      counts,
      never: Math.round(2000 * (1 - reach)),
      median: 2.3,
    },
  };
}
