import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { JUNK as ANYWHERE, complaint } from "../../../tools/wrong-arguments.js";
import { fileStore } from "../src/files.js";
import * as latentEdit from "../src/index.js";
import { base, codes, depth, heldOut, memoryStore, model } from "./small-training.js";
import { D, embedder, generator, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));
tf.setBackend("cpu");

const w = tf.tensor2d(codes.data.slice(0, 2 * D), [2, D]);
const wPlus = tf.tensor3d(codes.data.slice(0, 6 * D), [2, 3, D]);
const direction = depth(1);
const logits = () => tf.tidy(() => model && regressor.logits(generator.synthesize(w)));
const rows = [
  [1, 0, 2],
  [0, 1, 0],
  [2, 1, 1],
  [0, 3, 1],
];
const info = { attribute: { name: "size", index: 1, from: 0, to: 1 }, generator: [1], training: { a: 1 } };
const { signal } = new AbortController();
const solver = { method: "rk4", steps: 2 } as const;

/** A right call of every public function and method. The last argument is options where the second list names what they hold. */
const calls: Readonly<
  Record<string, readonly [f: (...args: never[]) => unknown, args: readonly unknown[], options?: Record<string, unknown>]>
> = {
  edit: [latentEdit.edit, [w, direction, 1], { solver }],
  "edit of W+": [latentEdit.edit, [wPlus, direction, 1], { rows: { only: [0, 2] }, solver }],
  compose: [latentEdit.compose, [[{ direction, t: 1 }]]],
  editUntil: [
    latentEdit.editUntil,
    [w, direction],
    { model, until: { name: "size" }, maxTime: 1, tolerance: 0.5, steps: 2, solver, signal },
  ],
  labelsAlong: [
    latentEdit.labelsAlong,
    [direction],
    {
      model,
      codes: { data: codes.data.slice(0, 2 * D), shape: [2, D] },
      times: [0, 1],
      batchSize: 2,
      solver,
      onProgress: () => undefined,
      signal,
    },
  ],
  directionLoss: [
    latentEdit.directionLoss,
    [],
    {
      direction,
      generator,
      regressor,
      attributeIndex: 1,
      w,
      t: 1,
      target: 0,
      temperature: 4,
      preservationWeight: 1,
      solver,
      gradient: "steps",
    },
  ],
  solverGap: [latentEdit.solverGap, [direction, w, 1]],
  saveDirection: [latentEdit.saveDirection, [direction], info],
  importDirection: [latentEdit.importDirection, [await latentEdit.saveDirection(direction)], { solver, model }],
  loadDirection: [latentEdit.loadDirection, [await latentEdit.saveDirection(direction, {})], { model }],
  toStateDict: [latentEdit.toStateDict, [direction]],
  importSeedFlow: [latentEdit.importSeedFlow, [await latentEdit.toStateDict(direction)], { solver, negativeSlope: 0.1 }],
  startAlong: [latentEdit.startAlong, [depth(1), Array(D).fill(1), 2]],
  fingerprint: [latentEdit.fingerprint, [model]],
  logitsFingerprint: [latentEdit.logitsFingerprint, [model]],
  sameFingerprint: [
    latentEdit.sameFingerprint,
    [
      [1, 2],
      [1, 2],
    ],
  ],
  attributeLoss: [latentEdit.attributeLoss, [logits()[0], 1, 4, [1, 0.5]]],
  preservationLoss: [
    latentEdit.preservationLoss,
    [logits(), logits(), 0, 4],
    { divergence: "hellinger", temperature: 2, originalTemperature: 1, attributeWeights: [1, 1, 1] },
  ],
  identityLoss: [latentEdit.identityLoss, [embedder]],
  tfjsModel: [
    latentEdit.tfjsModel,
    [],
    { generator, regressor, truncation: { psi: 0.7, meanLatent: Array(D).fill(0) }, embedder },
  ],
  withTruncation: [latentEdit.withTruncation, [generator, 0.7, Array(D).fill(0)]],
  linearSvm: [latentEdit.linearSvm, [rows, [1, -1, 1, -1]], { C: 1, tolerance: 1e-3, maxIterations: 50, signal }],
  fitInterFaceGan: [
    latentEdit.fitInterFaceGan,
    [rows, [3, 1, 2, 0]],
    { ratio: 2, trainShare: 0.5, invalid: -1, C: 1, tolerance: 1e-3, seed: 1, signal },
  ],
  classScores: [latentEdit.classScores, [rows], { to: 1, from: 0 }],
  ganSpace: [latentEdit.ganSpace, [rows], { components: 2 }],
  seFa: [latentEdit.seFa, [[rows]], { components: 2, normalize: false }],
  projectDirection: [latentEdit.projectDirection, [[1, 2, 3], [[0, 0, 1]]], { tolerance: 1e-3 }],
  pullBack: [latentEdit.pullBack, [direction, w, 1, tf.onesLike(w), "steps"]],
  trainDirection: [
    latentEdit.trainDirection,
    [depth(1)],
    {
      ...{ ...base, iterations: 1, batchSize: 2, labels: undefined, preset: "paper", accumulate: 1, maxTime: 2, bothWays: false },
      ...{
        temperature: 4,
        preservationWeight: 1,
        learningRate: 1e-3,
        decayEvery: 5,
        decayFactor: 0.5,
        solver,
        gradient: "steps",
      },
      ...{ divergence: "hellinger", preservationTemperature: 2, originalTemperature: 2, attributeScale: "log-classes" },
      ...{ lengths: "stratified", pathShare: 0.5, codesWeight: 1, pauseAt: 1 },
      ...{ cacheLogits: true, validation: { codes: heldOut, every: 5, maxCodes: 2 }, earlyStopping: { patience: 2 } },
      ...{ checkpoint: { store: memoryStore(), every: 5 }, seed: 1, onProgress: () => undefined, signal },
    },
  ],
  plannedIterations: [latentEdit.plannedIterations, [3, [1, 2]]],
  trainCandidates: [
    async (...args: never[]) => {
      const [candidates, more, halving] = args as unknown as Parameters<typeof latentEdit.trainCandidates<number>>;
      const chosen = await latentEdit.trainCandidates(candidates, more, halving);
      chosen.direction.dispose();
      return chosen;
    },
    [[{ name: "a", direction: () => depth(1) }], { model, attribute: "size", codes }],
    {
      ...{ rounds: [1], measure: async () => 1, score: (measures: readonly number[]) => measures.map(() => 1) },
      ...{ store: () => memoryStore(), every: 1, onProgress: () => undefined },
    },
  ],
  LinearDirection: [(vector: never) => new latentEdit.LinearDirection(vector), [[1, 2]]],
  NeuralOdeDirection: [
    (options: never) => new latentEdit.NeuralOdeDirection(options),
    [],
    { latentDim: 2, depth: 1, negativeSlope: 0.1, seed: 3, solver },
  ],
  flow: [(...args) => direction.flow(...(args as unknown as [tf.Tensor, number])), [w, 1], { solver, gradient: "steps" }],
  flowEach: [(...args) => direction.flowEach(...(args as unknown as [tf.Tensor, number[]])), [w, [1, 2]], { solver }],
  velocity: [(x: never) => direction.velocity(x), [w]],
  field: [(x: never) => direction.field(x), [w]],
  "model.logits": [(x: never) => model.logits(x), [w]],
  "model.synthesize": [(x: never) => model.synthesize(x), [w]],
  fileStore: [fileStore, ["x.safetensors"]],
};

