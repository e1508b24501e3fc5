/** The gradients of image resizing, for backends whose data is plain arrays: every sample of the output hands its share back to the pixels it read. */

import type { KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelOverride } from "./override.js";

/** How a backend's memory is had and read. */
export interface PlainMemory<B extends KernelBackend> {
  allocate(backend: B, shape: readonly number[]): TensorInfo;
  /** Their data, all at once: bringing the second here may replace the memory that the first is in. */
  views(backend: B, a: TensorInfo, b: TensorInfo): readonly [Float32Array, Float32Array];
}

/** Both gradients as kernels of a backend: the stock ones ignore half-pixel centres. */
export function resizeGradients<B extends KernelBackend>(memory: PlainMemory<B>): KernelOverride<B>[] {
  const override = (kernelName: string, accumulate: typeof resizeBilinearGradient): KernelOverride<B> => ({
    kernelName,
    make() {
      return ({ inputs, backend, attrs }) => {
        const { images, dy } = inputs as { images: TensorInfo; dy: TensorInfo };
        const { alignCorners = false, halfPixelCenters = false } = attrs as Partial<Resize>;
        const dx = memory.allocate(backend, images.shape);
        const [from, to] = memory.views(backend, dy, dx);
        const input = images.shape as unknown as Resize["input"];
        const output = [dy.shape[1]!, dy.shape[2]!] as const;
        accumulate(from, to.fill(0), { input, output, alignCorners, halfPixelCenters });
        return dx;
      };
    },
  });
  return [override("ResizeBilinearGrad", resizeBilinearGradient), override("ResizeNearestNeighborGrad", resizeNearestGradient)];
}

export interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

interface Resize extends ResizeAttributes {
  readonly input: readonly [batch: number, height: number, width: number, channels: number];
  readonly output: readonly [height: number, width: number];
}

/** Adds dy's share to `dx`, which must be zero at the start. */
function resizeBilinearGradient(dy: Float32Array, dx: Float32Array, resize: Resize): void {
  const [batch, height, width, channels] = resize.input;
  const rows = linearSamples(height, resize.output[0], resize);
  const columns = linearSamples(width, resize.output[1], resize);
  let source = 0;
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      const [upper, lower] = [(n * height + row.low) * width, (n * height + row.high) * width];
      for (const column of columns) {
        const corners = [upper + column.low, upper + column.high, lower + column.low, lower + column.high];
        const down = row.share;
        const right = column.share;
        const shares = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right];
        for (let corner = 0; corner < 4; corner++) {
          const target = corners[corner]! * channels;
          const share = shares[corner]!;
          for (let c = 0; c < channels; c++) dx[target + c]! += share * dy[source + c]!;
        }
        source += channels;
      }
    }
  }
}

/** Adds dy to the pixels of `dx` that it was copied from; `dx` must be zero at the start. */
function resizeNearestGradient(dy: Float32Array, dx: Float32Array, resize: Resize): void {
  const [batch, height, width, channels] = resize.input;
  const rows = nearestSamples(height, resize.output[0], resize);
  const columns = nearestSamples(width, resize.output[1], resize);
  let source = 0;
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      for (const column of columns) {
        const target = ((n * height + row) * width + column) * channels;
        for (let c = 0; c < channels; c++) dx[target + c]! += dy[source++]!;
      }
    }
  }
}

/** Distance between samples, in input pixels, as tfjs and TensorFlow have it. */
function spacing(inputs: number, outputs: number, alignCorners: boolean): number {
  return alignCorners && outputs > 1 ? (inputs - 1) / (outputs - 1) : inputs / outputs;
}

/** The two input rows (or columns) that each output reads, and the share of the second. */
export function linearSamples(inputs: number, outputs: number, { alignCorners, halfPixelCenters }: ResizeAttributes) {
  const step = spacing(inputs, outputs, alignCorners);
  return Array.from({ length: outputs }, (_, i) => {
    const position = halfPixelCenters ? step * (i + 0.5) - 0.5 : step * i;
    const low = Math.max(0, Math.floor(position));
    const high = Math.min(inputs - 1, Math.max(0, Math.ceil(position)));
    return { low, high, share: position - low };
  });
}

export function nearestSamples(inputs: number, outputs: number, { alignCorners, halfPixelCenters }: ResizeAttributes): number[] {
  const step = spacing(inputs, outputs, alignCorners);
  return Array.from({ length: outputs }, (_, i) => {
    const position = halfPixelCenters ? step * (i + 0.5) : step * i;
    return Math.max(0, Math.min(inputs - 1, alignCorners ? Math.round(position) : Math.floor(position)));
  });
}
