import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

type Triple = [number, number, number];

/** Convolutions and pooling over volumes, dilated convolutions, and greyscale dilation. */
export const volumes: Case[] = (
  [
    [[1, 4, 5, 3, 2], [2, 3, 2, 2, 2], [1, 1, 1], "same"],
    [[2, 4, 4, 3, 2], [2, 3, 2, 2, 3], [1, 1, 1], "valid"],
    [[1, 5, 5, 4, 2], [2, 3, 2, 2, 2], [2, 2, 1], "same"],
    [[1, 5, 5, 4, 2], [2, 3, 2, 2, 2], [2, 1, 2], "valid"],
  ] as const
).map(([x, f, stride, pad]) => ({
  name: `conv3d [${x}] filter [${f}] stride ${stride} ${pad}`,
  shapes: [x, f],
  run: (volume, filter) => tf.conv3d(volume as tf.Tensor5D, filter as tf.Tensor5D, [...stride] as Triple, pad),
  reference: (volume, filter) => ref.convolution(volume, filter, ref.windowsOf(x.slice(1, 4), f.slice(0, 3), stride, pad)),
}));

volumes.push({
  name: "conv3dTranspose [1,2,3,2,2] stride 2 same → [1,4,6,4,3]",
  shapes: [
    [1, 2, 3, 2, 2],
    [2, 3, 2, 3, 2],
  ],
  run: (x, filter) => tf.conv3dTranspose(x as tf.Tensor5D, filter as tf.Tensor5D, [1, 4, 6, 4, 3], [2, 2, 2], "same"),
  reference: (x, filter) => {
    const { stride, before } = ref.windowsOf([4, 6, 4], [2, 3, 2], [2, 2, 2], "same");
    return ref.build([1, 4, 6, 4, 3], ([n, ...rest]) =>
      ref.taps([2, 3, 2]).reduce((total, tap) => {
        const place = tap.map((t, i) => (rest[i]! + before[i]! - t) / stride[i]!);
        if (!place.every(Number.isInteger)) return total;
        return total + ref.sum(2, (c) => ref.at(x!, [n!, ...place, c]) * ref.at(filter!, [...tap, rest[3]!, c]));
      }, 0),
    );
  },
});

for (const [x, window, stride, pad] of [
  [[1, 4, 4, 4, 2], [2, 2, 2], [2, 2, 2], "valid"],
  [[1, 5, 4, 3, 2], [3, 3, 3], [2, 2, 2], "same"],
  [[2, 3, 4, 3, 1], [3, 2, 2], [1, 1, 1], "same"],
  [[1, 5, 5, 5, 1], [3, 3, 3], [2, 2, 2], 1],
  [[1, 3, 4, 5, 1], [2, 3, 2], [1, 2, 2], "same"],
] as const) {
  const windows = ref.windowsOf(x.slice(1, 4), window, stride, pad);
  const kind = `[${x}] window ${window} stride ${stride} pad ${pad}`;
  const [size, step] = [[...window] as Triple, [...stride] as Triple];
  const rounding = pad === 1 ? ("floor" as const) : undefined;
  volumes.push(
    {
      name: `avgPool3d ${kind}`,
      shapes: [x],
      run: (volume) => tf.avgPool3d(volume as tf.Tensor5D, size, step, pad, rounding),
      reference: (volume) =>
        ref.windowed(volume, window, windows, (found) => found.reduce((total, { value }) => total + value / found.length, 0)),
    },
    {
      name: `maxPool3d ${kind}, mostly below zero`,
      shapes: [x],
      run: (volume) => tf.maxPool3d(tf.sub(volume, 1.5) as tf.Tensor5D, size, step, pad, rounding),
      reference: (volume) => ref.windowed(volume, window, windows, (found) => Math.max(...found.map(({ value }) => value - 1.5))),
    },
  );
}

const spread = (filter: readonly number[], dilation: readonly number[]) =>
  dilation.map((step, axis) => (filter[axis]! - 1) * step + 1);

