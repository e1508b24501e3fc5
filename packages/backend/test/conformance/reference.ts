/** Operations in float64 by plain loops: slow, obvious, and independent of tfjs. */

/** A float64 array with a shape, row-major. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** An array computed element by element from its indices. */
export function build(shape: readonly number[], element: (index: number[]) => number): Array64 {
  const data = new Float64Array(size(shape));
  const index = shape.map(() => 0);
  for (let flat = 0; flat < data.length; flat++) {
    data[flat] = element(index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** The element at an index; 0 outside, as padding has it. */
export function at(array: Array64, index: readonly number[]): number {
  let flat = 0;
  for (let axis = 0; axis < array.shape.length; axis++) {
    const i = index[axis]!;
    if (i < 0 || i >= array.shape[axis]!) return 0;
    flat = flat * array.shape[axis]! + i;
  }
  return array.data[flat]!;
}

/** Σ over i < count. */
export function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

export const map = (x: Array64, f: (value: number) => number): Array64 => ({ shape: x.shape, data: x.data.map(f) });

export function matMul(a: Array64, b: Array64, transposeA: boolean, transposeB: boolean): Array64 {
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const [m, k, n] = [transposeA ? aColumns : aRows, transposeA ? aRows : aColumns, transposeB ? bRows : bColumns];
  const rank = Math.max(a.shape.length, b.shape.length) - 2;
  const padded = (shape: readonly number[]) =>
    [...new Array(rank - (shape.length - 2)).fill(1), ...shape.slice(0, -2)] as number[];
  const [aBatch, bBatch] = [padded(a.shape), padded(b.shape)];
  const batch = aBatch.map((length, i) => Math.max(length, bBatch[i]!));
  /** Which matrix of an operand goes with a batch index: axes of length 1 are repeated. */
  const matrixOf = (own: readonly number[], index: readonly number[]) =>
    own.reduce((flat, length, i) => flat * length + (length === 1 ? 0 : index[i]!), 0);
  const products: number[] = [];
  build(batch, (index) => {
    const [aStart, bStart] = [matrixOf(aBatch, index) * m * k, matrixOf(bBatch, index) * k * n];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let total = 0;
        for (let l = 0; l < k; l++) {
          const left = a.data[aStart + (transposeA ? l * m + i : i * k + l)]!;
          total += left * b.data[bStart + (transposeB ? j * k + l : l * n + j)]!;
        }
        products.push(total);
      }
    }
    return 0;
  });
  return { shape: [...batch, m, n], data: Float64Array.from(products) };
}

export interface Window {
  readonly stride: readonly [number, number];
  /** Zeros before each axis. */
  readonly before: readonly [number, number];
  readonly out: readonly [number, number];
}

/** Output size and padding as TensorFlow defines "same" and "valid", or explicit [top, bottom, left, right]. */
export function windowOf(
  input: readonly [number, number],
  filter: readonly [number, number],
  stride: readonly [number, number],
  pad: "same" | "valid" | readonly [number, number, number, number],
): Window {
  const axis = (i: 0 | 1) => {
    if (pad === "same") {
      const out = Math.ceil(input[i] / stride[i]);
      return { out, before: Math.floor(Math.max(0, (out - 1) * stride[i] + filter[i] - input[i]) / 2) };
    }
    const [before, after] = pad === "valid" ? [0, 0] : [pad[2 * i]!, pad[2 * i + 1]!];
    return { out: Math.floor((input[i] + before + after - filter[i]) / stride[i]) + 1, before };
  };
  const [rows, columns] = [axis(0), axis(1)];
  return { stride, before: [rows.before, columns.before], out: [rows.out, columns.out] };
}

export function conv2d(x: Array64, filter: Array64, window: Window): Array64 {
  const [fh, fw, inChannels, outChannels] = filter.shape as [number, number, number, number];
  return build([x.shape[0]!, ...window.out, outChannels], ([n, y, c, o]) =>
    sum(fh * fw * inChannels, (tap) => {
      const [i, j, channel] = [Math.floor(tap / (fw * inChannels)), Math.floor(tap / inChannels) % fw, tap % inChannels];
      const pixel = [n!, y! * window.stride[0] + i - window.before[0], c! * window.stride[1] + j - window.before[1], channel];
      return at(x, pixel) * at(filter, [i, j, channel, o!]);
    }),
  );
}

/** The transpose of conv2d as a linear map: filter [h, w, out channels, in channels]; `window` is that of the convolution from output to input. */
export function conv2dTranspose(dy: Array64, filter: Array64, shape: readonly number[], window: Window): Array64 {
  const [fh, fw, , channels] = filter.shape as [number, number, number, number];
  return build(shape, ([n, y, x, c]) =>
    sum(fh * fw * channels, (tap) => {
      const [i, j, channel] = [Math.floor(tap / (fw * channels)), Math.floor(tap / channels) % fw, tap % channels];
      const [row, column] = [y! + window.before[0] - i, x! + window.before[1] - j];
      if (row % window.stride[0] !== 0 || column % window.stride[1] !== 0) return 0;
      return at(dy, [n!, row / window.stride[0], column / window.stride[1], channel]) * at(filter, [i, j, c!, channel]);
    }),
  );
}

/** filter [h, w, channels, multiplier]. */
export function depthwise(x: Array64, filter: Array64, window: Window): Array64 {
  const [fh, fw, channels, multiplier] = filter.shape as [number, number, number, number];
  return build([x.shape[0]!, ...window.out, channels * multiplier], ([n, y, c, o]) =>
    sum(fh * fw, (tap) => {
      const [i, j, channel] = [Math.floor(tap / fw), tap % fw, Math.floor(o! / multiplier)];
      const pixel = [n!, y! * window.stride[0] + i - window.before[0], c! * window.stride[1] + j - window.before[1], channel];
      return at(x, pixel) * at(filter, [i, j, channel, o! % multiplier]);
    }),
  );
}

/** What `ofPixels` makes of the pixels of each window that lie inside the image. */
function pool(x: Array64, filter: readonly [number, number], window: Window, ofPixels: (pixels: number[]) => number): Array64 {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  return build([x.shape[0]!, ...window.out, channels], ([n, y, c, channel]) => {
    const pixels: number[] = [];
    for (let i = 0; i < filter[0]; i++) {
      for (let j = 0; j < filter[1]; j++) {
        const [row, column] = [y! * window.stride[0] + i - window.before[0], c! * window.stride[1] + j - window.before[1]];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        pixels.push(at(x, [n!, row, column, channel!]));
      }
    }
    return ofPixels(pixels);
  });
}

/** Mean, without the padding, as TensorFlow has it. */
export function avgPool(x: Array64, filter: readonly [number, number], window: Window): Array64 {
  return pool(x, filter, window, (pixels) => pixels.reduce((a, b) => a + b, 0) / pixels.length);
}

export function maxPool(x: Array64, filter: readonly [number, number], window: Window): Array64 {
  return pool(x, filter, window, (pixels) => Math.max(...pixels));
}

/** Softmax of the last axis, or its logarithm. */
export function softmax(x: Array64, logarithm = false): Array64 {
  const classes = x.shape.at(-1)!;
  return build(x.shape, (index) => {
    const row = index.slice(0, -1);
    const total = sum(classes, (c) => Math.exp(at(x, [...row, c])));
    const logit = at(x, index);
    return logarithm ? logit - Math.log(total) : Math.exp(logit) / total;
  });
}

/** Where output i of a resize reads, in input pixels: TensorFlow's three conventions. */
function position(i: number, inputs: number, outputs: number, centres: Centres): number {
  if (centres === "aligned corners" && outputs > 1) return (i * (inputs - 1)) / (outputs - 1);
  const step = inputs / outputs;
  return centres === "half-pixel" ? (i + 0.5) * step - 0.5 : i * step;
}

export type Centres = "legacy" | "aligned corners" | "half-pixel";

export function resizeBilinear(x: Array64, out: readonly [number, number], centres: Centres): Array64 {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const clamp = (i: number, length: number) => Math.max(0, Math.min(length - 1, i));
  return build([n, ...out, channels], ([b, y, c, channel]) => {
    const [row, column] = [position(y!, height, out[0], centres), position(c!, width, out[1], centres)];
    const pixel = (i: number, j: number) => at(x, [b!, clamp(i, height), clamp(j, width), channel!]);
    const [top, left] = [Math.floor(row), Math.floor(column)];
    const upper = pixel(top, left) + (pixel(top, left + 1) - pixel(top, left)) * (column - left);
    const lower = pixel(top + 1, left) + (pixel(top + 1, left + 1) - pixel(top + 1, left)) * (column - left);
    return upper + (lower - upper) * (row - top);
  });
}

export function resizeNearest(x: Array64, out: readonly [number, number], halfPixel: boolean): Array64 {
  const [n, height, width, channels] = x.shape as [number, number, number, number];
  const nearest = (i: number, inputs: number, outputs: number) =>
    Math.min(inputs - 1, Math.floor(((halfPixel ? i + 0.5 : i) * inputs) / outputs));
  return build([n, ...out, channels], ([b, y, c, channel]) =>
    at(x, [b!, nearest(y!, height, out[0]), nearest(c!, width, out[1]), channel!]),
  );
}

/** Rows of `x` along `axis` at the given indices. */
export function gather(x: Array64, indices: readonly number[], axis: number): Array64 {
  const shape = x.shape.map((length, i) => (i === axis ? indices.length : length));
  return build(shape, (index) =>
    at(
      x,
      index.map((value, i) => (i === axis ? indices[value]! : value)),
    ),
  );
}

/** (x − mean) / √(variance + ε) over `axes`. */
export function normalise(x: Array64, axes: readonly number[], epsilon: number): Array64 {
  const groupOf = (index: readonly number[]) => index.map((value, i) => (axes.includes(i) ? 0 : value)).join();
  const groups = new Map<string, number[]>();
  build(x.shape, (index) => {
    const key = groupOf(index);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key)!.push(at(x, index));
    return 0;
  });
  const moments = new Map(
    [...groups].map(([key, values]) => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
      return [key, { mean, variance }];
    }),
  );
  return build(x.shape, (index) => {
    const { mean, variance } = moments.get(groupOf(index))!;
    return (at(x, index) - mean) / Math.sqrt(variance + epsilon);
  });
}

