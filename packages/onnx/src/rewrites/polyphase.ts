import { intOf, intsOf, stringOf } from "../graph/attributes.js";
import { floats, integers, type OnnxModel, type OnnxNode, type OnnxTensor } from "../graph/model.js";
import { type Replacement, replaceNodes } from "../graph/replacement.js";
import { inferShapes } from "../shapes/infer.js";

/**
 * Writes transposed convolutions of stride 2 as one plain convolution for each of the four phases of the output: output pixel 2m + a only meets
 * the filter's taps a, a + 2, …. The multiplications are the same, and runtimes have faster kernels for Conv. Only with constant filters, one
 * group, no dilation and no padding; what else there is stays.
 */
export function splitTransposedConvolutions(model: OnnxModel): OnnxModel {
  const blurs = new Map<OnnxNode, OnnxNode>();
  for (const node of model.nodes) {
    const filter = model.initializers.get(node.inputs[1] ?? "");
    const blur = filter && fits(node, filter) ? onlyPaddedReader(model, node.outputs[0]!) : undefined;
    if (blur) blurs.set(node, blur);
  }
  if (blurs.size === 0) return model;
  const facts = inferShapes(model);
  const sidesOf = (node: OnnxNode) => (facts.get(node.inputs[0]!)?.dims ?? []).slice(2);
  const known = [...blurs].filter(([node]) => sidesOf(node).every((side) => typeof side === "number"));
  const split = new Set(known.map(([node]) => node));
  const padded = new Set(known.map(([, blur]) => blur));
  return replaceNodes(model, (node, by) => {
    if (split.has(node)) writePhases(by, node, model.initializers.get(node.inputs[1]!)!, sidesOf(node) as number[]);
    if (padded.has(node)) by.result("Conv", node.inputs, withoutLastPad(node));
    return split.has(node) || padded.has(node);
  });
}

function fits(node: OnnxNode, { dims, type }: OnnxTensor): boolean {
  const plain = intOf(node, "group", 1) === 1 && stringOf(node, "auto_pad", "NOTSET") === "NOTSET" && !node.inputs[2];
  const zero = (name: string) => (intsOf(node, name) ?? []).every((value) => value === 0);
  const strides = intsOf(node, "strides") ?? [];
  return (
    node.op === "ConvTranspose" &&
    node.domain === "" &&
    type === "float32" &&
    dims.length === 4 &&
    dims[2] === 3 &&
    dims[3] === 3 &&
    strides.join() === "2,2" &&
    (intsOf(node, "dilations") ?? []).every((value) => value === 1) &&
    plain &&
    zero("pads") &&
    zero("output_padding") &&
    node.attributes.output_shape === undefined
  );
}

/**
 * The phases make one row and one column of zeros more than the 2h + 1 pixels. A convolution that pads at the end anyway (StyleGAN2's blur) takes
 * them in place of its own padding; with any other reader they would have to be cut off by a copy.
 */
function onlyPaddedReader(model: OnnxModel, value: string): OnnxNode | undefined {
  const readers = model.nodes.filter((node) => node.inputs.includes(value));
  const pads = readers[0] && intsOf(readers[0], "pads");
  const isOutput = model.outputs.some(({ name }) => name === value);
  const padded = readers[0]?.op === "Conv" && pads?.length === 4 && pads[2]! >= 1 && pads[3]! >= 1;
  const strides = (readers[0] && intsOf(readers[0], "strides")) ?? [1, 1];
  return readers.length === 1 && !isOutput && padded && strides.every((stride) => stride === 1) ? readers[0] : undefined;
}

function withoutLastPad(node: OnnxNode): OnnxNode["attributes"] {
  const [top, left, bottom, right] = intsOf(node, "pads") as [number, number, number, number];
  return { ...node.attributes, pads: { ints: [top, left, bottom - 1, right - 1] } };
}

/** Taps of a filter of three along one axis: for even pixels 2m the inputs m − 1 and m meet taps 2 and 0, for odd ones m meets tap 1. */
const TAPS = [[2, 0], [1]] as const;

function writePhases(by: Replacement, node: OnnxNode, filter: OnnxTensor, sides: readonly number[]): void {
  const outputs = filter.dims[1]!;
  const [height, width] = sides.map((side) => side + 1) as [number, number];
  const phases = TAPS.flatMap((rows, a) =>
    TAPS.map((columns, b) =>
      by.op("Conv", [node.inputs[0]!, by.constant(`filter_${a}${b}`, phaseFilter(filter, rows, columns))], {
        pads: { ints: [rows.length - 1, columns.length - 1, 1, 1] },
      }),
    ),
  );
  const reshape = (x: string, dims: number[]) => [x, by.shared(`phases/${dims.join("_")}`, () => integers(dims))] as const;
  // DepthToSpace, as two transpositions of few axes: the runtime has fast kernels for those.
  const planes = by.op("Reshape", reshape(by.op("Concat", phases, { axis: { int: 1 } }), [-1, 2, 2, outputs * height * width]));
  const pixels = by.op("Transpose", [planes], { perm: { ints: [0, 1, 3, 2] } });
  const lines = by.op("Reshape", reshape(pixels, [-1, 2, outputs * height, 2 * width]));
  const ordered = by.op("Transpose", [lines], { perm: { ints: [0, 2, 1, 3] } });
  by.result("Reshape", reshape(ordered, [-1, outputs, 2 * height, 2 * width]));
}

/** The taps of one phase, [inputs, outputs, 3, 3] → [outputs, inputs, rows, columns]. */
function phaseFilter({ dims, data }: OnnxTensor, rows: readonly number[], columns: readonly number[]): OnnxTensor {
  const [inputs, outputs] = dims as [number, number];
  const taps = rows.flatMap((row) => columns.map((column) => row * 3 + column));
  const result = new Float32Array(outputs * inputs * taps.length);
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < inputs; c++) {
      taps.forEach((tap, i) => {
        result[(o * inputs + c) * taps.length + i] = (data as Float32Array)[(c * outputs + o) * 9 + tap]!;
      });
    }
  }
  return floats([outputs, inputs, rows.length, columns.length], result);
}
