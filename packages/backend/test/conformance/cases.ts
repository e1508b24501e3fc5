import * as tf from "@tensorflow/tfjs-core";
import type { Array64 } from "./reference.js";
import * as ref from "./reference.js";

/** One operation on some shapes: the tfjs form, and the same in float64. Every input is differentiable. */
export interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly reference: (...inputs: Array64[]) => Array64;
  /** Backends where this can't run, with the reason that the summary prints. */
  readonly skip?: Readonly<Record<string, string>>;
}

type Pad = "same" | "valid" | readonly [number, number, number, number];
const tfPad = (pad: Pad) =>
  (typeof pad === "string"
    ? pad
    : [
        [0, 0],
        [pad[0], pad[1]],
        [pad[2], pad[3]],
        [0, 0],
      ]) as "same" | "valid";
const padName = (pad: Pad) => (typeof pad === "string" ? pad : `pad ${pad.join()}`);

const products: Case[] = [];
for (const [a, b] of [
  [
    [3, 5],
    [5, 4],
  ],
  [
    [20, 33],
    [33, 17],
  ],
  [
    [5, 60],
    [60, 40],
  ],
  [
    [2, 3, 5],
    [2, 5, 4],
  ],
  [
    [3, 18, 33],
    [3, 33, 16],
  ],
  [
    [2, 2, 20, 20],
    [2, 2, 20, 25],
  ],
  [
    [3, 8, 9],
    [1, 9, 7],
  ],
  [
    [1, 20, 30],
    [3, 30, 16],
  ],
  [
    [2, 1, 20, 24],
    [1, 3, 24, 18],
  ],
] as const) {
  for (const [ta, tb] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    const swap = (shape: readonly number[], yes: boolean) =>
      yes ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
    products.push({
      name: `matMul [${swap(a, ta)}]${ta ? "ᵀ" : ""} × [${swap(b, tb)}]${tb ? "ᵀ" : ""}`,
      shapes: [swap(a, ta), swap(b, tb)],
      run: (x, y) => tf.matMul(x, y, ta, tb),
      reference: (x, y) => ref.matMul(x, y, ta, tb),
      ...(a.length === 4 && a[1] === 1 ? { skip: { cpu: "the stock kernel repeats only one operand's batch" } } : {}),
    });
  }
}

const convolutions: Case[] = [];
for (const [x, f, stride, pad] of [
  [[2, 6, 7, 3], [3, 3, 3, 4], [1, 1], "same"],
  [[2, 6, 7, 3], [3, 3, 3, 4], [1, 1], "valid"],
  [[2, 6, 7, 3], [3, 3, 3, 4], [2, 2], "same"],
  [[2, 7, 8, 3], [3, 3, 3, 4], [2, 2], "same"],
  [[2, 8, 7, 3], [3, 3, 3, 4], [2, 2], "valid"],
  [
    [1, 9, 8, 2],
    [4, 4, 2, 3],
    [2, 2],
    [1, 1, 1, 1],
  ],
  [
    [1, 9, 8, 2],
    [3, 3, 2, 3],
    [1, 1],
    [1, 2, 0, 1],
  ],
  [
    [1, 9, 8, 2],
    [3, 2, 2, 3],
    [3, 2],
    [2, 0, 1, 1],
  ],
  [[1, 7, 7, 2], [1, 1, 2, 3], [1, 1], "valid"],
  [[1, 7, 7, 2], [1, 1, 2, 3], [2, 2], "same"],
  [[1, 8, 8, 2], [2, 2, 2, 3], [3, 3], "valid"],
  [
    [1, 5, 5, 2],
    [2, 2, 2, 3],
    [1, 1],
    [3, 2, 2, 3],
  ],
  [[1, 8, 8, 2], [2, 3, 2, 3], [1, 3], "same"],
  [[1, 6, 6, 1], [5, 5, 1, 1], [2, 2], "same"],
  [[1, 9, 9, 1], [2, 2, 1, 2], [3, 3], "same"],
  [[1, 5, 4, 2], [3, 3, 2, 2], [4, 4], "same"],
  [[1, 9, 5, 2], [1, 2, 2, 2], [4, 3], "same"],
  [
    [1, 5, 8, 1],
    [4, 4, 1, 2],
    [4, 4],
    [1, 1, 1, 1],
  ],
  [
    [1, 6, 9, 1],
    [2, 3, 1, 2],
    [5, 4],
    [3, 2, 2, 3],
  ],
] as const) {
  const window = ref.windowOf([x[1], x[2]], [f[0], f[1]], stride, pad);
  convolutions.push({
    name: `conv2d [${x}] filter [${f}] stride ${stride} ${padName(pad)}`,
    shapes: [x, f],
    run: (image, filter) => tf.conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, [...stride], tfPad(pad)),
    reference: (image, filter) => ref.conv2d(image, filter, window),
  });
}

