import {
  type CdCurve,
  cdCurve,
  eigenSpectrum,
  type Labels,
  pairedBootstrap,
  probeAttribute,
  singularEntropy,
} from "../../packages/metrics/src/index.js";

/** Milliseconds of the fastest of three runs, and the last result. */
function time<T>(work: () => T): { milliseconds: number; result: T } {
  let best = Number.POSITIVE_INFINITY;
  let result = work();
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    result = work();
    best = Math.min(best, performance.now() - start);
  }
  return { milliseconds: best, result };
}

/** `npm run bench -- metrics`: the sizes of the paper's evaluation. */
export async function run(): Promise<void> {
  const shape = [2000, 40, 40] as const;
  const labels: Labels = {
    data: Uint8Array.from({ length: 2000 * 40 * 40 }, (_, i) => Number((i * 2654435761) % 97 > 80)),
    shape,
  };
  const classes = Array.from({ length: 40 }, () => 2);
  const curve = time<CdCurve>(() => cdCurve(labels, { attributeIndex: 0, classes, control: "changed" }));
  const matrix = { data: Float64Array.from({ length: 512 * 512 }, (_, i) => Math.sin(i * i)), shape: [512, 512] as const };
  const codes = { data: Float64Array.from({ length: 2000 * 512 }, (_, i) => Math.sin(i * i)), shape: [2000, 512] as const };
  const halves = Array.from({ length: 2000 }, (_, i) => Number(codes.data[i * 512]! > 0));
  const rows = {
    "cdCurve, 2,000 × 40 × 40 labels": curve.milliseconds,
    "pairedBootstrap, 1,000 resamples": time(() => pairedBootstrap(curve.result, curve.result)).milliseconds,
    "singularEntropy, 512 × 512": time(() => singularEntropy(matrix)).milliseconds,
    "eigenSpectrum, 512 × 512": time(() => eigenSpectrum(matrix)).milliseconds,
    "probeAttribute, 2,000 × 512": time(() => probeAttribute(codes, halves)).milliseconds,
  };
  console.table(Object.fromEntries(Object.entries(rows).map(([name, ms]) => [name, { ms: Number(ms.toFixed(1)) }])));
}
