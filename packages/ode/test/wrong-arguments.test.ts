import * as everything from "@latentflow/ode";
import * as float64 from "@latentflow/ode/float64";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { start } from "./backends.js";

beforeAll(() => start("cpu"));
await start("cpu");

const fall = (_t: number, y: number) => -y;
const tensorFall = (_t: number, y: tf.Tensor) => tf.neg(y);
const y0 = tf.tensor1d([1, 2]);
const end = tf.tensor1d([0, 1]);
const { signal } = new AbortController();
const common = { args: undefined, jumpTimes: [0.5], interpolation: "dense", maxSteps: 100, signal };
const told = { onProgress: () => undefined, onStep: () => undefined, onStatistics: () => undefined };
const adaptive = {
  method: "tsit5",
  rtol: 1e-3,
  atol: 1e-3,
  controller: "PI",
  firstStep: 0.1,
  minStep: 1e-9,
  atMinStep: "accept",
  maxStep: 1,
  stepTimes: [0.25],
};
const options = { ...common, ...told, ...adaptive };
const onTensors = { ...options, norm: (e: tf.Tensor) => tf.max(tf.abs(e)), endpoint: "clip", stepsForGradients: true };
const onNumbers = { ...options, norm: Math.abs };
const { args: _args, ...withoutArgs } = onNumbers;
const sensitive = {
  of: "both",
  scales: 1,
  jacobian: () => [-1],
  jacobianBand: [0, 0],
  parameterJacobian: () => [0],
  endpoint: "clip",
};
const { onStatistics: _onStatistics, onStep: _onStep, ...withoutStatistics } = withoutArgs;
const fitting = { ...withoutStatistics, lower: 0, upper: 9, maxIterations: 2, tolerance: 0 };
const observed = { y0: 1, t: [0, 1], values: [1, 0.4] };
const span = { t0: 0, t1: 1 };
const search = { eventChecks: 2, direction: -1 };
const tensorEvent = { ...search, event: (_t: number, y: tf.Tensor) => tf.sub(tf.mean(y), 1) };
const numberEvent = { ...search, event: (_t: number, y: number) => y - 0.5 };
const clock = (y: unknown) => ({
  clock: { event: (t: number) => tf.scalar(t - 0.5), ...search, terminal: 2, apply: () => y },
});
const ticks = {
  tick: { event: (t: number) => t - 0.5, ...search, direction: 1, terminal: true, apply: (_t: number, y: number) => y },
};
const backward = {
  method: "dopri5",
  rtol: 1e-3,
  atol: 1e-3,
  controller: "I",
  firstStep: 0.1,
  minStep: 1e-9,
  maxStep: 1,
  stepTimes: [0.5],
  norm: "rms",
  maxSteps: 100,
  detectInstability: 10,
};
const solved = everything.solve(tensorFall, y0, { t0: 0, t1: 1 });
const tableau: everything.Tableau = {
  name: "own",
  order: 2,
  nodes: [0, 0.5],
  coupling: [[], [0.5]],
  weights: [0, 1],
  errorWeights: [-1, 1],
};

type Call = readonly [f: (...args: never[]) => unknown, args: readonly unknown[], options?: Readonly<Record<string, unknown>>];