const transposed: Case[] = [];
for (const [dy, f, stride, pad, out] of [
  [[2, 4, 5, 3], [3, 3, 4, 3], [1, 1], "same", [4, 5]],
  [[2, 4, 5, 3], [3, 3, 4, 3], [2, 2], "same", [8, 10]],
  [[2, 4, 5, 3], [3, 3, 4, 3], [2, 2], "same", [7, 9]],
  [[2, 4, 5, 3], [3, 3, 4, 3], [2, 2], "valid", [9, 11]],
  [
    [1, 4, 4, 2],
    [4, 4, 2, 2],
    [2, 2],
    [1, 1, 1, 1],
    [8, 8],
  ],
  [[1, 3, 3, 2], [2, 2, 2, 2], [3, 3], "valid", [9, 9]],
] as const) {
  const shape = [dy[0], out[0], out[1], f[2]] as [number, number, number, number];
  const window = ref.windowOf([out[0], out[1]], [f[0], f[1]], stride, pad);
  transposed.push({
    name: `conv2dTranspose [${dy}] filter [${f}] stride ${stride} ${padName(pad)} → [${shape}]`,
    shapes: [dy, f],
    run: (image, filter) => tf.conv2dTranspose(image as tf.Tensor4D, filter as tf.Tensor4D, shape, [...stride], tfPad(pad)),
    reference: (image, filter) => ref.conv2dTranspose(image, filter, shape, window),
  });
}

const depthwises: Case[] = [];
for (const [x, f, stride, pad] of [
  [[2, 6, 7, 3], [3, 3, 3, 1], [1, 1], "same"],
  [[2, 6, 7, 3], [4, 4, 3, 1], [1, 1], "valid"],
  [
    [1, 7, 7, 3],
    [4, 4, 3, 1],
    [1, 1],
    [2, 1, 2, 1],
  ],
  [[1, 8, 8, 3], [3, 3, 3, 1], [2, 2], "same"],
  [[1, 6, 6, 2], [3, 3, 2, 2], [1, 1], "same"],
  [[1, 7, 7, 2], [3, 3, 2, 3], [2, 2], "valid"],
  [[1, 9, 9, 2], [2, 2, 2, 1], [3, 3], "same"],
  [
    [1, 5, 8, 2],
    [4, 4, 2, 1],
    [4, 4],
    [1, 1, 1, 1],
  ],
] as const) {
  const window = ref.windowOf([x[1], x[2]], [f[0], f[1]], stride, pad);
  depthwises.push({
    name: `depthwiseConv2d [${x}] filter [${f}] stride ${stride} ${padName(pad)}`,
    shapes: [x, f],
    run: (image, filter) => tf.depthwiseConv2d(image as tf.Tensor4D, filter as tf.Tensor4D, [...stride], tfPad(pad)),
    reference: (image, filter) => ref.depthwise(image, filter, window),
  });
}

const pooling: Case[] = (
  [
    [[1, 8, 8, 3], [2, 2], [2, 2], "valid"],
    [[2, 7, 7, 2], [3, 3], [2, 2], "same"],
    [[1, 6, 6, 2], [3, 2], [1, 1], "valid"],
  ] as const
).map(([x, filter, stride, pad]) => ({
  name: `avgPool [${x}] window ${filter} stride ${stride} ${pad}`,
  shapes: [x],
  run: (image) => tf.avgPool(image as tf.Tensor4D, [...filter], [...stride], pad),
  reference: (image) => ref.avgPool(image, filter, ref.windowOf([x[1], x[2]], filter, stride, pad)),
}));

const maxima: Case[] = (
  [
    [[2, 6, 6, 2], [2, 2], [2, 2], "valid"],
    [[1, 7, 7, 2], [3, 3], [2, 2], "same"],
  ] as const
).map(([x, filter, stride, pad]) => ({
  name: `maxPool [${x}] window ${filter} stride ${stride} ${pad}, mostly below zero`,
  shapes: [x],
  run: (image) => tf.maxPool(tf.sub(image, 1.5) as tf.Tensor4D, [...filter], [...stride], pad),
  reference: (image) =>
    ref.maxPool(
      ref.map(image, (v) => v - 1.5),
      filter,
      ref.windowOf([x[1], x[2]], filter, stride, pad),
    ),
}));

const resizes: Case[] = [];
for (const out of [
  [8, 8],
  [8, 10],
  [3, 2],
  [2, 5],
  [1, 1],
] as const) {
  for (const centres of ["legacy", "aligned corners", "half-pixel"] as const) {
    resizes.push({
      name: `resizeBilinear [2,4,5,2] → [${out}], ${centres}`,
      shapes: [[2, 4, 5, 2]],
      run: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [...out], centres === "aligned corners", centres === "half-pixel"),
      reference: (x) => ref.resizeBilinear(x, out, centres),
    });
    if (centres === "aligned corners") continue;
    resizes.push({
      name: `resizeNearestNeighbor [2,4,5,2] → [${out}], ${centres}`,
      shapes: [[2, 4, 5, 2]],
      run: (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [...out], false, centres === "half-pixel"),
      reference: (x) => ref.resizeNearest(x, out, centres === "half-pixel"),
    });
  }
}

