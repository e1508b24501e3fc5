import { ModelsError } from "../errors.js";
import { Convolution } from "../operations/convolution.js";
import type { Operations } from "../operations/operations.js";
import { checkTensors, floatsOf, type NamedTensors } from "../tensors-by-name.js";
import type { ImageSize } from "./distance.js";

/** A convolution followed by ReLU, or max pooling of stride 2. */
type Layer =
  | { readonly index: number; readonly size: number; readonly stride?: number; readonly padding: number; readonly tap?: true }
  | { readonly pool: number };

const conv3 = (index: number, tap?: true): Layer => ({ index, size: 3, padding: 1, ...(tap && { tap }) });

/** torchvision's `features`, by the index of each convolution there; what LPIPS reads is marked. */
const NETWORKS = {
  alexnet: [
    { index: 0, size: 11, stride: 4, padding: 2, tap: true },
    { pool: 3 },
    { index: 3, size: 5, padding: 2, tap: true },
    { pool: 3 },
    conv3(6, true),
    conv3(8, true),
    conv3(10, true),
  ],
  vgg16: [
    ...[conv3(0), conv3(2, true), { pool: 2 }],
    ...[conv3(5), conv3(7, true), { pool: 2 }],
    ...[conv3(10), conv3(12), conv3(14, true), { pool: 2 }],
    ...[conv3(17), conv3(19), conv3(21, true), { pool: 2 }],
    ...[conv3(24), conv3(26), conv3(28, true)],
  ],
} as const satisfies Record<string, readonly Layer[]>;

export type FeatureNetworkName = keyof typeof NETWORKS;

/** Where files keep a convolution: torchvision's models, LPIPS's slices of them, bare `features`. */
const convolutionName = (index: number) => new RegExp(`^(?:.*\\.)?(?:features\\.|slice\\d\\.)?${index}\\.(weight|bias)$`);
const OTHERS = /classifier|^lins?\d*\.|\.lins?\d*\./;

/** The convolutions of AlexNet or VGG16, frozen, with the activations that images are compared by. */
export class FeatureNetwork {
  /** Channels of each activation. */
  readonly channels: readonly number[];
  private readonly convolutions = new Map<number, Convolution>();
  private readonly layers: readonly Layer[];

  private constructor(
    caller: string,
    readonly network: FeatureNetworkName,
    tensors: NamedTensors,
  ) {
    this.layers = NETWORKS[network];
    const channels: number[] = [];
    for (const layer of this.layers) {
      if ("pool" in layer) continue;
      const { index, size, stride = 1, padding, tap } = layer;
      const [outputs = 0, inputs = 0] = tensors.get(`${index}.weight`)!.shape;
      const [weight, bias] = [floatsOf(caller, tensors, `${index}.weight`), floatsOf(caller, tensors, `${index}.bias`)];
      const shape = [outputs, inputs, size, size] as const;
      this.convolutions.set(index, new Convolution({ weight, bias, shape, stride, padding: [padding, padding] }));
      if (tap) channels.push(outputs);
    }
    this.channels = channels;
  }

  /** @param tensors a state dict of torchvision's model, of its `features`, or of LPIPS */
  static from(caller: string, tensors: NamedTensors, wanted?: FeatureNetworkName): FeatureNetwork {
    const found = byIndex(tensors);
    const first = found.get("0.weight")?.shape ?? [];
    const network = first[3] === 11 ? "alexnet" : first[3] === 3 && first.length === 4 ? "vgg16" : undefined;
    if (network === undefined || (wanted !== undefined && network !== wanted)) {
      const names = [...tensors].slice(0, 8).map(([name, { shape }]) => `${name} [${shape.join(", ")}]`);
      const expected = (wanted === undefined ? ["alexnet", "vgg16"] : [wanted]).map((name) =>
        name === "alexnet" ? "AlexNet, features.0.weight [64, 3, 11, 11]" : "VGG16, features.0.weight [64, 3, 3, 3]",
      );
      throw new ModelsError(
        `${caller}: expected torchvision's ${expected.join(", or ")}, got ${names.join(", ") || "no tensors"}.`,
      );
    }
    checkTensors(caller, found, shapesOf(NETWORKS[network], found), () => true);
    return new FeatureNetwork(caller, network, found);
  }

  /** What LPIPS reads of images that are scaled as the network was trained, five values. */
  activations<X>(on: Operations<X>, images: X): X[] {
    let x = images;
    const taps: X[] = [];
    for (const layer of this.layers) {
      x = "pool" in layer ? on.maxPool(x, layer.pool, 2) : on.relu(on.convolution(x, this.convolutions.get(layer.index)!));
      if (!("pool" in layer) && layer.tap) taps.push(x);
    }
    return taps;
  }

  /** Number of places of each activation. */
  places(caller: string, { height, width }: ImageSize): number[] {
    const sides = [height, width].map((side) => this.sidesFrom(side));
    const counts = sides[0]!.map((side, k) => side * sides[1]![k]!);
    if (counts.every((count) => count > 0)) return counts;
    throw new ModelsError(`${caller}: expected larger images for ${this.network}, got ${height} × ${width} pixels.`);
  }

  dispose(): void {
    for (const convolution of this.convolutions.values()) convolution.dispose();
  }

  private sidesFrom(side: number): number[] {
    const taps: number[] = [];
    for (const layer of this.layers) {
      const { size, stride, padding } = "pool" in layer ? { size: layer.pool, stride: 2, padding: 0 } : { stride: 1, ...layer };
      side = Math.max(0, Math.floor((side + 2 * padding - size) / stride) + 1);
      if (!("pool" in layer) && layer.tap) taps.push(side);
    }
    return taps;
  }
}

/** The convolutions' tensors under their index alone. */
function byIndex(tensors: NamedTensors): Map<string, NonNullable<ReturnType<NamedTensors["get"]>>> {
  const indices = new Set(
    Object.values(NETWORKS).flatMap((layers) => layers.flatMap((layer) => ("pool" in layer ? [] : [layer.index]))),
  );
  const found = new Map();
  for (const [name, tensor] of tensors) {
    if (OTHERS.test(name)) continue;
    for (const index of indices) {
      const part = convolutionName(index).exec(name)?.[1];
      if (part !== undefined) found.set(`${index}.${part}`, tensor);
    }
  }
  return found;
}

function shapesOf(layers: readonly Layer[], tensors: NamedTensors): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  let inputs = 3;
  for (const layer of layers) {
    if ("pool" in layer) continue;
    const { index, size } = layer;
    // Widths are read off the file: narrower networks have the same layers.
    const outputs = tensors.get(`${index}.weight`)?.shape[0] ?? 0;
    shapes.set(`${index}.weight`, [outputs, inputs, size, size]);
    shapes.set(`${index}.bias`, [outputs]);
    inputs = outputs;
  }
  return shapes;
}