/** A right call of every public function and method. The last argument is options where the second list names what they hold. */
const calls: Readonly<Record<string, Call>> = {
  "odeint on tensors": [everything.odeint, [tensorFall, y0, [0, 1]], { ...onTensors, gradient: "steps" }],
  "odeint to times as a tensor": [everything.odeint, [tensorFall, y0, end], { stepSize: 0.5 }],
  "odeint on numbers": [everything.odeint, [fall, 1, [0, 1]], { ...onNumbers, endpoint: "clip" }],
  "odeint on a grid": [everything.odeint, [fall, 1, [0, 1]], { method: "rk4", grid: [0, 0.5, 1] }],
  "odeint in steps": [everything.odeint, [fall, 1, [0, 1]], { method: "rk4", stepSize: 0.5 }],
  odeintAdjoint: [everything.odeintAdjoint, [tensorFall, y0, [0, 1]], { ...onTensors, adjoint: backward }],
  "odeintEvent on tensors": [everything.odeintEvent, [tensorFall, y0, 0], { ...options, ...tensorEvent, maxTime: 1 }],
  "odeintEvent from a tensor": [
    everything.odeintEvent,
    [(_t: tf.Tensor, y: tf.Tensor) => tf.neg(y), y0, tf.scalar(0)],
    { ...tensorEvent, maxTime: 1 },
  ],
  "odeintEvent on numbers": [everything.odeintEvent, [fall, 1, 0], { ...onNumbers, ...numberEvent, maxTime: 1 }],
  odeintEventAsync: [everything.odeintEventAsync, [tensorFall, y0, 0], { ...options, ...tensorEvent, maxTime: 1 }],
  "odeintEvents on tensors": [
    everything.odeintEvents,
    [tensorFall, y0, [0, 1]],
    { ...options, events: clock(y0), gradient: "adjoint", adjoint: backward },
  ],
  "odeintEvents on numbers": [everything.odeintEvents, [fall, 1, [0, 1]], { ...onNumbers, events: ticks }],
  odeintEventsAsync: [everything.odeintEventsAsync, [tensorFall, y0, [0, 1]], { ...options, events: clock(y0) }],
  "solve on tensors": [everything.solve, [tensorFall, y0], { ...options, ...span, ...tensorEvent, dense: true }],
  "solve on numbers": [everything.solve, [fall, 1], { ...onNumbers, ...span, ...numberEvent, dense: true }],
  solveAsync: [everything.solveAsync, [tensorFall, y0], { ...options, ...span, dense: true }],
  "solution.evaluate": [(t: never) => solved.evaluate(t), [0.5]],
  "solution.derivative": [(t: never) => solved.derivative(t), [0.5]],
  "solution.resume": [(options: never) => solved.resume(options), [], { t1: 2, maxSteps: 9 }],
  "solution.resumeAsync": [(options: never) => solved.resumeAsync(options), [], { t1: 2, maxSteps: 9 }],
  sensitivities: [everything.sensitivities, [fall, 1, 2, [0, 1]], { ...withoutArgs, ...sensitive }],
  fit: [everything.fit, [fall, 2, observed], { ...fitting, scales: 1, jacobian: () => [-1], parameterJacobian: () => [0] }],
  explicitMethod: [everything.explicitMethod, [tableau]],
  "float64 sensitivities": [float64.sensitivities, [fall, 1, 2, [0, 1]], { ...withoutArgs, ...sensitive }],
  "float64 fit": [float64.fit, [fall, 2, observed], fitting],
  "float64 odeint": [float64.odeint, [fall, 1, [0, 1]], { ...onNumbers, endpoint: "clip" }],
  "float64 odeintEvent": [float64.odeintEvent, [fall, 1, 0], { ...onNumbers, ...numberEvent, maxTime: 1 }],
  "float64 odeintEventAsync": [float64.odeintEventAsync, [fall, 1, 0], { ...onNumbers, ...numberEvent, maxTime: 1 }],
  "float64 odeintEvents": [float64.odeintEvents, [fall, 1, [0, 1]], { ...onNumbers, events: ticks }],
  "float64 odeintEventsAsync": [float64.odeintEventsAsync, [fall, 1, [0, 1]], { ...onNumbers, events: ticks }],
  "float64 solve": [float64.solve, [fall, 1], { ...onNumbers, ...span, ...numberEvent, dense: true }],
  "float64 solveAsync": [float64.solveAsync, [fall, 1], { ...onNumbers, ...span, dense: true }],
};

it("names every public function", () => {
  const named = new Set(Object.values(calls).map(([f]) => f));
  for (const entry of [everything, float64])
    for (const [name, value] of Object.entries(entry))
      if (typeof value === "function" && name !== "OdeError") expect(named, name).toContain(value);
});

const circle: Record<string, unknown> = { x: 1 };
circle.self = circle;
const disposed = tf.tensor1d([0, 1]);
disposed.dispose();

const JUNK: readonly [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ['"x"', "x"],
  ['"0.5"', "0.5"],
  ["NaN", Number.NaN],
  ["-3", -3],
  ["5n", 5n],
  ["true", true],
  ["a function", () => 1],
  ["a promise", Promise.resolve(1)],
  ["{}", {}],
  ["[]", []],
  ["[null]", [null]],
  ['["0", "1"]', ["0", "1"]],
  ["[0n, 1n]", [0n, 1n]],
  ["a hole", new Array(2)],
  ["a circle", circle],
  ["a Map", new Map()],
  ["a symbol", Symbol("s")],
  ["a symbol in an array", [Symbol("s")]],
  ["a disposed tensor", disposed],
  ["a disposed tensor in an array", [disposed]],
  ["an integer tensor", tf.tensor1d([0, 1, 2], "int32")],
];

