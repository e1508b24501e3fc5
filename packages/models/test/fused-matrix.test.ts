import { setFlagsFromString } from "node:v8";
import { instantiate } from "@latentflow/backend/wasm";
import { expect, it } from "vitest";
import { type MatrixKernel, matrixKernelBytes } from "../src/kernels/matrix-kernel.js";

const isKnown = () => WebAssembly.validate(matrixKernelBytes(8, 8, true));
// Node 20 has the instruction, but not without being told so.
if (!isKnown()) setFlagsFromString("--experimental-wasm-relaxed-simd");

it.skipIf(!isKnown())("multiplies with fused instructions, where the engine has them", () => {
  const [rows, inner, columns] = [6, 11, 8];
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { four, one } = instantiate<MatrixKernel>(matrixKernelBytes(inner, columns, true), memory)!;
  const floats = new Float32Array(memory.buffer);
  const [a, b, c] = [0, 256, 512];
  for (let i = 0; i < rows * inner; i++) floats[a + i] = Math.sin(i);
  for (let i = 0; i < inner * columns; i++) floats[b + i] = Math.cos(3 * i);
  four(4 * a, 4 * b, 4 * c, 4);
  one(4 * (a + 4 * inner), 4 * b, 4 * (c + 4 * columns), 2);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += floats[a + row * inner + k]! * floats[b + k * columns + column]!;
      expect(Math.abs(floats[c + row * columns + column]! - sum)).toBeLessThan(1e-6);
    }
  }
});
