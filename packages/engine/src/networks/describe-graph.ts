import type { NetworkDescription } from "@latentflow/models";
import type { OnnxModel, ValueInfo } from "@latentflow/onnx";

/** What a graph is in numbers, and what its inputs and outputs let it be loaded as. */
export function describeGraph(graph: OnnxModel): { network: NetworkDescription | null; facts: [string, string][] } {
  const counts = new Map<string, number>();
  for (const { op, domain } of graph.nodes) {
    const name = domain === "" ? op : `${domain}.${op}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const ops = [...counts].sort(([, a], [, b]) => b - a).map(([op, count]) => `${op} ${count}`);
  const facts: [string, string][] = [
    ["operator set", String(graph.opset)],
    ["inputs", graph.inputs.map(shown).join(", ")],
    ["outputs", graph.outputs.map(shown).join(", ")],
    ["nodes", `${graph.nodes.length}: ${ops.slice(0, 16).join(", ")}${ops.length > 16 ? ", …" : ""}`],
  ];
  return { network: networkOf(graph), facts };
}

const shown = ({ name, type, dims }: ValueInfo) =>
  `${name} [${dims?.join(", ") ?? "any shape"}]${type === "float32" ? "" : ` ${type}`}`;

const isImages = ({ dims }: ValueInfo) => dims?.length === 4 && (dims[1] === 3 || dims[3] === 3);

function networkOf({ inputs, outputs }: OnnxModel): NetworkDescription | null {
  const [input, ...more] = inputs;
  if (!input || more.length > 0) return null;
  const images = outputs.find(isImages);
  if (!isImages(input) && images)
    return {
      role: "generator",
      name: "a generator as a graph",
      facts: [
        ["codes", shown(input)],
        ["images", shown(images)],
      ],
    };
  if (!isImages(input)) return null;
  const rows = outputs.filter(({ dims, name }) => dims?.length === 2 && name !== "features");
  if (rows.length === 0) return null;
  const attributes = rows.map(({ name, dims }) => `${name} (${dims![1]})`).join(", ");
  return {
    role: "regressor",
    name: "a regressor or an embedder as a graph",
    facts: [
      ["images", shown(input)],
      ["attributes (classes)", `${rows.length}: ${attributes}`],
      ["preprocessing", "in the graph"],
    ],
  };
}
