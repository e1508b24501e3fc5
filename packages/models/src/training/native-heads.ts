import { type AdamState, disposeAdamState } from "@latentflow/core/optim";
import { floats, GraphBuilder, OnnxSession, type OnnxTensor } from "@latentflow/onnx";
import { dispose, type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { TrainedAttribute } from "./data.js";

/** Names of the weights in the graph, in the order of the network's parameters. */
const WEIGHTS = ["w1", "b1", "w2", "b2"] as const;
/** Adam's, as PyTorch and `adam` of core have them. */
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

interface Trained {
  readonly parameters: Map<string, Tensor>;
  adam: AdamState;
}

/** Heads on frozen features, trained on ONNX Runtime: a step, forward and backward and Adam, is one run of one graph. Numbers stay here until `writeTo`. */
export class NativeHeads {
  private constructor(
    private readonly session: OnnxSession,
    private values: Record<string, OnnxTensor>,
    private steps: number,
    private readonly learningRate: number,
  ) {}

  /** @param state of `headNetwork`: two linear layers, weights [inputs, outputs] and biases */
  static async create(state: Trained, attributes: readonly TrainedAttribute[], learningRate: number): Promise<NativeHeads> {
    const parameters = [...state.parameters.values()];
    const [inputs, hidden] = parameters[0]!.shape as [number, number];
    const session = await OnnxSession.create(
      stepGraph(
        inputs,
        hidden,
        attributes.map(({ classes }) => classes),
      ),
    );
    const values: Record<string, OnnxTensor> = {};
    for (const [i, name] of WEIGHTS.entries()) {
      for (const [prefix, value] of [
        ["", parameters[i]!],
        ["m_", state.adam.mean[i]!],
        ["v_", state.adam.variance[i]!],
      ] as const)
        values[`${prefix}${name}`] = floats([...value.shape], Float32Array.from((await value.data()) as Float32Array));
    }
    return new NativeHeads(session, values, state.adam.step, learningRate);
  }

  /**
   * One step.
   *
   * @param features [n, features]
   * @param targets [n, all classes], of `targetRows` side by side
   * @returns the loss, and whether it and all gradients are finite; where they are not, nothing is changed
   */
  async step(features: Float32Array, targets: Float32Array, n: number): Promise<{ loss: number; finite: boolean }> {
    const step = this.steps + 1;
    const outputs = await this.session.run({
      ...this.values,
      features: floats([n, features.length / n], features as Float32Array<ArrayBuffer>),
      targets: floats([n, targets.length / n], targets as Float32Array<ArrayBuffer>),
      step_size: floats([], Float32Array.of(this.learningRate / (1 - BETA1 ** step))),
      correction: floats([], Float32Array.of(Math.sqrt(1 - BETA2 ** step))),
    });
    const [loss, norm] = [outputs.loss!, outputs.norm!].map(({ data }) => (data as Float32Array)[0]!) as [number, number];
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) return { loss, finite: false };
    this.values = Object.fromEntries(Object.keys(this.values).map((name) => [name, outputs[`next_${name}`]!]));
    this.steps = step;
    return { loss, finite: true };
  }

  /** Puts the numbers into the state of training, in place of what was there. */
  writeTo(state: Trained): void {
    const of = (prefix: string) =>
      WEIGHTS.map((name) => this.values[`${prefix}${name}`]!).map(({ data, dims }) =>
        tensor((data as Float32Array).slice(), [...dims], "float32"),
      );
    const next = of("");
    dispose([...state.parameters.values()]);
    disposeAdamState(state.adam);
    for (const [i, name] of [...state.parameters.keys()].entries()) state.parameters.set(name, next[i]!);
    state.adam = { step: this.steps, mean: of("m_"), variance: of("v_") };
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }
}

