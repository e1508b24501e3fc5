import { floats, type GraphBuilder } from "@latentflow/onnx";
import { add, keep, matMul, type Tensor1D, type Tensor2D, tensor1d, tensor2d } from "@tensorflow/tfjs-core";

/** A frozen linear layer, on tfjs and in a graph. */
export class Linear {
  private readonly weight: Tensor2D;
  private readonly bias: Tensor1D;

  /** @param weights PyTorch's: weight [outputs, inputs], bias [outputs] */
  constructor(private readonly weights: { readonly weight: Float32Array; readonly bias: Float32Array }) {
    const { weight, bias } = weights;
    const outputs = bias.length;
    const inputs = weight.length / outputs;
    const transposed = new Float32Array(weight.length);
    for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) transposed[i * outputs + o] = weight[o * inputs + i]!;
    this.weight = keep(tensor2d(transposed, [inputs, outputs]));
    this.bias = keep(tensor1d(bias));
  }

  /** [n, inputs] → [n, outputs] */
  apply(x: Tensor2D): Tensor2D {
    return add(matMul(x, this.weight), this.bias);
  }

  write(graph: GraphBuilder, x: string): string {
    const { weight, bias } = this.weights;
    const dims = [bias.length, weight.length / bias.length];
    const constants = [
      graph.constant(floats(dims, weight), "weight"),
      graph.constant(floats([bias.length], bias), "weight_bias"),
    ];
    return graph.op("Gemm", [x, ...constants], { transB: { int: 1 } });
  }

  dispose(): void {
    this.weight.dispose();
    this.bias.dispose();
  }
}
