import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { CoreError, SeededRandom } from "@latentflow/core";
import { adam, adamStateFromData, adamStateToData, disposeAdamState, type Schedule, stepDecay } from "@latentflow/core/optim";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import reference from "./reference/adam.json" with { type: "json" };

for (const backend of ["cpu", "wasm"] as const) {
  describe(`adam on ${backend}`, () => {
    beforeAll(async () => void (await tf.setBackend(backend)));

    for (const { options, schedule, start, gradients, after } of reference.runs) {
      it(`takes the same steps as PyTorch's (${JSON.stringify(options)}, StepLR every ${schedule.every} × ${schedule.factor})`, () => {
        const before = tf.memory().numTensors;
        const optimiser = adam(options);
        const rates = stepDecay({ learningRate: options.learningRate, ...schedule });
        let rateState = rates.init();
        let parameters: tf.Tensor[] = [tf.tensor1d(start)];
        let state = optimiser.init(parameters);
        gradients.forEach((gradient, i) => {
          const { learningRate, state: nextRateState } = rates.update(rateState);
          rateState = nextRateState;
          const gradientTensor = tf.tensor1d(gradient);
          const next = optimiser.update(parameters, [gradientTensor], state, learningRate);
          tf.dispose([parameters, gradientTensor]);
          disposeAdamState(state);
          ({ parameters, state } = next);
          for (const [j, value] of parameters[0]!.dataSync().entries()) expect(value).toBeCloseTo(after[i]![j]!, 5);
        });
        tf.dispose(parameters);
        disposeAdamState(state);
        expect(tf.memory().numTensors).toBe(before);
      });
    }

    it("resumes to the same bits", async () => {
      const run = async (interruptAt?: number) => {
        const optimiser = adam({ learningRate: 0.01 });
        const random = new SeededRandom(1);
        let parameters: tf.Tensor[] = [random.normalTensor([3, 2]), random.normalTensor([4])];
        let state = optimiser.init(parameters);
        for (let step = 0; step < 20; step++) {
          if (step === interruptAt) {
            const saved = await adamStateToData(state);
            disposeAdamState(state);
            state = adamStateFromData(structuredClone(saved));
          }
          const gradients = parameters.map((parameter) => tf.tidy(() => tf.sin(tf.mul(parameter, 3))));
          const next = optimiser.update(parameters, gradients, state);
          tf.dispose([parameters, gradients]);
          disposeAdamState(state);
          ({ parameters, state } = next);
        }
        const values = parameters.map((parameter) => parameter.dataSync());
        tf.dispose(parameters);
        disposeAdamState(state);
        return values;
      };
      expect(await run(7)).toEqual(await run());
    });
  });
}

describe("bad input", () => {
  it("is refused by name", () => {
    expect(() => adam({ beta1: 1 })).toThrow("beta1 to be a finite number ≥ 0 and < 1, got 1");
    expect(() => adam({ learningrate: 1 } as object)).toThrow('did you mean "learningRate"');
    expect(() => adam().update([], [tf.scalar(1)], { step: 0, mean: [], variance: [] })).toThrow("expected 0 gradients");
    const vector = tf.tensor1d([1, 2]);
    const state = adam().init([vector]);
    expect(() => adam().update([vector], [tf.scalar(1)], state)).toThrow("gradient of parameter 0 to have shape [2], got []");
    expect(() => adamStateFromData({ step: 1, arrays: { "mean.0": { shape: [1], data: new Float32Array(1) } } })).toThrow(
      CoreError,
    );
    expect(() => adamStateFromData({ step: -1, arrays: {} })).toThrow("step to be an integer ≥ 0");
    expect(() => adam().update([vector], [vector], state, Number.NaN)).toThrow("learningRate to be a finite number");
    expect(() => adam().update([vector], [undefined as never], state)).toThrow("a gradient tensor for parameter 0");
    const before = tf.memory().numTensors;
    const good = { shape: [2], data: new Float32Array(2) };
    for (const [arrays, message] of [
      [{ "mean.0": good, "variance.0": { shape: [3], data: new Float32Array(1) } }, "expected 3 numbers in variance.0"],
      [{ "mean.0": good, "variance.0": { shape: [1, 2], data: new Float32Array(2) } }, "of one shape, got [2] and [1,2]"],
      [{ "mean.0": good, "variance.0": { shape: [2], data: { 0: 1, 1: 2 } } }, "with a shape and a Float32Array"],
      [{ "mean.0": good, "variance.0": good, extra: good }, "got extra, too"],
    ] as const) {
      expect(() => adamStateFromData({ step: 1, arrays: arrays as never })).toThrow(message);
    }
    expect(() => adamStateFromData(null as never)).toThrow("expected { step, arrays }, got null");
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("schedules", () => {
  const rates = (schedule: Schedule, count: number) => {
    let state = schedule.init();
    return Array.from({ length: count }, () => {
      const next = schedule.update(state);
      state = JSON.parse(JSON.stringify(next.state));
      return next.learningRate;
    });
  };
  it("give PyTorch's rates", () => {
    expect(rates(stepDecay({ learningRate: 1, every: 3, factor: 0.5 }), 8)).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]);
  });
  it("refuse nonsense", () => {
    expect(() => stepDecay({ learningRate: 1, every: 0, factor: 1 })).toThrow("every to be an integer ≥ 1");
  });
});