/** Forward, backward and Adam of relu → linear → relu → linear → log-softmax of each head. */
function stepGraph(inputs: number, hidden: number, classes: readonly number[]) {
  const graph = new GraphBuilder({ name: "training of heads" });
  const width = classes.reduce((sum, count) => sum + count, 0);
  const features = graph.input("features", ["n", inputs]);
  const targets = graph.input("targets", ["n", width]);
  const shapes = { w1: [inputs, hidden], b1: [hidden], w2: [hidden, width], b2: [width] } as const;
  const weight = Object.fromEntries(WEIGHTS.map((name) => [name, graph.input(name, shapes[name])])) as Record<
    (typeof WEIGHTS)[number],
    string
  >;
  const [stepSize, correction] = [graph.input("step_size", []), graph.input("correction", [])];

  const x = graph.op("Relu", [features]);
  const z = graph.op("Gemm", [x, weight.w1, weight.b1]);
  const h = graph.op("Relu", [z]);
  const logits = graph.op("Gemm", [h, weight.w2, weight.b2]);
  const logShares = logSoftmaxOfHeads(graph, logits, classes);
  const scale = graph.float(1 / classes.length);
  const loss = graph.op("Neg", [graph.op("Mul", [graph.reduceSum(graph.op("Mul", [logShares, targets]), [0, 1], false), scale])]);

  // d loss / d logit = (share · the head's weight of this row − target) / heads
  const members = graph.constant(floats([width, classes.length], membersOf(classes)), "members");
  const rowWeights = graph.op("MatMul", [graph.op("MatMul", [targets, members]), graph.transpose(members, [1, 0])]);
  const difference = graph.op("Sub", [graph.op("Mul", [graph.op("Exp", [logShares]), rowWeights]), targets]);
  const dLogits = graph.op("Mul", [difference, scale]);
  const dHidden = graph.op("Gemm", [dLogits, weight.w2], { transB: { int: 1 } });
  const dZ = graph.op("Where", [graph.op("Greater", [z, graph.float(0)]), dHidden, graph.float(0)]);
  const gradients = {
    w1: graph.op("Gemm", [x, dZ], { transA: { int: 1 } }),
    b1: graph.reduceSum(dZ, [0], false),
    w2: graph.op("Gemm", [h, dLogits], { transA: { int: 1 } }),
    b2: graph.reduceSum(dLogits, [0], false),
  };
  graph.output("loss", loss, []);
  const squares = WEIGHTS.map((name) => graph.op("ReduceSumSquare", [gradients[name]], { keepdims: { int: 0 } }));
  graph.output("norm", graph.op("Sum", squares), []);
  for (const name of WEIGHTS) {
    const shape = shapes[name];
    const [m, v] = [graph.input(`m_${name}`, shape), graph.input(`v_${name}`, shape)];
    const gradient = gradients[name];
    const blend = (old: string, now: string, beta: number) =>
      graph.op("Add", [graph.op("Mul", [old, graph.float(beta)]), graph.op("Mul", [now, graph.float(1 - beta)])]);
    const mean = blend(m, gradient, BETA1);
    const variance = blend(v, graph.op("Mul", [gradient, gradient]), BETA2);
    const denominator = graph.op("Add", [graph.op("Div", [graph.op("Sqrt", [variance]), correction]), graph.float(EPSILON)]);
    const change = graph.op("Mul", [graph.op("Div", [mean, denominator]), stepSize]);
    graph.output(`next_${name}`, graph.op("Sub", [weight[name], change]), shape);
    graph.output(`next_m_${name}`, mean, shape);
    graph.output(`next_v_${name}`, variance, shape);
  }
  return graph.build();
}

function logSoftmaxOfHeads(graph: GraphBuilder, logits: string, classes: readonly number[]): string {
  const [first = 0] = classes;
  const width = classes.reduce((sum, count) => sum + count, 0);
  if (classes.every((count) => count === first)) {
    const heads = graph.op("LogSoftmax", [graph.reshape(logits, [-1, classes.length, first])], { axis: { int: 2 } });
    return graph.reshape(heads, [-1, width]);
  }
  let from = 0;
  const heads = classes.map((count) => {
    const own = graph.slice(logits, 1, from, from + count);
    from += count;
    return graph.op("LogSoftmax", [own], { axis: { int: 1 } });
  });
  return graph.op("Concat", heads, { axis: { int: 1 } });
}

/** Which classes belong to which head. */
function membersOf(classes: readonly number[]): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    classes.flatMap((count, k) => Array.from({ length: count }, () => classes.map((_, j) => Number(j === k)))).flat(),
  );
}
