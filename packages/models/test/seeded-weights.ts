import type { TensorData } from "@latentflow/checkpoints";

/**
 * Weights that tools/reference/seeded_weights.py makes, too: element i of the tensor `name` is a normal number that depends on the name and on i
 * alone. So references need to hold results only.
 */
export function seededNormals(name: string, count: number): Float32Array<ArrayBuffer> {
  const key = fnv1a(name);
  const result = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform(key, i)));
    const angle = 2 * Math.PI * uniform(key, i + 1);
    result[i] = radius * Math.cos(angle);
    if (i + 1 < count) result[i + 1] = radius * Math.sin(angle);
  }
  return result;
}

/** (0, 1), from MurmurHash3's finaliser over a counter. */
function uniform(key: number, i: number): number {
  let h = (key + Math.imul(i + 1, 0x9e3779b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return (((h ^ (h >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** Deviation and mean of a tensor's elements, by the end of its name: sizes that a trained network has. */
function spread(name: string): [deviation: number, mean: number] {
  if (name.endsWith("modulation.bias")) return [0.1, 1];
  if (/^style\.\d+\.weight$/.test(name)) return [100, 0];
  if (/^style\.\d+\.bias$/.test(name)) return [10, 0];
  if (name.endsWith("noise.weight") || name.endsWith("bias")) return [0.1, 0];
  return [1, 0];
}

/** A network's tensors from their names and shapes. */
export function seededTensors(shapes: Iterable<readonly [string, readonly number[]]>): Map<string, TensorData> {
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of shapes) {
    const [deviation, mean] = spread(name);
    const data = seededNormals(
      name,
      shape.reduce((a, b) => a * b, 1),
    ).map((x) => mean + deviation * x);
    tensors.set(name, { dtype: "float32", shape, data });
  }
  return tensors;
}

/** Uniform in (−1, 1): for networks of millions of weights, where normal numbers take seconds. */
export function seededUniforms(name: string, count: number): Float32Array<ArrayBuffer> {
  const key = fnv1a(name);
  return Float32Array.from({ length: count }, (_, i) => 2 * uniform(key, i) - 1);
}

/** Tensors of a network with ReLU and batch normalisation, which keep the activations' size (`seeded_state` of tools/reference/make_perceptual.py). */
export function seededNetwork(shapes: Iterable<readonly [string, readonly number[]]>): Map<string, TensorData> {
  const tensors = new Map<string, TensorData>();
  for (const [name, shape] of shapes) {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = seededUniforms(name, count);
    const scale = shape.length > 1 ? Math.sqrt(6 / (count / shape[0]!)) : 0.1;
    const aroundOne = shape.length === 1 && /running_var$|weight$/.test(name);
    for (let i = 0; i < count; i++) data[i] = aroundOne ? 1 + 0.2 * data[i]! : scale * data[i]!;
    tensors.set(name, { dtype: "float32", shape, data });
  }
  return tensors;
}
