import { AbortError } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Candidate,
  type CheckpointStore,
  type Direction,
  type Halving,
  LatentEditError,
  type NeuralOdeDirection,
  plannedIterations,
  trainCandidates,
  trainDirection,
} from "../src/index.js";
import { base, codes, depth, heldOut, memoryStore, weightsOf } from "./small-training.js";

beforeAll(() => tf.setBackend("cpu"));

const candidates: Candidate[] = [
  { name: "paper", direction: () => depth(1, 1) },
  { name: "bounded", direction: () => depth(1, 2), train: { divergence: "hellinger", lengths: "stratified" } },
  { name: "constant", direction: () => depth(-1, 3), train: { learningRate: 0.05 } },
];
const { iterations: _, ...options } = base;
const rounds = [2, 4, 6];

/** A measure with known scores, snapshot by snapshot, which notes who was measured. */
function game(scores: Record<string, number>) {
  const measured: string[] = [];
  const halving: Halving<string> = {
    rounds,
    async measure(direction) {
      const name = (direction as NeuralOdeDirection).depth === -1 ? "constant" : "flow";
      measured.push(name);
      return name;
    },
    score: (measures) => measures.map((_name, i) => scores[i] ?? 0),
  };
  return { halving, measured };
}

describe("successive halving", () => {
  it("keeps the better half after each round, and gives the best snapshot of all", async () => {
    const before = tf.memory().numTensors;
    // Round 1: paper 1, bounded 3, constant 2. Round 2: bounded 5, constant 4. Round 3: bounded falls to 0.
    const { halving, measured } = game({ 0: 1, 1: 3, 2: 2, 3: 5, 4: 4, 5: 0 });
    const done: number[] = [];
    const chosen = await trainCandidates(candidates, options, { ...halving, onProgress: (progress) => done.push(progress.done) });
    expect(measured).toEqual(["flow", "flow", "constant", "flow", "constant", "flow"]);
    expect(chosen.snapshots.map(({ candidate, iteration }) => `${candidate} ${iteration}`)).toEqual([
      ...["paper 2", "bounded 2", "constant 2", "bounded 4", "constant 4", "bounded 6"],
    ]);
    expect(chosen.candidate).toBe("bounded");
    expect(chosen.history).toMatchObject({ iterations: 6, keptIteration: 4 });
    expect(chosen.history.settings).toMatchObject({ divergence: "hellinger", lengths: "stratified", iterations: 6 });
    expect(done.at(-1)).toBe(12);
    expect(plannedIterations(3, rounds)).toBe(12);
    // The snapshot's weights are those that the candidate alone has after 4 of 6 iterations.
    const alone = depth(1, 2);
    const store = memoryStore();
    await trainDirection(alone, { ...base, ...candidates[1]!.train, iterations: 6, checkpoint: { store }, pauseAt: 4 });
    expect(weightsOf(chosen.direction as NeuralOdeDirection)).toEqual(weightsOf(alone));
    alone.dispose();
    chosen.direction.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("a start that is measured may be chosen as it is, and is no rival in the rounds", async () => {
    const before = tf.memory().numTensors;
    // The start 9, then paper 1 and bounded 2: bounded trains on although the other candidate's start is best of all.
    const { halving } = game({ 0: 9, 1: 1, 2: 2, 3: 3, 4: 4 });
    const [paper, bounded] = candidates as [Candidate, Candidate];
    const chosen = await trainCandidates([{ ...paper, measureStart: true }, bounded], options, halving);
    expect(chosen.snapshots.map(({ candidate, iteration }) => `${candidate} ${iteration}`)).toEqual([
      ...["paper 0", "paper 2", "bounded 2", "bounded 4", "bounded 6"],
    ]);
    expect(chosen).toMatchObject({ candidate: "paper", history: { iterations: 2, keptIteration: 0 } });
    const start = depth(1, 1);
    expect(weightsOf(chosen.direction as NeuralOdeDirection)).toEqual(weightsOf(start));
    for (const one of [start, chosen.direction]) one.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("one candidate and one round is trainDirection, to the bit", async () => {
    const alone = depth(1, 1);
    const history = await trainDirection(alone, { ...base, iterations: 6 });
    const { halving } = game({});
    const chosen = await trainCandidates(candidates.slice(0, 1), options, { ...halving, rounds: [6] });
    expect(weightsOf(chosen.direction as NeuralOdeDirection)).toEqual(weightsOf(alone));
    expect(chosen.history.batches).toEqual(history.batches);
    expect(chosen.history.solverGap).toEqual(history.solverGap);
    for (const one of [alone, chosen.direction]) one.dispose();
  });
});

describe("resumed", () => {
  const stores = () => {
    const all = new Map<string, ReturnType<typeof memoryStore>>();
    const store = (name: string): CheckpointStore => {
      const found = all.get(name) ?? memoryStore();
      all.set(name, found);
      return found;
    };
    return { all, store };
  };
  /** A measure of the direction's own weights: what comes of it shows every bit of them. */
  const halving = {
    rounds,
    measure: async (direction: Direction) =>
      Math.sin(
        1e4 *
          weightsOf(direction as NeuralOdeDirection)
            .flat()
            .reduce((a, b) => a + b, 0),
      ),
    score: (measures: readonly number[]) => [...measures],
  };

  it.each([1, 5, 7, 11])(
    "after %i iterations of all, it chooses the same, to the bit, and measures nothing again",
    async (stopAfter) => {
      const whole = await trainCandidates(candidates, options, halving);
      const { store } = stores();
      const controller = new AbortController();
      let seen = 0;
      let measured = 0;
      const measure = (direction: Direction) => {
        measured++;
        return halving.measure(direction);
      };
      const stopping = () => {
        if (++seen === stopAfter) controller.abort();
      };
      const first = trainCandidates(
        candidates,
        { ...options, signal: controller.signal },
        {
          ...{ ...halving, measure, store, every: 1, onProgress: stopping },
        },
      );
      await expect(first).rejects.toThrow(AbortError);
      const again = await trainCandidates(candidates, options, { ...halving, measure, store, every: 1 });
      expect(measured).toBe(6);
      expect(again.snapshots).toEqual(whole.snapshots);
      expect(again.candidate).toBe(whole.candidate);
      expect(again.history.batches).toEqual(whole.history.batches);
      expect(weightsOf(again.direction as NeuralOdeDirection)).toEqual(weightsOf(whole.direction as NeuralOdeDirection));
      for (const one of [whole, again]) one.direction.dispose();
    },
  );

  it("refuses the snapshots of other candidates, options, rounds or codes, and a candidate's state without its snapshots", async () => {
    const { all, store } = stores();
    (await trainCandidates(candidates, options, { ...halving, store })).direction.dispose();
    const refused = /made with the same candidates, options, codes and model/;
    const run = (more: object, others: readonly Candidate[] = candidates, also: object = {}) =>
      trainCandidates(others, { ...options, ...more }, { ...halving, store, ...also });
    await expect(run({ temperature: 2 })).rejects.toThrow(refused);
    await expect(run({ codes: heldOut })).rejects.toThrow(refused);
    await expect(run({}, candidates.slice(1))).rejects.toThrow(refused);
    await expect(run({}, candidates, { rounds: [1, 6] })).rejects.toThrow(refused);
    await expect(run({}, [{ ...candidates[0]!, train: { seed: 4 } }, ...candidates.slice(1)])).rejects.toThrow(refused);
    all.get("snapshots")!.bytes = null;
    await expect(run({})).rejects.toThrow(/after 2 iterations, got one after \d without its snapshots/);
    expect(codes.shape[0]).toBe(80);
  });
});

it.each<[string, readonly unknown[], object, RegExp]>([
  ["no candidate", [], {}, /one candidate or more/],
  ["a candidate without a direction", [{ name: "a" }], {}, /candidate 0: expected .* no direction/],
  ["two of a name", [candidates[0], candidates[0]], {}, /different names/],
  ["rounds that fall", candidates, { rounds: [4, 2] }, /ascending numbers of iterations/],
  ["no rounds", candidates, { rounds: [] }, /ascending/],
  ["an unknown option", candidates, { round: [1] }, /did you mean "rounds"/],
  ["scores that are none", candidates, { rounds: [1], score: () => [Number.NaN] }, /score\(\) to give 3 finite numbers/],
])("refuses %s", async (_name, given, more, message) => {
  const { halving } = game({});
  const go = trainCandidates(given as Candidate[], options, { ...halving, ...more });
  await expect(go).rejects.toThrow(message);
  await expect(go).rejects.toThrow(LatentEditError);
});
