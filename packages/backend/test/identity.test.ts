import { clone, grad, memory, square, sum, type Tensor, tensor1d, tidy, variable } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { useBackend } from "../src/index.js";

beforeAll(() => useBackend("wasm"));

it("shares the data of a clone, and keeps it until both are gone", () => {
  const before = memory();
  const x = tensor1d([1, 2, 3]);
  const copy = clone(x);
  expect(memory().numTensors).toBe(before.numTensors + 2);
  expect(memory().numDataBuffers).toBe(before.numDataBuffers + 1);
  x.dispose();
  expect([...copy.dataSync()]).toEqual([1, 2, 3]);
  copy.dispose();
  expect(memory().numDataBuffers).toBe(before.numDataBuffers);
});

it("leaves the clone of a variable as it was when the variable is assigned", () => {
  const v = variable(tensor1d([1, 2]));
  const copy = clone(v as Tensor);
  v.assign(tensor1d([5, 6]));
  expect([...copy.dataSync()]).toEqual([1, 2]);
  expect([...v.dataSync()]).toEqual([5, 6]);
  v.dispose();
  copy.dispose();
});

it("clones what was made on another backend, and texts", async () => {
  await useBackend("cpu");
  const x = tensor1d([1, 2, 3]);
  await useBackend("wasm");
  const copy = clone(x);
  x.dispose();
  expect([...copy.dataSync()]).toEqual([1, 2, 3]);
  const text = clone(tensor1d(["a", "b"]));
  expect([...text.dataSync()]).toEqual(["a", "b"]);
  copy.dispose();
  text.dispose();
});

it("keeps what a gradient needs", () => {
  const before = memory().numTensors;
  tidy(() => {
    const x = tensor1d([1, 2, 3]);
    const gradient = grad((x: Tensor) => sum(square(clone(square(x)))))(x);
    expect([...gradient.dataSync()]).toEqual([4, 32, 108]);
  });
  expect(memory().numTensors).toBe(before);
});
