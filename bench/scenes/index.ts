import { SeededRandom } from "@latentflow/core";
import { SCENE_COUNT, SCENE_FACTORS, type SceneFactors, STUDIO_COUNT, scenesDataset } from "@latentflow/scenes";
import { renderScenes } from "@latentflow/scenes/node";
import { median, printTable } from "../measure.js";

const ROUNDS = 3;
const dataset = scenesDataset();

/** Pictures a second: one thread and worker threads, on the same random scenes; the studio on one thread; then the tabletop by shape. */
export async function run(): Promise<void> {
  const random = new SeededRandom(0);
  const indices = Array.from({ length: 2000 }, () => random.integer(0, SCENE_COUNT - 1));
  dataset.images(indices.slice(0, 200));

  const studio = scenesDataset("studio");
  const ofStudio = Array.from({ length: 500 }, () => random.integer(0, STUDIO_COUNT - 1));
  studio.images(ofStudio.slice(0, 200));

  const rates: Record<string, number[]> = { "studio, one thread": [], "one thread": [], "1 worker": [], "2 workers": [] };
  for (let round = 0; round < ROUNDS; round++) {
    rates["one thread"]?.push(await rate(indices.slice(0, 700), async (some) => dataset.images(some)));
    rates["studio, one thread"]?.push(await rate(ofStudio, async (some) => studio.images(some)));
    rates["1 worker"]?.push(await rate(indices, (all) => renderScenes(all, { workers: 1 })));
    rates["2 workers"]?.push(await rate(indices, (all) => renderScenes(all, { workers: 2 })));
  }
  console.log("64 px scenes, images/s (workers: their start is included)");
  printTable(
    ["", "images/s", "least", "most"],
    Object.entries(rates).map(([name, values]) => [name, median(values), Math.min(...values), Math.max(...values)].map(rounded)),
  );

  const shapes = SCENE_FACTORS[1].values;
  const byShape: number[] = [];
  for (const shape of shapes.keys()) {
    const some = indices.slice(0, 600).map((index) => {
      const factors = dataset.factors(index);
      return dataset.index(factors.map((old, k) => (k === 1 ? shape : old)) as unknown as SceneFactors);
    });
    byShape.push(await rate(some, async (list) => dataset.images(list)));
  }
  console.log("\none thread, by shape");
  printTable(
    ["shape", "images/s"],
    shapes.map((name, i) => [name, rounded(byShape[i] as number)]),
  );
}

async function rate(indices: number[], render: (indices: number[]) => Promise<Uint8Array>): Promise<number> {
  const started = performance.now();
  await render(indices);
  return (1000 * indices.length) / (performance.now() - started);
}

function rounded(value: string | number): string {
  return typeof value === "string" ? value : value.toFixed(0);
}
