/** Runs in a worker thread: indices of scenes come in, their pictures go out. */
import { parentPort, workerData } from "node:worker_threads";
import { type SceneSetName, scenesDataset } from "./dataset.js";

const dataset = scenesDataset(workerData as SceneSetName);

parentPort?.on("message", (indices: readonly number[]) => {
  const pixels = dataset.images(indices);
  parentPort?.postMessage(pixels, [pixels.buffer as ArrayBuffer]);
});
