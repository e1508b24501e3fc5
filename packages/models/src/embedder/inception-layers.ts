/** The layers of facenet-pytorch's InceptionResnetV1, by the names of its state dict. */

/** A convolution without bias, batch normalisation, ReLU. */
export interface Unit {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** [height, width] */
  readonly kernel: readonly [number, number];
  readonly stride: number;
  /** [above and below, left and right] */
  readonly padding: readonly [number, number];
}

/** Units one after the other. */
export type Branch = readonly Unit[];

/** x + scale · (a 1 × 1 convolution of the branches side by side), then ReLU but for the last block. */
export interface Residual {
  readonly name: string;
  readonly branches: readonly Branch[];
  readonly joined: number;
  readonly channels: number;
  readonly scale: number;
  readonly relu: boolean;
}

/** Branches side by side, with 3 × 3 max pooling of stride 2 as the last one. */
export type Reduction = readonly Branch[];

type Geometry = { kernel?: number | readonly [number, number]; stride?: number; padding?: number | readonly [number, number] };

function unit(name: string, inputs: number, outputs: number, { kernel = 1, stride = 1, padding = 0 }: Geometry = {}): Unit {
  const both = (value: number | readonly [number, number]) => (typeof value === "number" ? ([value, value] as const) : value);
  return { name, inputs, outputs, kernel: both(kernel), stride, padding: both(padding) };
}

const same = { kernel: 3, padding: 1 };
const half = { kernel: 3, stride: 2 };

export const STEM: readonly (Unit | "pool")[] = [
  unit("conv2d_1a", 3, 32, half),
  unit("conv2d_2a", 32, 32, { kernel: 3 }),
  unit("conv2d_2b", 32, 64, same),
  "pool",
  unit("conv2d_3b", 64, 80),
  unit("conv2d_4a", 80, 192, { kernel: 3 }),
  unit("conv2d_4b", 192, 256, half),
];

function block35(name: string): Residual {
  const branches = [
    [unit(`${name}.branch0`, 256, 32)],
    [unit(`${name}.branch1.0`, 256, 32), unit(`${name}.branch1.1`, 32, 32, same)],
    [unit(`${name}.branch2.0`, 256, 32), unit(`${name}.branch2.1`, 32, 32, same), unit(`${name}.branch2.2`, 32, 32, same)],
  ];
  return { name, branches, joined: 96, channels: 256, scale: 0.17, relu: true };
}

/** A branch of one unit, and one of three that look along a row and a column. */
function crossed(name: string, channels: number, width: number, length: number): Branch[] {
  const padding = (length - 1) / 2;
  return [
    [unit(`${name}.branch0`, channels, width)],
    [
      unit(`${name}.branch1.0`, channels, width),
      unit(`${name}.branch1.1`, width, width, { kernel: [1, length], padding: [0, padding] }),
      unit(`${name}.branch1.2`, width, width, { kernel: [length, 1], padding: [padding, 0] }),
    ],
  ];
}

const block17 = (name: string): Residual => ({
  ...{ name, branches: crossed(name, 896, 128, 7) },
  ...{ joined: 256, channels: 896, scale: 0.1, relu: true },
});
const block8 = (name: string, last = false): Residual => ({
  ...{ name, branches: crossed(name, 1792, 192, 3) },
  ...{ joined: 384, channels: 1792, scale: last ? 1 : 0.2, relu: !last },
});

const MIXED_6A: Reduction = [
  [unit("mixed_6a.branch0", 256, 384, half)],
  [unit("mixed_6a.branch1.0", 256, 192), unit("mixed_6a.branch1.1", 192, 192, same), unit("mixed_6a.branch1.2", 192, 256, half)],
];
const MIXED_7A: Reduction = [
  [unit("mixed_7a.branch0.0", 896, 256), unit("mixed_7a.branch0.1", 256, 384, half)],
  [unit("mixed_7a.branch1.0", 896, 256), unit("mixed_7a.branch1.1", 256, 256, half)],
  [unit("mixed_7a.branch2.0", 896, 256), unit("mixed_7a.branch2.1", 256, 256, same), unit("mixed_7a.branch2.2", 256, 256, half)],
];

const repeat = (count: number, block: (name: string) => Residual, name: string) =>
  Array.from({ length: count }, (_, i) => block(`${name}.${i}`));

/** What follows the stem, in order. */
export const BLOCKS: readonly (Residual | Reduction)[] = [
  ...repeat(5, block35, "repeat_1"),
  MIXED_6A,
  ...repeat(10, block17, "repeat_2"),
  MIXED_7A,
  ...repeat(5, block8, "repeat_3"),
  block8("block8", true),
];

/** Channels of the last block, and numbers of an embedding. */
export const CHANNELS = 1792;
export const EMBEDDING = 512;

export const isReduction = (block: Residual | Reduction): block is Reduction => Array.isArray(block);

/** Every unit of the network. */
export function allUnits(): Unit[] {
  const stem = STEM.filter((layer) => layer !== "pool");
  return [...stem, ...BLOCKS.flatMap((block) => (isReduction(block) ? block.flat() : block.branches.flat()))];
}
