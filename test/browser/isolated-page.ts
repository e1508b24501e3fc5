/** Runs in the browser: wasm with the options of the page's address, beside cpu. Answers by POST. */
import { useBackend } from "@latentflow/backend";
import "@latentflow/backend/gradients";
import { SeededRandom } from "@latentflow/core";
import { StyleGan2Generator } from "@latentflow/models";
import * as tf from "@tensorflow/tfjs-core";

export interface IsolatedFindings {
  readonly isolated: boolean;
  readonly name: string;
  readonly threads: number | undefined;
  readonly remarks: readonly string[];
  readonly passedOver: readonly string[];
  /** What `console.warn` was given, but by tfjs. */
  readonly warnings: readonly string[];
  /** Largest difference between this backend's results and cpu's, over the largest result. */
  readonly error: number;
}

/** A gradient through a product, a convolution and a small generator. */
function gradients(): number[] {
  return tf.tidy(() => {
    const random = new SeededRandom(1);
    const a = tf.tensor2d(random.normals(64 * 256), [64, 256]);
    const b = tf.tensor2d(random.normals(256 * 128), [256, 128]);
    const x = tf.tensor4d(random.normals(2 * 16 * 16 * 8), [2, 16, 16, 8]);
    const filter = tf.tensor4d(random.normals(3 * 3 * 8 * 8), [3, 3, 8, 8]);
    const products = tf.grads((a, b) => tf.sum(tf.square(tf.matMul(a, b))))([a, b]);
    const convolutions = tf.grads((x, filter) =>
      tf.sum(tf.square(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same"))),
    )([x, filter]);
    const generator = StyleGan2Generator.random({ channels: [8, 8, 8], latentDim: 8, zDim: 8, mappingLayers: 2 }, { seed: 3 });
    const pictures = generator.synthesize(generator.sample(2, { seed: 5 }));
    generator.dispose();
    return [...products, ...convolutions, pictures].flatMap((part) => {
      const scale = tf.max(tf.abs(part));
      return Array.from(tf.div(part, scale).dataSync());
    });
  });
}

async function findings(): Promise<IsolatedFindings> {
  const query = new URLSearchParams(location.search);
  const threads = query.get("threads");
  // tfjs takes half of the processors; the machine of a test may have two.
  const cores = query.get("cores");
  if (cores !== null) Object.defineProperty(navigator, "hardwareConcurrency", { value: Number(cores) });
  const name = (query.get("backend") ?? "wasm") as "auto";
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (...parts: unknown[]) => {
    warnings.push(parts.join(" "));
    warn(...parts);
  };
  const paths = query.get("paths") ?? "/";
  const info = await useBackend(name, {
    ...(paths === "none" ? {} : { wasmPaths: paths }),
    ...(threads === null ? {} : { threads: Number(threads) }),
    ...(query.has("timeout") ? { timeoutMs: Number(query.get("timeout")) } : {}),
  });
  if (query.has("again")) await useBackend(name);
  const got = gradients();
  await useBackend("cpu");
  const expected = gradients();
  return {
    isolated: crossOriginIsolated,
    name: info.name,
    threads: info.threads,
    remarks: info.remarks,
    warnings: warnings.filter((text) => text.startsWith("useBackend")),
    passedOver: info.passedOver.map(({ reason }) => reason),
    error: got.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0),
  };
}

const answer = await findings().catch((cause: unknown) => ({ failure: String((cause as Error).stack ?? cause) }));
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
