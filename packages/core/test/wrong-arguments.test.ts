import "@tensorflow/tfjs-backend-cpu";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@latentflow/core";
import * as files from "@latentflow/core/files";
import * as optim from "@latentflow/core/optim";
import * as truncation from "@latentflow/core/truncation";
import * as workers from "@latentflow/core/workers";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { JUNK as ANYWHERE, complaint } from "../../../tools/wrong-arguments.js";

await tf.setBackend("cpu");
const folder = await mkdtemp(join(tmpdir(), "latentflow-"));
afterAll(() => rm(folder, { recursive: true }));

const random = new core.SeededRandom(1);
const optimizer = optim.adam();
const parameters = [tf.tensor1d([1, 2]), tf.scalar(3)];
const gradients = [tf.tensor1d([1, 1]), tf.scalar(1)];
const state = optimizer.init(parameters);
const saved = await optim.adamStateToData(state);
const schedule = optim.stepDecay({ learningRate: 1, every: 3, factor: 0.5 });

type Call = readonly [f: (...args: never[]) => unknown, args: readonly unknown[], options?: Record<string, unknown>];

/** A right call of every public function and method. The last argument is options where the second list names what they hold. */
const calls: Readonly<Record<string, Call>> = {
  attributeNames: [core.attributeNames, ["ffhq"]],
  argmax: [(values) => core.argmax(values), [[1, 3, 2]]],
  // What a message calls things is left out: any text will do.
  checkBackend: [() => core.checkBackend("f"), []],
  checkChoice: [(value, choices) => core.checkChoice("f", "x", value, choices), ["a", ["a", "b"]]],
  checkNumber: [(value, limits) => core.checkNumber("f", "x", value, limits), [3, { min: 1 }]],
  checkOptions: [(options, known) => core.checkOptions("f", options, known), [{ a: 1 }, ["a"]]],
  checkRequired: [(options, required) => core.checkRequired("f", options, required), [{ a: 1 }, ["a"]]],
  checkTensor: [(value) => core.checkTensor("f", "x", value), [parameters[0]]],
  completeCodeWeights: [(weights, codes) => core.completeCodeWeights("f", weights, codes), [[1, 0.5], 2]],
  completePreservation: [
    (preservation) => core.completePreservation("f", preservation, { temperature: 4, attributes: 2 }),
    [],
    { divergence: "kl", temperature: 4, originalTemperature: 1, attributeWeights: [1, 1] },
  ],
  describeChoice: [(choices) => core.describeChoice("x", choices), [["a"]]],
  describeLimits: [core.describeLimits, []],
  describeUnknown: [core.describeUnknown, [["a"], ["b"]]],
  describeValue: [core.describeValue, []],
  folderAddress: [(folder) => core.folderAddress("f", "from", folder), ["https://example.org/data"]],
  isCheckpointStore: [core.isCheckpointStore, []],
  isFunction: [core.isFunction, []],
  isList: [core.isList, []],
  isGiven: [core.isGiven, []],
  isTensor: [core.isTensor, []],
  nextMacrotask: [core.nextMacrotask, []],
  readOptions: [(options) => core.readOptions("f", { a: { default: 1 } }, options), [{ a: 1 }]],
  stepDecay: [optim.stepDecay, [], { learningRate: 1, every: 3, factor: 0.5 }],
  toCodeNumbers: [(codes) => core.toCodeNumbers("f", "x", codes), [[[1, 2]]]],
  toMatrix: [(input) => core.toMatrix("f", "x", input), [[[1, 2]]]],
  toNumbers: [(input) => core.toNumbers("f", "x", input), [[1, 2]]],
  throwIfAborted: [(signal) => core.throwIfAborted("f", signal), [new AbortController().signal]],
  "schedule.init": [schedule.init, []],
  "schedule.update": [schedule.update, [schedule.init()]],
  SeededRandom: [(seed) => new core.SeededRandom(seed), [1]],
  "SeededRandom.fromState": [core.SeededRandom.fromState, [random.getState()]],
  "SeededRandom.getState": [() => random.getState(), []],
  "SeededRandom.fork": [() => random.fork(), []],
  "SeededRandom.uniform": [(...args) => random.uniform(...args), [0, 1]],
  "SeededRandom.integer": [(...args: [never, never]) => random.integer(...args), [0, 1]],
  "SeededRandom.normal": [(...args) => random.normal(...args), [0, 1]],
  "SeededRandom.normals": [(...args: [never]) => random.normals(...args), [2, 0, 1]],
  "SeededRandom.permutation": [(count) => random.permutation(count), [3]],
  "SeededRandom.shuffle": [(items) => random.shuffle(items), [[1, 2, 3]]],
  "SeededRandom.sample": [(...args: [never, never]) => random.sample(...args), [2, 3]],
  "SeededRandom.normalTensor": [(...args: [never]) => tf.dispose(random.normalTensor(...args)) ?? true, [[2, 3], 0, 1]],
  "SeededRandom.uniformTensor": [(...args: [never]) => tf.dispose(random.uniformTensor(...args)) ?? true, [[2, 3], 0, 1]],
  adam: [optim.adam, [], { learningRate: 1, beta1: 0.9, beta2: 0.9, epsilon: 0 }],
  "adam.init": [(some) => tf.dispose({ ...optimizer.init(some) }) ?? true, [parameters]],
  "adam.update": [
    (...args: [never, never, never]) => tf.dispose(optimizer.update(...args) as never) ?? true,
    [parameters, gradients, state, 1e-3],
  ],
  adamStateToData: [optim.adamStateToData, [state]],
  adamStateFromData: [(data) => tf.dispose({ ...optim.adamStateFromData(data) }) ?? true, [saved]],
  disposeAdamState: [(old) => optim.disposeAdamState(old) ?? true, [optimizer.init([])]],
  writeFileAtomic: [files.writeFileAtomic, [join(folder, "a"), "text"], { within: folder }],
  writeJsonAtomic: [files.writeJsonAtomic, [join(folder, "b"), { a: 1 }], { within: folder }],
  withTruncation: [truncation.withTruncation, [{ latentDim: 2, synthesize: (w: unknown) => w }, 0.7, tf.tensor1d([1, 2])]],
  JobThread: [(script) => new workers.JobThread(script, undefined, undefined), [new URL("file:///none.js")]],
  liesWithin: [files.liesWithin, [join(folder, "a"), folder]],
};