for (const [dilation, pad] of [
  [[2, 2], "same"],
  [[2, 3], "valid"],
] as const) {
  const windows = ref.windowsOf([9, 8], spread([3, 2], dilation), [1, 1], pad);
  volumes.push(
    {
      name: `conv2d [1,9,8,2] filter [3,2,2,2] dilation ${dilation} ${pad}`,
      shapes: [
        [1, 9, 8, 2],
        [3, 2, 2, 2],
      ],
      run: (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, pad, "NHWC", [...dilation]),
      reference: (x, f) => ref.convolution(x!, f!, windows, dilation),
    },
    {
      name: `depthwiseConv2d [1,9,8,2] filter [3,2,2,2] dilation ${dilation} ${pad}`,
      shapes: [
        [1, 9, 8, 2],
        [3, 2, 2, 2],
      ],
      run: (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, pad, "NHWC", [...dilation]),
      reference: (x, f) =>
        ref.build([1, ...windows.out, 4], ([, y, column, o]) =>
          ref.taps([3, 2]).reduce((total, [i, j]) => {
            const place = [y! + i! * dilation[0] - windows.before[0]!, column! + j! * dilation[1] - windows.before[1]!];
            return total + ref.at(x!, [0, ...place, Math.floor(o! / 2)]) * ref.at(f!, [i!, j!, Math.floor(o! / 2), o! % 2]);
          }, 0),
        ),
    },
    {
      name: `dilation2d [1,9,8,2] filter [3,2,2] dilation ${dilation} ${pad}, mostly below zero`,
      shapes: [
        [1, 9, 8, 2],
        [3, 2, 2],
      ],
      run: (x, f) => tf.dilation2d(tf.sub(x, 2) as tf.Tensor4D, f as tf.Tensor3D, 1, pad, [...dilation]),
      reference: (x, f) => greyDilation(x!, f!, windows, dilation),
    },
  );
}

volumes.push(
  {
    name: "conv1d [2,9,3] filter [3,3,2] dilation 2",
    shapes: [
      [2, 9, 3],
      [3, 3, 2],
    ],
    run: (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, "valid", "NWC", 2),
    reference: (x, f) => ref.convolution(x!, f!, ref.windowsOf([9], [5], [1], "valid"), [2]),
  },
  {
    name: "dilation2d [2,6,5,2] filter [2,3,2] stride 2",
    shapes: [
      [2, 6, 5, 2],
      [2, 3, 2],
    ],
    run: (x, f) => tf.dilation2d(x as tf.Tensor4D, f as tf.Tensor3D, 2, "valid"),
    reference: (x, f) => greyDilation(x!, f!, ref.windowsOf([6, 5], [2, 3], [2, 2], "valid"), [1, 1]),
  },
  {
    name: "separableConv2d [1,5,5,2]",
    shapes: [
      [1, 5, 5, 2],
      [3, 3, 2, 2],
      [1, 1, 4, 3],
    ],
    run: (x, depth, point) => tf.separableConv2d(x as tf.Tensor4D, depth as tf.Tensor4D, point as tf.Tensor4D, 2, "same"),
    reference: (x, depth, point) => {
      const middle = ref.depthwise(x!, depth!, ref.windowOf([5, 5], [3, 3], [2, 2], "same"));
      return ref.conv2d(middle, point!, ref.windowOf([3, 3], [1, 1], [1, 1], "same"));
    },
  },
);

/** Max of x + filter over each window; the −2 of the dilated cases above is taken from x. */
function greyDilation(x: ref.Array64, f: ref.Array64, windows: ref.Windows, dilation: readonly number[]): ref.Array64 {
  const shift = dilation[0] === 1 ? 0 : 2;
  const sums = (found: { value: number; tap: number[] }[], channel: number) =>
    Math.max(...found.map(({ value, tap }) => value - shift + ref.at(f, [...tap, channel])));
  return ref.windowed(x, f.shape.slice(0, 2), windows, sums, dilation);
}
