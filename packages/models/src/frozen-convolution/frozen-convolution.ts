import {
  backend,
  conv2d,
  engine,
  type GradConfig,
  getBackend,
  getGradient,
  getKernel,
  keep,
  type NamedAttrMap,
  registerGradient,
  registerKernel,
  type Tensor4D,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import type { WasmBackend } from "../wasm-memory.js";
import { WinogradFilter } from "./winograd-kernel.js";

/** Fewest channels, and smallest side, for which fewer products outweigh the transforms and four times the memory for the filter. */
const MIN_CHANNELS = 48;
const MIN_SIDE = 16;

const KERNEL = "FrozenConvolution3x3";

/**
 * A 3 × 3 convolution of stride 1, zero beyond the border, with a filter that never changes, differentiable with respect to the image. On wasm, where
 * it pays, by Winograd's minimal filtering with the transformed filter kept; elsewhere tfjs's conv2d.
 */
export class FrozenConvolution {
  /** [3, 3, inputs, outputs] */
  private readonly filter: Tensor4D;
  private readonly prepared = new Map<Direction, { readonly on: WasmBackend; readonly filter: WinogradFilter }>();

  /** @param filter [3, 3, inputs, outputs]; now belongs to the convolution */
  constructor(filter: Tensor4D) {
    this.filter = keep(filter);
  }

  /** [n, h, w, inputs] → [n, h, w, outputs] */
  apply(x: Tensor4D): Tensor4D {
    if (!this.paysFor(x)) return conv2d(x, this.filter, 1, "same");
    registerOnce();
    return runKernel(x, { convolution: this, direction: "forward" });
  }

  /** The kernel's work, on bare data. */
  run(x: TensorInfo, direction: Direction, on: WasmBackend): TensorInfo {
    let prepared = this.prepared.get(direction);
    if (prepared?.on !== on) {
      prepared = { on, filter: this.prepare(direction, on) };
      this.prepared.set(direction, prepared);
    }
    return prepared.filter.convolve(x);
  }

  dispose(): void {
    this.filter.dispose();
    for (const { filter } of this.prepared.values()) filter.dispose();
    this.prepared.clear();
  }

  private prepare(direction: Direction, on: WasmBackend): WinogradFilter {
    const [, , inputs, outputs] = this.filter.shape;
    const filter = this.filter.dataSync<"float32">();
    if (direction === "forward") return new WinogradFilter(on, filter, inputs, outputs);
    return new WinogradFilter(on, turnedRound(filter, inputs, outputs), outputs, inputs);
  }

  private paysFor({ shape: [n, height, width] }: Tensor4D): boolean {
    const [, , inputs, outputs] = this.filter.shape;
    const wide = Math.min(inputs, outputs) >= MIN_CHANNELS;
    return getBackend() === "wasm" && n > 0 && wide && Math.min(height, width) >= MIN_SIDE && height % 4 === 0 && width % 4 === 0;
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

function runKernel(x: Tensor4D, attributes: Attributes): Tensor4D {
  return engine().runKernel(KERNEL, { x }, attributes as unknown as NamedAttrMap) as Tensor4D;
}

const gradient: GradConfig = {
  kernelName: KERNEL,
  gradFunc: (dy, _saved, attrs) => {
    const { convolution, direction } = attrs as unknown as Attributes;
    return { x: () => runKernel(dy as Tensor4D, { convolution, direction: direction === "forward" ? "back" : "forward" }) };
  },
};

/** Makes the kernel known to tfjs, so that it is recorded, profiled and differentiated like any other. */
function registerOnce(): void {
  if (!getGradient(KERNEL)) registerGradient(gradient);
  if (getKernel(KERNEL, "wasm")) return;
  registerKernel({
    kernelName: KERNEL,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const { convolution, direction } = attrs as unknown as Attributes;
      return convolution.run(inputs.x as TensorInfo, direction, backend() as unknown as WasmBackend);
    },
  });
}