/** What may be given although it is of another kind. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  "throwIfAborted 0": ["undefined", "null"],
  "toNumbers 0": ["[]"],
  "withTruncation 1": ["-3"],
  "checkOptions 0": ["undefined", "{}"],
  "checkNumber 1": ["undefined", "null", "NaN", "-3", "function", '"x"', "{}", "[]", "[[]]", "[null]", '["x"]', "symbol"],
  "checkRequired 1": ["[]"],
  "readOptions 0": ["undefined", "{}"],
  "describeChoice 0": ["[]", '["x"]'],
  "describeUnknown 0": ["[]", '["x"]'],
  "describeUnknown 1": ["[]", '["x"]'],
  "SeededRandom.shuffle 0": ["[]", "[[]]", "[null]", '["x"]'],
  "SeededRandom.normalTensor 0": ["[]"],
  "SeededRandom.uniformTensor 0": ["[]"],
  // Undefined is the default, and a text is a path.
  "SeededRandom.uniform 0": ["undefined"],
  "SeededRandom.uniform 1": ["undefined"],
  "SeededRandom.normal 0": ["undefined"],
  "SeededRandom.normal 1": ["undefined"],
  "SeededRandom.normals 1": ["undefined"],
  "SeededRandom.normals 2": ["undefined"],
  "SeededRandom.normalTensor 1": ["undefined"],
  "SeededRandom.normalTensor 2": ["undefined"],
  "SeededRandom.uniformTensor 1": ["undefined"],
  "SeededRandom.uniformTensor 2": ["undefined"],
  "completeCodeWeights 0": ["undefined"],
  "adam.init 0": ["[]"],
  "adam.update 3": ["undefined"],
  "liesWithin 0": ['"x"'],
  "liesWithin 1": ['"x"'],
  "writeFileAtomic 1": ['"x"'],
  "writeJsonAtomic 1": ["null", '"x"', "-3", "{}", "[]", "[[]]", "[null]", '["x"]'],
};

const circle: Record<string, unknown> = {};
circle.self = circle;
const ring: unknown[] = [];
ring.push(ring);
const gone = tf.tensor1d([1, 2]);
gone.dispose();

const JUNK: readonly (readonly [string, unknown])[] = [
  ...ANYWHERE,
  ["a circle of records", circle],
  ["a circle of arrays", ring],
];
const DISPOSED: readonly [string, unknown][] = [["disposed tensors", [gone, gone]]];

/** An error of core that names the function. */
const isTyped = (error: unknown) =>
  error instanceof core.CoreError && /^[\w.]+: .*(expected|unknown option) /.test(error.message);

