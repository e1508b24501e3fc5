import { BackendError, useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { StyleGan2Generator } from "../src/index.js";

beforeAll(() => useBackend("wasm"));

interface Wasm extends tf.KernelBackend {
  readonly wasm: { _malloc(bytes: number): number };
}

/** Runs `attempt` with the allocation of that number failing, as it does when memory is full. Says whether it came to it. */
function withFailureAt(number: number, attempt: () => void): boolean {
  const { wasm } = tf.backend() as Wasm;
  const allocate = wasm._malloc;
  let count = 0;
  wasm._malloc = (bytes) => {
    if (count++ === number) throw new BackendError("wasm: expected memory");
    return allocate(bytes);
  };
  try {
    attempt();
  } finally {
    wasm._malloc = allocate;
  }
  return count > number;
}

it("a network that runs out of memory, wherever that is, leaves nothing behind and works again", async () => {
  const generator = StyleGan2Generator.random({ channels: [8, 8, 8, 4], latentDim: 8, zDim: 8, mappingLayers: 2 }, { seed: 3 });
  const w = generator.sample(2, { seed: 5 });
  const gradientOf = tf.grad((code: tf.Tensor) => tf.sum(tf.square(generator.synthesize(code))));
  const run = () => tf.tidy(() => gradientOf(w).dataSync());
  const expected = run();
  const [tensors, arrays] = [tf.memory().numTensors, tf.backend().numDataIds()];
  let failures = 0;
  for (let number = 0; ; number += 5) {
    let thrown: unknown;
    const reached = withFailureAt(number, () => {
      try {
        run();
      } catch (error) {
        thrown = error;
      }
    });
    if (!reached) break;
    expect(thrown, `allocation ${number}`).toBeInstanceOf(BackendError);
    expect([tf.memory().numTensors, tf.backend().numDataIds()], `allocation ${number}`).toEqual([tensors, arrays]);
    failures++;
  }
  expect(failures).toBeGreaterThan(20);
  expect(run()).toEqual(expected);
  w.dispose();
  generator.dispose();
});