const indices = [2, 0, 2, 4, 1];
const others: Case[] = [
  {
    name: "gather [3,4,2] with one batch axis",
    skip: { wasm: "the stock forward kernel mixes batches up" },
    shapes: [[3, 4, 2]],
    run: (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 3],
            [1, 1],
            [2, 0],
          ],
          [3, 2],
          "int32",
        ),
        1,
        1,
      ),
    reference: (x) => {
      const rows = [
        [0, 3],
        [1, 1],
        [2, 0],
      ];
      return ref.build([3, 2, 2], ([b, i, c]) => ref.at(x, [b!, rows[b!]![i!]!, c!]));
    },
  },
  ...[0, 1].map(
    (axis): Case => ({
      name: `cumsum [3,4] axis ${axis}`,
      shapes: [[3, 4]],
      run: (x) => tf.cumsum(x, axis),
      reference: (x) =>
        ref.build(x.shape, ([i, j]) =>
          axis === 0 ? ref.sum(i! + 1, (k) => ref.at(x, [k, j!])) : ref.sum(j! + 1, (k) => ref.at(x, [i!, k])),
        ),
    }),
  ),
  ...[1, -1].map(
    (axis): Case => ({
      name: `prod [3,4] axis ${axis}`,
      shapes: [[3, 4]],
      run: (x) => tf.prod(x, axis),
      reference: (x) => ref.build([3], ([i]) => [0, 1, 2, 3].reduce((product, j) => product * ref.at(x, [i!, j]), 1)),
    }),
  ),
  {
    name: "fused matMul of a batch with bias and leaky ReLU",
    shapes: [[3, 4, 5], [3, 5, 2], [2]],
    run: (a, b, bias) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation: "leakyrelu", leakyreluAlpha: 0.2 }),
    reference: (a, b, bias) => {
      const product = ref.matMul(a!, b!, false, false);
      return ref.build(product.shape, (index) => {
        const value = ref.at(product, index) + ref.at(bias!, [index[2]!]);
        return value > 0 ? value : 0.2 * value;
      });
    },
    skip: { cpu: "the stock cpu kernel knows no leaky ReLU in a batch" },
  },
  ...[0, 1].map(
    (axis): Case => ({
      name: `gather [5,6] axis ${axis}, one index twice`,
      shapes: [[5, 6]],
      run: (x) => tf.gather(x, tf.tensor1d(indices, "int32"), axis),
      reference: (x) => ref.gather(x, indices, axis),
    }),
  ),
  {
    name: "oneHot times weights [5,3]",
    shapes: [[5, 3]],
    run: (w) => tf.matMul(tf.cast(tf.oneHot(tf.tensor1d(indices, "int32"), 5), "float32"), w),
    reference: (w) => ref.gather(w, indices, 0),
  },
  {
    name: "leakyRelu 0.2 [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.leakyRelu(x, 0.2),
    reference: (x) => ref.map(x, (v) => (v > 0 ? v : 0.2 * v)),
  },
  { name: "relu [4,7]", shapes: [[4, 7]], run: (x) => tf.relu(x), reference: (x) => ref.map(x, (v) => Math.max(0, v)) },
  { name: "tanh [4,7]", shapes: [[4, 7]], run: (x) => tf.tanh(x), reference: (x) => ref.map(x, Math.tanh) },
  {
    name: "sigmoid [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.sigmoid(x),
    reference: (x) => ref.map(x, (v) => 1 / (1 + Math.exp(-v))),
  },
  {
    name: "softplus [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.softplus(x),
    reference: (x) => ref.map(x, (v) => Math.log1p(Math.exp(v))),
  },
  {
    name: "elu [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.elu(x),
    reference: (x) => ref.map(x, (v) => (v > 0 ? v : Math.expm1(v))),
  },
  { name: "softmax [3,6]", shapes: [[3, 6]], run: (x) => tf.softmax(x), reference: (x) => ref.softmax(x) },
  { name: "logSoftmax [3,6]", shapes: [[3, 6]], run: (x) => tf.logSoftmax(x), reference: (x) => ref.softmax(x, true) },
  {
    name: "layer normalisation [4,9]",
    shapes: [[4, 9]],
    run: (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
    },
    reference: (x) => ref.normalise(x, [1], 1e-3),
  },
  {
    name: "instance normalisation [2,4,4,3]",
    shapes: [[2, 4, 4, 3]],
    run: (x) => {
      const { mean, variance } = tf.moments(x, [1, 2], true);
      return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3)));
    },
    reference: (x) => ref.normalise(x, [1, 2], 1e-3),
  },
  {
    name: "unit vectors [4,9]",
    shapes: [[4, 9]],
    run: (x) => tf.div(x, tf.add(tf.norm(x, "euclidean", -1, true), 1e-6)),
    reference: (x) => {
      const length = (row: number) => Math.sqrt(ref.sum(9, (c) => ref.at(x, [row, c]) ** 2));
      return ref.build(x.shape, ([row, c]) => ref.at(x, [row!, c!]) / (length(row!) + 1e-6));
    },
  },
];

export const cases: readonly Case[] = [
  ...products,
  ...convolutions,
  ...transposed,
  ...depthwises,
  ...pooling,
  ...maxima,
  ...resizes,
  ...others,
];
