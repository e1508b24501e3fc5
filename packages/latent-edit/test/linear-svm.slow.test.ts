import { SeededRandom } from "@latentflow/core";
import { expect, it } from "vitest";
import { linearSvm } from "../src/index.js";

it("10,000 × 512, overlapping classes: converges to the stated gap", async () => {
  const random = new SeededRandom(0);
  const [n, d] = [10_000, 512];
  const normal = random.normals(d, 0, 1 / Math.sqrt(d));
  const data = random.normals(n * d);
  const y = Array.from({ length: n }, (_, i) => normal.reduce((sum, x, k) => sum + x * data[i * d + k]!, 0.5 * random.normal()));
  const svm = await linearSvm({ data, shape: [n, d] }, y);
  expect(svm.converged).toBe(true);
  expect(svm.dualityGap).toBeLessThanOrEqual(1e-4 * svm.objective);
});
