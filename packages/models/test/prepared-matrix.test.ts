import { useBackend } from "@latentflow/backend";
import { backend, memory, type Tensor2D, type TensorInfo } from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { PreparedMatrix } from "../src/frozen-convolution/prepared-matrix.js";
import { addressOf, memoryOf, type WasmBackend } from "../src/wasm-memory.js";
import { seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

it.each([
  { rows: 1, inner: 1, columns: 8, why: "the smallest" },
  { rows: 7, inner: 5, columns: 24, why: "fours and three left over" },
  { rows: 4, inner: 300, columns: 16, why: "distances of more than one byte in the instructions" },
  { rows: 300, inner: 600, columns: 8, why: "several blocks of rows" },
  { rows: 6, inner: 4, columns: 12, why: "tfjs's own kernel: no whole panels" },
])("[$rows, $inner] × [$inner, $columns]: $why", ({ rows, inner, columns }) => {
  const on = backend() as unknown as WasmBackend;
  const a = seeded("a", [rows, inner]) as Tensor2D;
  const values = (seeded("b", [inner, columns]) as Tensor2D).dataSync<"float32">();
  const left = a.dataSync();
  const before = memory().numDataBuffers;
  const matrix = new PreparedMatrix(on, values, inner, columns);
  const product = matrix.multiplyFromLeft({ dataId: a.dataId, shape: a.shape, dtype: "float32" } as TensorInfo);
  expect(product.shape).toEqual([rows, columns]);
  const found = memoryOf(on).slice(addressOf(on, product), addressOf(on, product) + rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += left[row * inner + k]! * values[k * columns + column]!;
      expect(Math.abs(found[row * columns + column]! - sum)).toBeLessThan(1e-5 * Math.sqrt(inner) * 4);
    }
  }
  on.disposeData(product.dataId);
  matrix.dispose();
  expect(memory().numDataBuffers).toBe(before);
});