/** f of two arrays whose shapes broadcast. */
export function broadcast(a: Array64, b: Array64, f: (a: number, b: number) => number): Array64 {
  const rank = Math.max(a.shape.length, b.shape.length);
  const length = (x: Array64, axis: number) => x.shape[axis - rank + x.shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(length(a, axis), length(b, axis)));
  const own = (x: Array64, index: readonly number[]) =>
    index.slice(rank - x.shape.length).map((place, axis) => (x.shape[axis] === 1 ? 0 : place));
  return build(shape, (index) => f(at(a, own(a, index)), at(b, own(b, index))));
}

/** f of the elements along axes (undefined: all). */
export function reduce(
  x: Array64,
  axes: number | readonly number[] | undefined,
  keep: boolean,
  f: (values: number[]) => number,
): Array64 {
  const rank = x.shape.length;
  const gone = axes === undefined ? x.shape.map((_, i) => i) : [axes].flat().map((axis) => (axis + rank) % rank);
  const kept = x.shape.map((length, axis) => (gone.includes(axis) ? 1 : length));
  const groups = new Map<string, number[]>();
  const groupOf = (place: readonly number[]) => place.map((i, axis) => (gone.includes(axis) ? 0 : i)).join();
  build(kept, (index) => groups.set(index.join(), []).size);
  build(x.shape, (place) => groups.get(groupOf(place))!.push(at(x, place)));
  const reduced = build(kept, (index) => f(groups.get(index.join())!));
  return keep ? reduced : { ...reduced, shape: x.shape.filter((_, axis) => !gone.includes(axis)) };
}

