import { intOf, intsOf, stringOf } from "./attributes.js";
import { floats, type OnnxModel, type OnnxNode, type OnnxTensor } from "./model.js";
import { prune } from "./prune.js";

/**
 * Writes transposed convolutions of stride 2 as one plain convolution for each of the four phases of the output, put together by DepthToSpace:
 * output pixel 2m + a only meets the filter's taps a, a + 2, …. The multiplications are the same, and runtimes have faster kernels for Conv.
 * Only with constant filters, one group, no dilation and no padding; what else there is stays.
 */
export function splitTransposedConvolutions(model: OnnxModel): OnnxModel {
  const replaced = new Map<string, OnnxNode[]>();
  const initializers = new Map<string, OnnxTensor>(model.initializers);
  for (const node of model.nodes) {
    const filter = initializers.get(node.inputs[1] ?? "");
    const blur = filter && fits(node, filter) ? onlyPaddedReader(model, node.outputs[0]!) : undefined;
    if (!filter || !blur) continue;
    const made = phases(node, filter, initializers);
    replaced.set(node.outputs[0]!, made);
    replaced.set(blur.outputs[0]!, [withoutLastPad(blur)]);
  }
  const nodes = model.nodes.flatMap((node) => replaced.get(node.outputs[0] ?? "") ?? [node]);
  return prune({ ...model, nodes, initializers });
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

function withoutLastPad(node: OnnxNode): OnnxNode {
  const [top, left, bottom, right] = intsOf(node, "pads") as [number, number, number, number];
  return { ...node, attributes: { ...node.attributes, pads: { ints: [top, left, bottom - 1, right - 1] } } };
}

/** Taps of a filter of three along one axis: for even pixels 2m the inputs m − 1 and m meet taps 2 and 0, for odd ones m meets tap 1. */
const TAPS = [[2, 0], [1]] as const;

function phases(node: OnnxNode, { dims, data }: OnnxTensor, initializers: Map<string, OnnxTensor>): OnnxNode[] {
  const [inputs, outputs] = dims as [number, number];
  const weights = data as Float32Array;
  const base = node.outputs[0]!;
  const parts = TAPS.flatMap((rows, a) =>
    TAPS.map((columns, b): OnnxNode => {
      const name = `${base}_phase${a}${b}`;
      const taps = rows.length * columns.length;
      const filter = new Float32Array(outputs * inputs * taps);
      for (let o = 0; o < outputs; o++) {
        for (let c = 0; c < inputs; c++) {
          rows.forEach((row, i) => {
            columns.forEach((column, j) => {
              filter[(o * inputs + c) * taps + i * columns.length + j] = weights[(c * outputs + o) * 9 + row * 3 + column]!;
            });
          });
        }
      }
      initializers.set(`${name}_filter`, floats([outputs, inputs, rows.length, columns.length], filter));
      const attributes = { pads: { ints: [rows.length - 1, columns.length - 1, 1, 1] } };
      return { op: "Conv", domain: "", name, inputs: [node.inputs[0]!, `${name}_filter`], outputs: [name], attributes };
    }),
  );
  const all = `${base}_phases`;
  return [
    ...parts,
    {
      op: "Concat",
      domain: "",
      name: all,
      inputs: parts.map(({ name }) => name),
      outputs: [all],
      attributes: { axis: { int: 1 } },
    },
    {
      op: "DepthToSpace",
      domain: "",
      name: base,
      inputs: [all],
      outputs: [base],
      attributes: { blocksize: { int: 2 }, mode: { string: "DCR" } },
    },
  ];
}
