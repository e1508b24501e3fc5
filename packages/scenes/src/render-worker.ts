/** Runs in a worker thread: indices of scenes come in, their pictures go out. */
import { parentPort } from "node:worker_threads";
import { scenesDataset } from "./dataset.js";

const dataset = scenesDataset();

parentPort?.on("message", (indices: readonly number[]) => {
  const pixels = dataset.images(indices);
  parentPort?.postMessage(pixels, [pixels.buffer as ArrayBuffer]);
});
