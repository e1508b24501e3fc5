/**
 * Trains and measures edits of a known generator, and writes a report: `npm run example:blobs`, or `npm run example:blobs -- --quick`.
 * For each attribute: InterFaceGAN (straight, fitted), a trained constant (straight, trained), and a Neural ODE (a flow).
 */
import { mkdir } from "node:fs/promises";
import { parseArgs } from "node:util";
import { useBackend } from "@latentflow/backend";
import { SeededRandom } from "@latentflow/core";
import { writeFileAtomic, writeJsonAtomic } from "@latentflow/core/files";
import {
  type Direction,
  fitInterFaceGan,
  LinearDirection,
  labelsAlong,
  NeuralOdeDirection,
  tfjsModel,
  trainDirection,
} from "@latentflow/latent-edit";
import { areaUnderCdCurve, cdCurve, pairedBootstrap } from "@latentflow/metrics";
import * as tf from "@tensorflow/tfjs-core";
import { ATTRIBUTES, blobs, LATENT_DIM, measure } from "./blobs.js";
import { ProgressBar } from "./progress-bar.js";
import { type Result, reportPage, type Section } from "./report.js";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, out: { type: "string", default: "out/blobs" } },
});
const settings = flags.quick
  ? { codes: 1000, heldOut: 150, iterations: 60, learningRate: 0.02, times: 11, maxTime: 4, seed: 0 }
  : { codes: 4000, heldOut: 600, iterations: 300, learningRate: 0.01, times: 21, maxTime: 4, seed: 0 };
const EDITED = [
  { name: "side", remark: "Linear in the latent code: a straight line does it, and a flow must not do worse." },
  {
    name: "colour",
    remark:
      "Warm and cool codes lie in four alternating sectors: no hyperplane parts them, and going straight on changes the ground, too.",
  },
];

const backend = await useBackend();
console.log(`latentflow demo on ${backend.name} (${backend.device})`);
const started = performance.now();
const model = tfjsModel({ generator: blobs, regressor: measure });
const random = new SeededRandom(settings.seed);
const codes = random.normals(settings.codes * LATENT_DIM);
const heldOut = random.normals(settings.heldOut * LATENT_DIM);
const times = Array.from({ length: settings.times }, (_, i) => (settings.maxTime * i) / (settings.times - 1));
const codesOf = (data: Float32Array) => ({ data, shape: [data.length / LATENT_DIM, LATENT_DIM] as const });

const sections: Section[] = [];
for (const { name, remark } of EDITED) sections.push({ attribute: name, remark, results: await compareMethods(name) });

await mkdir(flags.out, { recursive: true });
const seconds = Math.round((performance.now() - started) / 1000);
const page = reportPage(sections, {
  backend: backend.device,
  ...settings,
  seconds,
  rerun: `npm run example:blobs${flags.quick ? " -- --quick" : ""}`,
});
await writeFileAtomic(`${flags.out}/report.html`, page);
await writeJsonAtomic(`${flags.out}/areas.json`, areasOf(sections));
for (const { attribute, results } of sections) {
  console.log(
    `${attribute.padEnd(8)} area under the CD curve: ${results.map(({ method, area }) => `${method} ${area.toFixed(4)}`).join(", ")}`,
  );
}
console.log(`${seconds} s. Report: ${flags.out}/report.html`);

/** Fits or trains every method for one attribute, and measures all on the same held-out codes. */
async function compareMethods(name: string): Promise<Result[]> {
  const attribute = ATTRIBUTES.findIndex((candidate) => candidate.name === name);
  const directions: { method: string; direction: Direction }[] = [
    { method: "InterFaceGAN", direction: await interFaceGan(attribute) },
    { method: "trained constant", direction: await train(name, -1) },
    { method: "Neural ODE", direction: await train(name, 1) },
  ];
  const measured = [];
  for (const { method, direction } of directions) {
    const bar = new ProgressBar(`${name}: measuring ${method}`);
    const onProgress = ({ codes: done, total }: { codes: number; total: number }) => bar.show(done / total);
    const labels = await labelsAlong(direction, { model, codes: codesOf(heldOut), times, onProgress });
    bar.end();
    const curve = cdCurve(labels, {
      attributeIndex: attribute,
      classes: ATTRIBUTES.map(({ classes }) => classes),
      times,
      from: 0,
    });
    measured.push({ method, curve, strip: await stripOf(direction, attribute) });
  }
  const { areas } = areaUnderCdCurve(measured.map(({ curve }) => curve));
  const comparison = pairedBootstrap(measured[2]!.curve, measured[1]!.curve, { seed: settings.seed });
  console.log(`  ${name}: Neural ODE minus trained constant`, comparison);
  tf.dispose(directions.flatMap(({ direction }) => direction.variables));
  return measured.map((entry, i) => ({ ...entry, area: areas[i]! }));
}

async function interFaceGan(attribute: number): Promise<Direction> {
  const w = tf.tensor2d(codes, [settings.codes, LATENT_DIM]);
  const logits = await model.logits(w);
  const score = tf.tidy(() =>
    tf.sub(tf.slice(logits[attribute]!, [0, 1], [-1, 1]), tf.slice(logits[attribute]!, [0, 0], [-1, 1])),
  );
  const { direction } = await fitInterFaceGan(codesOf(codes), await score.data(), { seed: settings.seed });
  tf.dispose([w, logits, score]);
  return new LinearDirection(direction);
}

async function train(name: string, depth: number): Promise<Direction> {
  const direction = new NeuralOdeDirection({ latentDim: LATENT_DIM, depth, seed: settings.seed });
  const bar = new ProgressBar(`${name}: training ${depth === -1 ? "a constant" : "a Neural ODE"}`);
  const { iterations, learningRate, maxTime, seed } = settings;
  await trainDirection(direction, {
    model,
    attribute: { name },
    codes: codesOf(codes),
    iterations,
    learningRate,
    maxTime,
    seed,
    onProgress: ({ iteration, total, imagesPerSecond }) =>
      bar.show(iteration / iterations, `loss ${total.toFixed(3)}, ${imagesPerSecond.toFixed(0)} images/s`),
  });
  bar.end();
  return direction;
}

/** Pictures of the first held-out code that lacks the attribute, edited further and further. */
async function stripOf(direction: Direction, attribute: number): Promise<Result["strip"]> {
  const steps = 8;
  const w = tf.tensor2d(heldOut, [settings.heldOut, LATENT_DIM]);
  const logits = await model.logits(w);
  const classes = await tf.tidy(() => tf.argMax(logits[attribute]!, 1)).data();
  const start = tf.slice(w, [classes.indexOf(0), 0], [1, LATENT_DIM]);
  const path = direction.flow(
    start,
    Array.from({ length: steps }, (_, i) => (settings.maxTime * i) / (steps - 1)),
  );
  const images = await model.synthesize(tf.tidy(() => tf.reshape(path, [steps, LATENT_DIM])));
  const pixels = tf.tidy(() => tf.cast(tf.round(tf.mul(tf.add(tf.clipByValue(images, -1, 1), 1), 127.5)), "int32"));
  const strip = { pixels: Uint8Array.from(await pixels.data()), times: steps, size: images.shape[1] };
  tf.dispose([w, logits, start, path, images, pixels]);
  return strip;
}

function areasOf(all: readonly Section[]): unknown {
  return all.map(({ attribute, results }) => ({
    attribute,
    methods: results.map(({ method, area, curve }) => ({ method, area, largestControl: Math.max(...curve.control) })),
  }));
}
