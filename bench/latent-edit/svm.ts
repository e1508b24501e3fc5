import { SeededRandom } from "@latentflow/core";
import { linearSvm } from "@latentflow/latent-edit";
import { printTable } from "../measure.js";

/** Seconds of `linearSvm` at InterFaceGAN's scale: 10,000 codes of 512 numbers, separable with a margin, without one, and overlapping. */
export async function svm(): Promise<void> {
  const [n, d] = [10_000, 512];
  const random = new SeededRandom(0);
  const normal = random.normals(d);
  const data = random.normals(n * d);
  const length = Math.hypot(...normal);
  const scores = Array.from({ length: n }, (_, i) => normal.reduce((sum, x, k) => sum + x * data[i * d + k]!, 0) / length);
  const cases: [string, (score: number, i: number) => number | null][] = [
    ["overlapping", (score) => Math.sign(score + 0.5 * random.normal())],
    ["separable, margin 0.5", (score) => (Math.abs(score) < 0.5 ? null : Math.sign(score))],
    ["separable, no margin", (score) => Math.sign(score)],
  ];
  const rows: (string | number)[][] = [];
  for (const [name, label] of cases) {
    const labels = scores.map(label);
    const kept = [...labels.keys()].filter((i) => labels[i] !== null);
    const x = {
      data: Float32Array.from(kept.flatMap((i) => Array.from(data.subarray(i * d, (i + 1) * d)))),
      shape: [kept.length, d] as const,
    };
    const start = performance.now();
    const { iterations, dualityGap, objective, supportVectors } = await linearSvm(
      x,
      kept.map((i) => labels[i]!),
    );
    const seconds = (performance.now() - start) / 1000;
    rows.push([name, kept.length, seconds.toFixed(1), iterations, (dualityGap / objective).toExponential(1), supportVectors]);
  }
  printTable(["linear SVM, 512 numbers a row", "rows", "seconds", "Newton steps", "relative gap", "support vectors"], rows);
}