/** Their errors are another package's, or no argument is wrong for them alone. */
const TOO_LENIENT: Readonly<Record<string, readonly string[]>> = {
  // Any text is a path.
  fileStore: ['"x"'],
  // A path that is not there, and what holds no tensors, are the reader's to say.
  loadDirection: ['"x"', "function", "{}", "[]", "[[]]", "[null]", '["x"]', "{data,shape}"],
  sameFingerprint: ["[]", "[[]]", "[null]", '["x"]'],
  "projectDirection 1": ["[]"],
  "editUntil until": ["function"],
  "trainDirection onProgress": ["function"],
  "labelsAlong onProgress": ["function"],
  "trainCandidates onProgress": ["function"],
  "trainCandidates measure": ["function"],
  "pullBack 4": ["undefined"],
  "startAlong 2": ["undefined"],
  "attributeLoss 3": ["undefined"],
  "saveDirection training": ["{}", "{data,shape}"],
};
const JUNK: readonly (readonly [string, unknown])[] = [...ANYWHERE, ["{data,shape}", { data: [1], shape: 3 }]];

const run = async (f: (...args: never[]) => unknown, args: readonly unknown[]) => f(...(args as never[]));

describe.each(Object.entries(calls))("%s", (name, [f, args, options]) => {
  const all = options ? [...args, options] : args;
  const isMeant = (key: string | number, what: string, right: unknown) =>
    [...(TOO_LENIENT[name] ?? []), ...(TOO_LENIENT[`${name} ${key}`] ?? [])].includes(what) ||
    // Some numbers may be any.
    (typeof right === "number" && what === "-3");

  it("takes what is right", async () => {
    await expect(run(f, all)).resolves.toBeDefined();
  });

  it("refuses each argument that is missing or of another kind, and leaks nothing", async () => {
    const before = tf.memory().numTensors;
    const complaints: string[] = [];
    for (const [i, right] of args.entries()) {
      for (const [what, junk] of JUNK) {
        if (isMeant(i, what, right)) continue;
        const found = await complaint(f, all.with(i, junk));
        if (found) complaints.push(`argument ${i} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(!options)("refuses options of another kind, each by its name, and unknown ones", async () => {
    const before = tf.memory().numTensors;
    const complaints: string[] = [];
    for (const junk of [null, "x", 5, [1]]) {
      await expect(run(f, [...args, junk])).rejects.toThrow(/expected an options object/);
    }
    await expect(run(f, [...args, { ...options, banana: 1 }])).rejects.toThrow(/"banana"/);
    for (const [key, right] of Object.entries(options!)) {
      for (const [what, junk] of JUNK.slice(2)) {
        if (isMeant(key, what, right)) continue;
        const found = await complaint(f, [...args, { ...options, [key]: junk }]);
        if (found) complaints.push(`${key} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
