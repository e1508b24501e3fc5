import type { Convolution } from "../operations/convolution.js";
import type { Linear } from "../operations/linear.js";
import type { Operations } from "../operations/operations.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { FaceApiLayers, prepared, type Separable, separable } from "./layers.js";

const SIDE = 112;
const MIDDLE_BLOCKS = 2;

interface Reduction {
  readonly separable: readonly [Separable, Separable];
  readonly expansion: Convolution;
}

/** face-api's network of age and gender: a small Xception. */
export class AgeGenderNetwork {
  private readonly layers: FaceApiLayers;
  private readonly stem: Convolution;
  private readonly entry: readonly Reduction[];
  private readonly middle: readonly (readonly Separable[])[];
  private readonly exit: Reduction;
  private readonly last: Separable;
  private readonly age: Linear;
  private readonly gender: Linear;

  constructor(tensors: NamedTensors) {
    const layers = new FaceApiLayers("FaceApiRegressor", tensors);
    const reduction = (name: string): Reduction => ({
      separable: [layers.separable(`${name}/separable_conv0`), layers.separable(`${name}/separable_conv1`)],
      expansion: layers.convolution(`${name}/expansion_conv`, { stride: 2 }),
    });
    this.layers = layers;
    this.stem = layers.convolution("entry_flow/conv_in", { stride: 2, padding: "end" });
    this.entry = [0, 1].map((i) => reduction(`entry_flow/reduction_block_${i}`));
    this.middle = Array.from({ length: MIDDLE_BLOCKS }, (_, i) =>
      [0, 1, 2].map((k) => layers.separable(`middle_flow/main_block_${i}/separable_conv${k}`)),
    );
    this.exit = reduction("exit_flow/reduction_block");
    this.last = layers.separable("exit_flow/separable_conv");
    this.age = layers.linear("fc/age/weights", "fc/age/bias");
    this.gender = layers.linear("fc/gender/weights", "fc/gender/bias");
  }

  /** Ages in years, [n, 1], and logits of male and female, [n, 2]. */
  forward<X>(on: Operations<X>, images: X): { age: X; gender: X } {
    let x = on.relu(on.convolution(prepared(on, images, SIDE), this.stem));
    this.entry.forEach((block, i) => {
      x = reduce(on, x, i === 0 ? x : on.relu(x), block);
    });
    for (const block of this.middle)
      x = on.addScaled(
        block.reduce((y, layer) => separable(on, on.relu(y), layer), x),
        x,
        1,
      );
    x = reduce(on, x, on.relu(x), this.exit);
    const features = on.globalMean(on.relu(separable(on, x, this.last)));
    return { age: on.linear(features, this.age), gender: on.linear(features, this.gender) };
  }

  dispose(): void {
    this.layers.dispose();
  }
}

function reduce<X>(on: Operations<X>, x: X, start: X, block: Reduction): X {
  const [first, second] = block.separable;
  const made = separable(on, on.relu(separable(on, start, first)), second);
  return on.addScaled(on.maxPool(made, 3, 2, "end"), on.convolution(x, block.expansion), 1);
}