it("names every public function", () => {
  const own = Object.entries({ ...core, ...optim, ...files });
  const functions = own.filter(([name, value]) => typeof value === "function" && !name.endsWith("Error"));
  expect(Object.keys(calls)).toEqual(expect.arrayContaining(functions.map(([name]) => name)));
});

it("names every method of SeededRandom", () => {
  const methods = Object.getOwnPropertyNames(core.SeededRandom.prototype);
  const hidden = ["constructor", "standardNormal", "float32s", "between"];
  const named = methods.filter((name) => !hidden.includes(name)).map((name) => `SeededRandom.${name}`);
  expect(Object.keys(calls)).toEqual(expect.arrayContaining(named));
});

describe.each(Object.entries(calls))("%s", (name, [f, args, options]) => {
  const all = options ? [...args, options] : args;
  const isMeant = (key: string | number, what: string, right: unknown) =>
    (MEANT[`${name} ${key}`] ?? []).includes(what) || (typeof right === "number" && what === "-3");

  it("takes what is right", async () => {
    await expect((async () => (await f(...(all as never[]))) ?? true)()).resolves.toBeDefined();
  });

  it("refuses each argument that is missing or of another kind, and leaks nothing", async () => {
    const before = tf.memory().numTensors;
    const complaints: string[] = [];
    for (const [i, right] of args.entries()) {
      const junk = Array.isArray(right) && right[0] instanceof tf.Tensor ? DISPOSED : [];
      for (const [what, wrong] of [...JUNK, ...junk]) {
        if (isMeant(i, what, right)) continue;
        if (what.startsWith("a circle") && /^(checkNumber|SeededRandom.shuffle) /.test(`${name} `)) continue;
        const found = await complaint(f, all.with(i, wrong), isTyped);
        if (found) complaints.push(`argument ${i} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(!options)("refuses options of another kind, each by its name, and unknown ones", async () => {
    const complaints: string[] = [];
    for (const junk of [null, "x", 5, [1]]) {
      await expect((async () => f(...([...args, junk] as never[])))()).rejects.toThrow(/expected an options object/);
    }
    await expect((async () => f(...([...args, { ...options, banana: 1 }] as never[])))()).rejects.toThrow(/"banana"/);
    for (const [key, right] of Object.entries(options!)) {
      for (const [what, wrong] of JUNK.slice(1)) {
        if (isMeant(key, what, right)) continue;
        if (key === "within" && what === '"x"') continue;
        const found = await complaint(f, [...args, { ...options, [key]: wrong }], isTyped);
        if (found) complaints.push(`${key} = ${what}: ${found}`);
      }
    }
    expect(complaints).toEqual([]);
  });
});

describe("says what is wrong", () => {
  it.each<[string, () => unknown, string]>([
    ["a negative shape", () => random.normalTensor([-1]), "normalTensor: expected a shape, .* got \\[-1\\]"],
    ["a huge one", () => random.uniformTensor([1e5, 1e5]), "at most 2147483647 elements, got \\[100000, 100000\\]"],
    ["no number", () => random.uniform(0, Number.NaN), "SeededRandom.uniform: expected high to be a finite number, got NaN"],
    ["a symbol", () => random.integer(0, Symbol("x") as never), "integers low ≤ high, got 0 and Symbol"],
    ["no state", () => optimizer.update(parameters, gradients, undefined as never), "adam: .* got undefined; make it with init"],
    [
      "half a state",
      () => optimizer.update(parameters, gradients, { ...state, mean: undefined } as never),
      "as many means as variances",
    ],
    [
      "no step",
      () => optimizer.update(parameters, gradients, { ...state, step: undefined } as never),
      "adam: expected the state's step",
    ],
    [
      "a disposed gradient",
      () => optimizer.update(parameters, [gone, gone], state),
      "gradient tensor for parameter 0, got a disposed tensor",
    ],
    [
      "a disposed state",
      () => optimizer.update([gradients[0]!], [gradients[0]!], { step: 0, mean: [gone], variance: [gone] }),
      "saved mean .*disposed",
    ],
    ["a misspelt rate", () => optim.stepDecay({ learningrate: 1, every: 1, factor: 1 } as never), 'did you mean "learningRate"'],
    [
      "no known options",
      () => core.checkOptions("f", {}, null as never),
      "f: expected the known options to be an array of strings, got null",
    ],
    [
      "a shape of words",
      () => {
        throw new Error(core.describeValue({ shape: [Symbol("s")] }));
      },
      "an object with keys \\[shape\\]",
    ],
  ])("%s", (_, act, message) => expect(act).toThrow(new RegExp(message)));
});