/** An array whose elements are those of another at `from(index)`; outside, 0. */
export const rearrange = (x: Array64, shape: readonly number[], from: (index: number[]) => readonly number[]): Array64 =>
  build(shape, (index) => at(x, from(index)));

/** How a window lies along each of several axes. */
export interface Windows {
  readonly stride: readonly number[];
  readonly before: readonly number[];
  readonly out: readonly number[];
}

/** Output sizes and padding of "same" and "valid" windows over any number of axes. */
export function windowsOf(
  input: readonly number[],
  filter: readonly number[],
  stride: readonly number[],
  pad: "same" | "valid" | number,
): Windows {
  const axes = input.map((length, i) => {
    const [f, s] = [filter[i]!, stride[i]!];
    if (pad === "same") {
      const out = Math.ceil(length / s);
      return { out, before: Math.floor(Math.max(0, (out - 1) * s + f - length) / 2) };
    }
    const before = pad === "valid" ? 0 : pad;
    return { out: Math.floor((length + 2 * before - f) / s) + 1, before };
  });
  return { stride, before: axes.map((a) => a.before), out: axes.map((a) => a.out) };
}

/** Every tap of a filter, as an index. */
export function taps(filter: readonly number[]): number[][] {
  return filter.reduce<number[][]>((all, length) => all.flatMap((tap) => Array.from({ length }, (_, i) => [...tap, i])), [[]]);
}

/** Convolution over any number of axes, with dilation: x [n, ..., in], filter [..., in, out]. */
export function convolution(
  x: Array64,
  filter: Array64,
  { stride, before, out }: Windows,
  dilation?: readonly number[],
): Array64 {
  const rank = out.length;
  const window = taps(filter.shape.slice(0, rank));
  return build([x.shape[0]!, ...out, filter.shape.at(-1)!], ([n, ...rest]) => {
    const place = rest.slice(0, rank);
    const o = rest[rank]!;
    return window.reduce((total, tap) => {
      const at0 = place.map((p, i) => p * stride[i]! + tap[i]! * (dilation?.[i] ?? 1) - before[i]!);
      return total + sum(filter.shape.at(-2)!, (c) => at(x, [n!, ...at0, c]) * at(filter, [...tap, c, o]));
    }, 0);
  });
}

/** `f` of the elements of each window, channel by channel, with the taps they stand at; x [n, ..., channels]. Padding takes no part. */
export function windowed(
  x: Array64,
  filter: readonly number[],
  { stride, before, out }: Windows,
  f: (values: { value: number; tap: number[] }[], channel: number) => number,
  dilation?: readonly number[],
): Array64 {
  const rank = out.length;
  return build([x.shape[0]!, ...out, x.shape.at(-1)!], ([n, ...rest]) => {
    const channel = rest[rank]!;
    const values = taps(filter).flatMap((tap) => {
      const place = tap.map((t, i) => rest[i]! * stride[i]! + t * (dilation?.[i] ?? 1) - before[i]!);
      if (place.some((p, i) => p < 0 || p >= x.shape[i + 1]!)) return [];
      return [{ value: at(x, [n!, ...place, channel]), tap }];
    });
    return f(values, channel);
  });
}
