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

describe("says what is wrong", () => {
  const dead = () => {
    const tensor = tf.zeros([2]);
    tensor.dispose();
    return tensor;
  };
  const f = tensorFall;
  const span = { t0: 0, t1: 1 };
  const api = everything as unknown as Readonly<
    Record<"odeint" | "odeintAdjoint" | "odeintEvent" | "solve" | "explicitMethod", (...args: unknown[]) => unknown>
  >;
  it.each([
    [
      "y0",
      () => api.odeint(f, { x: dead() }, [0, 1]),
      "odeint: expected y0 to hold no disposed tensor, got a disposed tensor of shape [2]",
    ],
    ["t", () => api.odeint(f, y0, dead()), "odeint: expected t to hold no disposed tensor"],
    [
      "t0",
      () => api.odeintEvent(f, y0, dead(), { ...tensorEvent, maxTime: 1 }),
      "odeintEvent: expected t0 to be a number or, for a gradient, a float32 scalar, got a disposed tensor",
    ],
    ["args", () => api.odeint(f, y0, [0, 1], { args: [1, { w: dead() }] }), "odeint: expected args to hold no disposed tensor"],
    [
      "args of the adjoint",
      () => api.odeintAdjoint(f, y0, [0, 1], { args: dead() }),
      "odeintAdjoint: expected args to hold no disposed tensor",
    ],
    ["args of a solve", () => api.solve(f, y0, { ...span, args: dead() }), "solve: expected args to hold no disposed tensor"],
    [
      "args of an event",
      () => api.odeintEvent(f, y0, 0, { ...tensorEvent, maxTime: 1, args: [dead()] }),
      "odeintEvent: expected args to hold",
    ],
    [
      "f's result",
      () => api.odeint(dead, y0, [0, 1]),
      "odeint: expected f to return tensors shaped as y0, got a disposed tensor",
    ],
    [
      "event's result",
      () => api.odeintEvent(f, y0, 0, { event: () => tf.tidy(dead), maxTime: 1 }),
      "expected event to return a float32 scalar tensor, got a disposed tensor",
    ],
    ["rtol", () => api.odeint(f, y0, [0, 1], { rtol: dead() }), "odeint: expected rtol to hold no disposed tensor"],
    ["an async f", () => api.odeint(async () => y0, y0, [0, 1]), "expected f to return tensors shaped as y0, got a promise"],
    [
      "an async f of numbers",
      () => api.odeint(async () => 1, 1, [0, 1]),
      "expected f to return a number, shaped as y0, got a promise",
    ],
    ["times as texts", () => api.odeint(fall, 1, ["0", "1"]), 'odeint: expected t to hold numbers, got "0" at index 0.'],
    [
      "an f that returns a circle",
      () => api.odeint(() => circle, { x: y0 }, [0, 1]),
      "odeint: expected what f returns to nest at most 500 deep, got more",
    ],
    ["a method that is only data", () => api.odeint(fall, 1, [0, 1], { method: tableau }), "expected method to be one of"],
    [
      "an adjoint's method",
      () => api.odeintAdjoint(f, y0, [0, 1], { adjoint: { method: "dopri6" } }),
      "odeintAdjoint: adjoint: expected method to be one of",
    ],
    [
      "an adjoint's steps",
      () => api.odeintAdjoint(f, y0, [0, 1], { adjoint: { stepSize: -1 } }),
      "odeintAdjoint: adjoint: expected stepSize to be a finite number > 0, got -1",
    ],
    [
      "a tableau without weights",
      () => api.explicitMethod({ ...tableau, weights: undefined }),
      "explicitMethod: expected an options object with name, order, nodes, coupling and weights, got no weights",
    ],
    [
      "a tableau's entry",
      () => api.explicitMethod({ ...tableau, coupling: [[], ["x"]] }),
      'explicitMethod: expected coupling[1][0] to be a finite number, got "x"',
    ],
    [
      "a tableau's sums",
      () => api.explicitMethod({ ...tableau, weights: [0, 0.9] }),
      "explicitMethod: expected weights that sum to 1 in the tableau of own",
    ],
  ])("%s", (_what, act, message) => {
    const before = tf.memory().numTensors;
    expect(act).toThrow(everything.OdeError);
    expect(act).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("of a solution that was disposed, or left in a tidy", () => {
    const before = tf.memory().numTensors;
    const solution = everything.solve(f, y0, span);
    let inTidy: everything.Solution<tf.Tensor1D> | undefined;
    tf.tidy(() => {
      inTidy = everything.solve(f, y0, span);
    });
    const still = everything.solve(f, y0, { t0: 0, t1: 0 });
    solution.dispose();
    solution.dispose();
    still.dispose();
    for (const dead of [solution, inTidy!, still])
      expect(() => dead.evaluate(0)).toThrow(
        "solve: evaluate: expected a solution that holds its tensors, got one that was disposed",
      );
    expect(() => solution.derivative(0.5)).toThrow(everything.OdeError);
    expect(tf.memory().numTensors).toBe(before);
    const numbers = everything.solve(fall, 1, span);
    numbers.dispose();
    expect(numbers.evaluate(1)).toBeCloseTo(Math.exp(-1), 6);
  });
});
