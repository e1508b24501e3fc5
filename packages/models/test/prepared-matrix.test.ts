import { useBackend } from "@latentflow/backend";
import { addressOf, allocate, type BackendWasm, floats, release } from "@latentflow/backend/wasm";
import { backend, type Tensor2D } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { PreparedMatrix } from "../src/kernels/prepared-matrix.js";
import { seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

it.each([
  { rows: 1, inner: 1, columns: 8, why: "the smallest" },
  { rows: 7, inner: 5, columns: 24, why: "fours and three left over" },
  { rows: 4, inner: 300, columns: 16, why: "distances of more than one byte in the instructions" },
  { rows: 300, inner: 600, columns: 8, why: "several blocks of rows" },
])("[$rows, $inner] × [$inner, $columns]: $why", ({ rows, inner, columns }) => {
  const on = backend() as BackendWasm;
  const a = seeded("a", [rows, inner]) as Tensor2D;
  const values = (seeded("b", [inner, columns]) as Tensor2D).dataSync<"float32">();
  const left = a.dataSync();
  const before = on.numDataIds();
  const matrix = new PreparedMatrix(on, values, inner, columns);
  const product = allocate(on, [rows, columns]);
  matrix.multiplyFromLeft(addressOf(on, a), rows, addressOf(on, product));
  const found = floats(on, product).slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += left[row * inner + k]! * values[k * columns + column]!;
      expect(Math.abs(found[row * columns + column]! - sum)).toBeLessThan(1e-5 * Math.sqrt(inner) * 4);
    }
  }
  release(on, product);
  matrix.dispose();
  expect(on.numDataIds()).toBe(before);
});