/** What is right although it stands among the junk: of an argument, by its place, or of an option, by its name. */
const RIGHT: Readonly<Record<string, readonly string[]>> = {
  // f would be given numbers, and make tensors that nobody owns.
  "odeintEvent on tensors 1": ["NaN", "-3"],
  "odeintEventAsync 1": ["NaN", "-3"],
  "odeintEventsAsync 1": ["NaN", "-3"],
  "solve on tensors 1": ["NaN", "-3"],
  "solveAsync 1": ["NaN", "-3"],
  // `solve` does not throw for what goes wrong on the way: its status tells.
  "solve on numbers 1": ["NaN", "-3"],
  "float64 solve 1": ["NaN", "-3"],
  "float64 solveAsync 1": ["NaN", "-3"],
  "odeintEvent from a tensor 2": ["-3"],
  jumpTimes: ["[]"],
  onStep: ["a function"],
  stepTimes: ["[]"],
  controller: ["{}"],
  adjoint: ["{}"],
  onProgress: ["a function"],
  onStatistics: ["a function"],
  dense: ["true"],
  stepsForGradients: ["true"],
};

function isRight(name: string, key: string | number, what: string, right: unknown): boolean {
  // The function that stands among the junk returns a number.
  const returnsNumber = /numbers|float64|sensitivities|fit|grid|steps$/.test(name) && [0, "norm", "event"].includes(key);
  if ((returnsNumber && what === "a function") || (typeof right === "number" && what === "-3")) return true;
  return [...(RIGHT[`${name} ${key}`] ?? []), ...(RIGHT[key] ?? [])].includes(what);
}

/** What is wrong with the answer to wrong arguments: nothing, when they are refused by a typed error. */
async function complaint(f: (...args: never[]) => unknown, args: readonly unknown[]): Promise<string | undefined> {
  try {
    tf.dispose((await f(...(args as never[]))) as tf.TensorContainer);
    return "accepted";
  } catch (error) {
    if (
      error instanceof everything.OdeError &&
      /: expected .+, got .+|does not apply|unknown option|NaN or Infinity/.test(error.message)
    )
      return undefined;
    return String(error);
  }
}

describe.each(Object.entries(calls))("%s", (name, [f, args, options]) => {
  const all = options ? [...args, options] : args;

  it("takes what is right, and leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    const result = await f(...(all as never[]));
    expect(result).toBeDefined();
    if (typeof result === "object" && result !== null && "dispose" in result) (result as tf.Tensor).dispose();
    else tf.dispose(result as tf.TensorContainer);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses each argument that is missing or of another kind, and leaks nothing", async () => {
    const before = tf.memory().numTensors;
    const complaints: string[] = [];
    for (const [i, right] of args.entries()) {
      for (const [what, junk] of JUNK) {
        if (isRight(name, i, what, right)) continue;
        const here = tf.memory().numTensors;
        const found = (await complaint(f, all.with(i, junk))) ?? (tf.memory().numTensors > here ? "leaks" : undefined);
        if (found) complaints.push(`argument ${i} = ${what}: ${found}`);
      }
    }
    expect(complaints, complaints.join("\n")).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.skipIf(!options)("refuses options of another kind, each by its name, and unknown ones", async () => {
    const before = tf.memory().numTensors;
    const complaints: string[] = [];
    for (const [what, junk] of JUNK.slice(1)) {
      if (what === "{}" && !/solve|Event/.test(name)) continue;
      const found = await complaint(f, [...args, junk]);
      if (found) complaints.push(`options = ${what}: ${found}`);
    }
    await expect((async () => f(...([...args, { ...options, banana: 1 }] as never[])))()).rejects.toThrow(/"banana"/);
    for (const [key, right] of Object.entries(options!)) {
      if (key === "args") continue;
      for (const [what, junk] of JUNK.slice(1)) {
        if (isRight(name, key, what, right)) continue;
        const here = tf.memory().numTensors;
        const found =
          (await complaint(f, [...args, { ...options, [key]: junk }])) ?? (tf.memory().numTensors > here ? "leaks" : undefined);
        if (found) complaints.push(`${key} = ${what}: ${found}`);
      }
    }
    expect(complaints, complaints.join("\n")).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
