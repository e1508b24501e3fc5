import { intOf, intsOf, stringOf } from "../graph/attributes.js";
import { floats, integers, type OnnxModel, type OnnxNode, type OnnxTensor } from "../graph/model.js";
import { type Replacement, replaceNodes } from "../graph/replacement.js";
import { inferShapes, type ValueFacts } from "../shapes/infer.js";

/**
 * Winograd's F(4 × 4, 3 × 3) after Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR 2016), equations 11 to 15: a tile of 4 × 4 output
 * pixels from 6 × 6 input pixels by 36 products in place of 144. In one dimension, with a filter g and an input d:
 *
 *     y = Aᵀ [(G g) ⊙ (Bᵀ d)]
 *
 * As a graph: Bᵀ along both axes as depthwise convolutions of stride 4, the products as one 1 × 1 convolution for each of the 36 elements, Aᵀ along
 * both axes as products of matrices. G along both axes is a product of matrices, too, which runtimes compute when they load the graph: so it holds
 * the filter alone, a quarter of the 36 matrices' size. Rounding grows from 1e-6 to about 1e-5 of the largest value.
 */
const FILTER = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
const INPUT = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
const OUTPUT = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];
const TILE = 4;
const REACH = 6;

/** With fewer channels or pixels the transforms cost more than they save; kernels for whole blocks of 16 channels are fast. */
const ENOUGH = { channels: 128, pixels: 16, block: 16 };

/** Writes the large 3 × 3 convolutions of stride 1 whose filters are constant in Winograd's form. */
export function winogradConvolutions(model: OnnxModel): OnnxModel {
  if (!model.nodes.some((node) => filterOf(model, node))) return model;
  const facts = inferShapes(model);
  return replaceNodes(model, (node, by) => {
    const filter = filterOf(model, node);
    const sides = filter && sidesOf(facts.get(node.inputs[0]!));
    if (!filter || !sides) return false;
    write(by, node, filter, sides);
    return true;
  });
}

/** The filter of a convolution that fits. */
function filterOf(model: OnnxModel, node: OnnxNode): OnnxTensor | undefined {
  const filter = model.initializers.get(node.inputs[1] ?? "");
  if (node.op !== "Conv" || node.domain !== "" || filter?.type !== "float32" || filter.dims.slice(2).join() !== "3,3")
    return undefined;
  const all = (name: string, wanted: number, missing: boolean) =>
    intsOf(node, name)?.every((value) => value === wanted) ?? missing;
  const plain = intOf(node, "group", 1) === 1 && stringOf(node, "auto_pad", "NOTSET") === "NOTSET" && !node.inputs[2];
  const channels = filter.dims.slice(0, 2).every((count) => count >= ENOUGH.channels && count % ENOUGH.block === 0);
  return plain && channels && all("strides", 1, true) && all("dilations", 1, true) && all("pads", 1, false) ? filter : undefined;
}

/** Height and width, when they are known and whole numbers of tiles. */
function sidesOf(facts: ValueFacts | undefined): readonly [number, number] | undefined {
  const [height, width] = facts?.dims.slice(2) ?? [];
  const fits = [height, width].every((side) => typeof side === "number" && side >= ENOUGH.pixels && side % TILE === 0);
  return fits ? [height as number, width as number] : undefined;
}

function write(by: Replacement, node: OnnxNode, filter: OnnxTensor, [height, width]: readonly [number, number]): void {
  const [outputs, inputs] = filter.dims as [number, number];
  const [down, across] = [height / TILE, width / TILE];
  const weights = transformedFilter(by, node.inputs[1]!, outputs, inputs);
  const products = INPUT.flatMap((_, i) => {
    const rows = transformedInput(by, node.inputs[0]!, inputs, i, "rows");
    return INPUT.map((_, j) => {
      const pixels = transformedInput(by, rows, inputs, j, "columns");
      return by.op("Conv", [pixels, element(by, weights, i * REACH + j)]);
    });
  });
  const shape = (...dims: number[]) => by.shared(`winograd/${dims.join("_")}`, () => integers(dims));
  const rowMatrix = by.shared("winograd/output_rows", () => floats([TILE, REACH], OUTPUT.flat()));
  const columnMatrix = by.shared("winograd/output_columns", () =>
    floats(
      [REACH, TILE],
      INPUT.flatMap((_, j) => OUTPUT.map((row) => row[j]!)),
    ),
  );
  // [n, i, (j, channel, down, across)] → the tile's rows in place of i
  const tall = by.op("Reshape", [
    by.op("Concat", products, { axis: { int: 1 } }),
    shape(-1, REACH, REACH * outputs * down * across),
  ]);
  const rows = by.op("Reshape", [by.op("MatMul", [rowMatrix, tall]), shape(-1, TILE, REACH, outputs * down * across)]);
  // With the tile's columns last, pixels of a row lie side by side: [n, row of the tile, (channel, down), width]
  const pixels = by.op("MatMul", [by.op("Transpose", [rows], { perm: { ints: [0, 1, 3, 2] } }), columnMatrix]);
  const lines = by.op("Reshape", [pixels, shape(-1, TILE, outputs * down, width)]);
  const ordered = by.op("Transpose", [lines], { perm: { ints: [0, 2, 1, 3] } });
  by.result("Reshape", [ordered, shape(-1, outputs, height, width)]);
}

/** Row i of Bᵀ along one axis: a quarter of the pixels. */
function transformedInput(by: Replacement, x: string, channels: number, i: number, axis: "rows" | "columns"): string {
  const [kernel, strides, pads] =
    axis === "rows"
      ? [
          [REACH, 1],
          [TILE, 1],
          [1, 0, 1, 0],
        ]
      : [
          [1, REACH],
          [1, TILE],
          [0, 1, 0, 1],
        ];
  const filter = by.shared(`winograd/input_${axis}_${i}_${channels}`, () =>
    floats(
      [channels, 1, ...kernel],
      Float32Array.from({ length: channels * REACH }, (_, k) => INPUT[i]![k % REACH]!),
    ),
  );
  return by.op("Conv", [x, filter], { group: { int: channels }, strides: { ints: strides }, pads: { ints: pads } });
}

/** G g Gᵀ: 36 matrices one after the other, [36, outputs, inputs, 1, 1]. */
function transformedFilter(by: Replacement, filter: string, outputs: number, inputs: number): string {
  const taps = by.op("Reshape", [filter, by.shared("winograd/taps", () => integers([-1, 9]))]);
  const both = by.shared("winograd/filter", () => floats([9, REACH * REACH], kroneckerSquare()));
  const elements = by.op("Transpose", [by.op("MatMul", [taps, both])], { perm: { ints: [1, 0] } });
  const shape = [REACH * REACH, outputs, inputs, 1, 1];
  return by.op("Reshape", [elements, by.shared(`winograd/${shape.join("_")}`, () => integers(shape))]);
}

function element(by: Replacement, weights: string, i: number): string {
  return by.op("Gather", [weights, by.shared(`winograd/element_${i}`, () => ({ ...integers([i]), dims: [] }))], {
    axis: { int: 0 },
  });
}

/** (G ⊗ G)ᵀ: from the 9 taps to the 36 elements. */
function kroneckerSquare(): number[] {
  const taps = [0, 1, 2];
  return taps.flatMap((a) => taps.flatMap((b) => FILTER.flatMap((row) => FILTER.map((column) => row[a]! * column[b]!))));
}
