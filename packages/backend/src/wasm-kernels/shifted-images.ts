import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { backend_util, TensorInfo } from "@tensorflow/tfjs-core";
import { addressOf, allocate, floatsOf, heapBytes, release, withShape } from "../wasm/heap.js";
import { runKernel } from "./run-kernel.js";

type Conv2DInfo = backend_util.Conv2DInfo;

/** All pixels at distance `stride` from each other that one tap can meet, as [channels, batch, height, width]. */
interface Plane {
  readonly data: TensorInfo;
  readonly height: number;
  readonly width: number;
}

/**
 * What each tap of a convolution sees: for every channel, batch and output pixel the input that the tap reads there, zero in the padding, as
 * [channels, batch, out height, out width].
 *
 * The input is taken apart once into its stride × stride sub-images; then what a tap sees is one of them, shifted, which is a memory move.
 */
export class ShiftedImages {
  private readonly planes = new Map<string, Plane>();

  /** @param x [batch, height, width, channels] */
  constructor(
    private readonly backend: BackendWasm,
    private readonly x: TensorInfo,
    private readonly info: Conv2DInfo,
  ) {}

  /** Writes what tap (row, column) sees into `to`, `start` floats in. */
  copyTap(row: number, column: number, to: TensorInfo, start: number): void {
    const { strideHeight, strideWidth, padInfo } = this.info;
    const top = row - padInfo.top;
    const left = column - padInfo.left;
    const plane = this.plane(modulo(top, strideHeight), modulo(left, strideWidth));
    this.copyShifted(plane, Math.floor(top / strideHeight), Math.floor(left / strideWidth), to, start);
  }

  dispose(): void {
    for (const plane of this.planes.values()) release(this.backend, plane.data);
    this.planes.clear();
  }

  private plane(rowPhase: number, columnPhase: number): Plane {
    const key = `${rowPhase},${columnPhase}`;
    let plane = this.planes.get(key);
    if (plane === undefined) {
      plane = this.makePlane(rowPhase, columnPhase);
      this.planes.set(key, plane);
    }
    return plane;
  }

  private makePlane(rowPhase: number, columnPhase: number): Plane {
    const { backend, x } = this;
    const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = this.info;
    const height = Math.ceil(Math.max(0, inHeight - rowPhase) / strideHeight);
    const width = Math.ceil(Math.max(0, inWidth - columnPhase) / strideWidth);
    if (strideHeight === 1 && strideWidth === 1) return { data: this.channelsFirst(x, height, width), height, width };

    const part = allocate(backend, [batchSize, height, width, inChannels]);
    const [from, to] = floatsOf(backend, x, part);
    let target = 0;
    for (let n = 0; n < batchSize; n++) {
      for (let y = 0; y < height; y++) {
        let source = ((n * inHeight + y * strideHeight + rowPhase) * inWidth + columnPhase) * inChannels;
        for (let column = 0; column < width; column++, source += (strideWidth - 1) * inChannels) {
          for (let c = 0; c < inChannels; c++) to[target++] = from[source++]!;
        }
      }
    }
    const data = this.channelsFirst(part, height, width);
    release(backend, part);
    return { data, height, width };
  }

  private channelsFirst(image: TensorInfo, height: number, width: number): TensorInfo {
    const { batchSize, inChannels } = this.info;
    const matrix = withShape(image, [batchSize * height * width, inChannels]);
    return runKernel(this.backend, "Transpose", { x: matrix }, { perm: [1, 0] });
  }

  /** to[image, y, x] = plane[image, y + down, x + right], zero where that lies outside. */
  private copyShifted(plane: Plane, down: number, right: number, to: TensorInfo, start: number): void {
    const { batchSize, inChannels, outHeight, outWidth } = this.info;
    const { height, width } = plane;
    const images = inChannels * batchSize;
    const source = addressOf(this.backend, plane.data) / 4;
    const target = addressOf(this.backend, to) / 4 + start;
    const heap = new Float32Array(heapBytes(this.backend).buffer);
    const rows = insideRange(outHeight, height, down);
    const columns = insideRange(outWidth, width, right);
    const sameSize = height === outHeight && width === outWidth;

    if (sameSize) {
      // One move for all images; what slips in from a neighbouring row or image is then overwritten with zeros.
      const shift = down * width + right;
      const size = images * height * width;
      const first = Math.min(size, Math.max(0, -shift));
      const end = Math.max(first, Math.min(size, size - shift));
      heap.copyWithin(target + first, source + first + shift, source + end + shift);
    }
    for (let image = 0; image < images; image++) {
      const imageStart = target + image * outHeight * outWidth;
      heap.fill(0, imageStart, imageStart + rows.first * outWidth);
      heap.fill(0, imageStart + rows.end * outWidth, imageStart + outHeight * outWidth);
      for (let y = rows.first; y < rows.end; y++) {
        const rowStart = imageStart + y * outWidth;
        for (let i = rowStart; i < rowStart + columns.first; i++) heap[i] = 0;
        for (let i = rowStart + columns.end; i < rowStart + outWidth; i++) heap[i] = 0;
        if (sameSize) continue;
        let from = source + (image * height + y + down) * width + columns.first + right;
        for (let i = rowStart + columns.first; i < rowStart + columns.end; i++) heap[i] = heap[from++]!;
      }
    }
  }
}

/** Outputs o < `outputs` whose input o + shift lies in [0, inputs). */
function insideRange(outputs: number, inputs: number, shift: number): { first: number; end: number } {
  const first = Math.min(outputs, Math.max(0, -shift));
  return { first, end: Math.max(first, Math.min(outputs, inputs - shift)) };
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
