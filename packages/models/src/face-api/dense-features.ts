import type { Convolution } from "../operations/convolution.js";
import type { Linear } from "../operations/linear.js";
import type { Operations } from "../operations/operations.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { FaceApiLayers, prepared, type Separable, separable } from "./layers.js";

const SIDE = 112;

/** What face-api's networks of expressions and of landmarks have in common: four dense blocks, each of half the side, then means over places. */
export class DenseFeatures {
  private readonly layers: FaceApiLayers;
  private readonly stem: Convolution;
  private readonly blocks: readonly (readonly Separable[])[];

  constructor(caller: string, tensors: NamedTensors) {
    const layers = new FaceApiLayers(caller, tensors);
    this.layers = layers;
    this.stem = layers.convolution("dense0/conv0", { stride: 2, padding: "end" });
    this.blocks = [0, 1, 2, 3].map((i) =>
      [0, 1, 2, 3].filter((k) => i > 0 || k > 0).map((k) => layers.separable(`dense${i}/conv${k}`, k === 0 ? 2 : 1)),
    );
  }

  /** The network's last layer, which reads the features; disposed with them. */
  linear(): Linear {
    return this.layers.linear("fc/weights", "fc/bias");
  }

  /** [n, 256] */
  forward<X>(on: Operations<X>, images: X): X {
    let x = prepared(on, images, SIDE);
    this.blocks.forEach((block, i) => {
      const start = i === 0 ? on.convolution(x, this.stem) : separable(on, x, block[0]!);
      let sum = on.relu(start);
      let y = sum;
      for (const layer of block.slice(i === 0 ? 0 : 1)) {
        sum = on.addScaled(sum, separable(on, y, layer), 1);
        y = on.relu(sum);
      }
      x = y;
    });
    return on.globalMean(x);
  }

  dispose(): void {
    this.layers.dispose();
  }
}
