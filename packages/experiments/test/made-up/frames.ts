import type { EditFrames } from "../../src/results/index.js";

/** Two discs of 16 × 16 pixels whose colour changes with the edit, and whose ground changes, too, where `pureness` is below 1. */
export function madeUpFrames(method: string, label: string, pureness: number): EditFrames {
  const [samples, size] = [2, 16];
  const times = Array.from({ length: 9 }, (_, i) => (6 * i) / 8);
  const data = new Uint8Array(samples * times.length * size * size * 3);
  let at = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (const t of times) {
      const share = t / 6;
      const disc = [230 - 180 * share, 60 + 40 * sample, 60 + 160 * share];
      const ground = [40 + 120 * share * (1 - pureness), 50, 60 + 20 * sample];
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const inside = (x - 7.5) ** 2 + (y - 7.5 - sample) ** 2 < 25;
          data.set(inside ? disc : ground, at);
          at += 3;
        }
      }
    }
  }
  return { method, label, attribute: "disc_colour", times, samples, height: size, width: size, data };
}
