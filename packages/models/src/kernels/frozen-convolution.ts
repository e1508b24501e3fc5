import type { BackendWasm } from "@latentflow/backend/wasm";
import { conv2d, conv2dTranspose, type GradConfig, keep, type Tensor4D, type TensorInfo } from "@tensorflow/tfjs-core";
import { hasSimdKernels } from "./simd-kernels.js";
import { UpFilter } from "./up.js";
import { runOp, type WasmOp } from "./wasm-op.js";
import { WinogradFilter } from "./winograd.js";

/** Fewest channels, and smallest side, for which fewer products were seen to outweigh the transforms. */
const MIN_CHANNELS = 16;
const MIN_SIDE = 4;

/** A filter made ready for one direction. */
interface PreparedFilter {
  convolve(x: TensorInfo): TensorInfo;
  dispose(): void;
}

/**
 * A 3 × 3 convolution with a filter that never changes, differentiable with respect to the image: of stride 1 with zeros beyond the border, or transposed
 * of stride 2 ("up"). On wasm, where it pays, by minimal filtering with the transformed filter kept; else tfjs's conv2d and conv2dTranspose.
 */
export class FrozenConvolution {
  private readonly filter: Tensor4D;
  private readonly up: boolean;
  private readonly prepared = new Map<Direction, { readonly on: BackendWasm; readonly filter: PreparedFilter }>();

  /** @param filter [3, 3, inputs, outputs], for `up` [3, 3, outputs, inputs]; now belongs to the convolution */
  constructor(filter: Tensor4D, options: { up?: boolean } = {}) {
    this.filter = keep(filter);
    this.up = options.up ?? false;
  }

  /** [n, h, w, inputs] → [n, h, w, outputs], or for `up` [n, 2h + 1, 2w + 1, outputs] */
  apply(x: Tensor4D): Tensor4D {
    if (this.paysFor(x)) return runOp(this.op, { x }, { convolution: this, direction: "forward" }) as Tensor4D;
    if (!this.up) return conv2d(x, this.filter, 1, "same");
    const [n, h, w] = x.shape;
    return conv2dTranspose(x, this.filter, [n, 2 * h + 1, 2 * w + 1, this.filter.shape[2]], 2, "valid");
  }

  get op(): WasmOp<Attributes> {
    return this.up ? upConvolution : convolution;
  }

  /** The kernel's work, on bare data. */
  run(x: TensorInfo, direction: Direction, on: BackendWasm): TensorInfo {
    let prepared = this.prepared.get(direction);
    if (prepared?.on !== on) {
      prepared = { on, filter: this.prepare(direction, on) };
      this.prepared.set(direction, prepared);
    }
    return prepared.filter.convolve(x);
  }

  dispose(): void {
    this.filter.dispose();
    // The memory of a backend that was removed is gone as a whole.
    for (const { on, filter } of this.prepared.values()) if (on.wasm) filter.dispose();
    this.prepared.clear();
  }

  private prepare(direction: Direction, on: BackendWasm): PreparedFilter {
    const [, , third, fourth] = this.filter.shape;
    const filter = this.filter.dataSync<"float32">();
    if (this.up) return new UpFilter(on, filter, fourth, third, direction);
    if (direction === "forward") return new WinogradFilter(on, filter, third, fourth);
    return new WinogradFilter(on, turnedRound(filter, third, fourth), fourth, third);
  }

  private paysFor({ shape: [n, height, width, channels], dtype }: Tensor4D): boolean {
    const [, , third, fourth] = this.filter.shape;
    const [inputs, outputs] = this.up ? [fourth, third] : [third, fourth];
    // tfjs says what is wrong with such an image.
    if (channels !== inputs || dtype !== "float32") return false;
    const wide = Math.min(inputs, outputs) >= MIN_CHANNELS && inputs % 8 === 0 && outputs % 8 === 0;
    const sized = n > 0 && Math.min(height, width) >= MIN_SIDE;
    return wide && sized && hasSimdKernels();
  }
}

/** Forward, or back: gradients of the output to gradients of the image. */
type Direction = "forward" | "back";

/** The filter that carries gradients back: taps in reverse, inputs and outputs exchanged, [3, 3, outputs, inputs]. */
function turnedRound(filter: Float32Array, inputs: number, outputs: number): Float32Array {
  const result = new Float32Array(filter.length);
  for (let tap = 0; tap < 9; tap++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++)
        result[((8 - tap) * outputs + o) * inputs + i] = filter[(tap * inputs + i) * outputs + o]!;
    }
  }
  return result;
}

interface Attributes {
  readonly convolution: FrozenConvolution;
  readonly direction: Direction;
}

const compute: WasmOp<Attributes>["compute"] = ({ backend }, { x }, { convolution, direction }) =>
  convolution.run(x!, direction, backend);

/** The same kernel in the other direction. */
const turned: GradConfig["gradFunc"] = (dy, _saved, attrs) => {
  const { convolution, direction } = attrs as unknown as Attributes;
  const back = { convolution, direction: direction === "forward" ? "back" : "forward" } as const;
  return { x: () => runOp(convolution.op, { x: dy as Tensor4D }, back) };
};

// Two names, so that a profile tells them apart.
const convolution: WasmOp<Attributes> = { kernelName: "FrozenConvolution3x3", compute, gradFunc: turned };
const upConvolution: WasmOp<Attributes> = { kernelName: "FrozenTransposedConvolution3x3", compute, gradFunc: turned };
