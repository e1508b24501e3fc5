/** Runs in the browser: the pretrained scenes and the readers of files, over HTTP. Answers by POST. */
import { useBackend } from "@latentflow/backend";
import { CheckpointError, readSafetensors } from "@latentflow/checkpoints";
import { loadPretrainedScenes } from "@latentflow/scenes";
import * as tf from "@tensorflow/tfjs-core";

export interface PretrainedFindings {
  /** Tensors in the regressor's file, read from a response and from a Blob of it. */
  readonly tensors: readonly [fromResponse: number, fromBlob: number];
  readonly missingFile: string;
  /** The first pictures, [count, 64, 64, 3]. */
  readonly pictures: readonly number[];
  /** The regressor's classes of those pictures, and the stored ones. */
  readonly classes: readonly number[];
  readonly labels: readonly number[];
  readonly tensorsLeft: number;
}

const COUNT = 4;

async function findings(): Promise<PretrainedFindings> {
  await useBackend("wasm", { wasmPaths: "/" });
  const before = tf.memory().numTensors;
  const response = await fetch("/regressor.safetensors");
  const blob = await response.clone().blob();
  const tensors = [await readSafetensors(response), await readSafetensors(blob)].map((file) => file.tensors.size);
  const missing = (await readSafetensors(await fetch("/nothing.safetensors")).catch((error) => error)) as Error;
  const scenes = await loadPretrainedScenes("tabletop", { from: "/" });
  const [pictures, classes] = tf.tidy(() => {
    const images = scenes.generator.synthesize(tf.slice(scenes.codes, 0, COUNT));
    const perAttribute = scenes.regressor.logits(images).map((logits) => tf.argMax(logits, 1));
    return [Array.from(images.dataSync()), Array.from(tf.stack(perAttribute, 1).dataSync())] as const;
  });
  scenes.dispose();
  return {
    tensors: tensors as unknown as PretrainedFindings["tensors"],
    missingFile: `${missing instanceof CheckpointError} ${missing.message}`,
    pictures,
    classes,
    labels: Array.from(scenes.labels.data.subarray(0, COUNT * scenes.attributes.length)),
    tensorsLeft: tf.memory().numTensors - before,
  };
}

const answer = await findings().catch((cause: unknown) => ({ failure: String((cause as Error).stack ?? cause) }));
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
