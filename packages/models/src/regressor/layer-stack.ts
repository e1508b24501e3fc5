import { describeValue } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import { Linear } from "../operations/linear.js";
import { ACTIVATIONS, type Activation, type Operations } from "../operations/operations.js";

/** A linear layer as PyTorch has it: weight [outputs, inputs], bias [outputs]. */
export interface LinearWeights {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** A linear layer or an activation. */
export type HeadLayer = LinearWeights | Activation;

/** Linear layers and activations, one after the other. */
export class LayerStack {
  readonly outputs: number;
  private readonly layers: readonly (Linear | Activation)[];

  /**
   * @param what the stack in messages
   * @throws ModelsError unless each layer takes what the one before it gives
   */
  constructor(what: string, inputs: number, layers: readonly HeadLayer[]) {
    let width = inputs;
    for (const layer of layers) {
      if (typeof layer === "string" && ACTIVATIONS.includes(layer)) continue;
      const { weight, bias } = (layer ?? {}) as Partial<LinearWeights>;
      const fits = weight instanceof Float32Array && bias instanceof Float32Array && weight.length === bias.length * width;
      if (!fits)
        throw new ModelsError(
          `FactorRegressor: expected ${what} to have a Float32Array bias [classes] and weight [classes, ${width}], got ${describeValue(layer)}.`,
        );
      width = bias.length;
    }
    this.outputs = width;
    this.layers = layers.map((layer) => (typeof layer === "string" ? layer : new Linear(layer)));
  }

  /** [n, inputs] → [n, outputs] */
  forward<X>(on: Operations<X>, x: X): X {
    return this.layers.reduce((x, layer) => (typeof layer === "string" ? on.activation(x, layer) : on.linear(x, layer)), x);
  }

  dispose(): void {
    for (const layer of this.layers) if (typeof layer !== "string") layer.dispose();
  }
}
