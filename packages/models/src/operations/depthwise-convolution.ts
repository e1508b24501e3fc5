import { floats, type GraphBuilder } from "@latentflow/onnx";
import { depthwiseConv2d, keep, type Tensor4D, tensor4d } from "@tensorflow/tfjs-core";

/** A frozen convolution of each channel with a filter of its own, padded as TensorFlow's "same": for stride 2 and even sides at the end alone. */
export class DepthwiseConvolution {
  private readonly filter: Tensor4D;

  /** @param weight [height, width, channels], height and width 3 */
  constructor(
    private readonly weight: Float32Array,
    private readonly shape: readonly [height: number, width: number, channels: number],
    private readonly stride: 1 | 2,
  ) {
    this.filter = keep(tensor4d(weight, [...shape, 1]));
  }

  apply(x: Tensor4D): Tensor4D {
    return depthwiseConv2d(x, this.filter, this.stride, "same");
  }

  write(graph: GraphBuilder, x: string): string {
    const [height, width, channels] = this.shape;
    const taps = height * width;
    const filter = Float32Array.from(
      { length: taps * channels },
      (_, i) => this.weight[(i % taps) * channels + Math.floor(i / taps)]!,
    );
    const begin = this.stride === 1 ? 1 : 0;
    return graph.op("Conv", [x, graph.constant(floats([channels, 1, height, width], filter), "depthwise")], {
      strides: { ints: [this.stride, this.stride] },
      pads: { ints: [begin, begin, 1, 1] },
      group: { int: channels },
    });
  }

  dispose(): void {
    this.filter.dispose();
  }
}
