import { describe, expect, it } from "vitest";
import { type Dim, differentiate, floats, integers, OnnxError, type OnnxNode, type OnnxTensor, readOnnx } from "../src/index.js";
import { ATTRIBUTE, FUNCTION, GRAPH, KIND, MODEL, NODE, OPSET_IMPORT } from "../src/io/fields.js";
import { writeNode } from "../src/io/node-proto.js";
import { writeTensor } from "../src/io/tensor-proto.js";
import { writeValueInfo } from "../src/io/value-info.js";
import { MessageWriter } from "../src/io/wire-writer.js";
import { runModel } from "./run-model.js";

/** Files with what our own writer never writes: graphs within nodes, and functions. */

interface Graph {
  nodes: Node[];
  outputs: string[];
  constants?: Record<string, OnnxTensor>;
}
interface Node extends Partial<OnnxNode> {
  op: string;
  graphs?: Record<string, Graph>;
  references?: Record<string, string>;
}
interface Fn {
  name: string;
  inputs: string[];
  outputs: string[];
  nodes: Node[];
  opset?: number;
  defaults?: [string, number][];
}

const node = (op: string, inputs: string[], outputs: string[], more: Partial<Node> = {}): Node => ({
  op,
  inputs,
  outputs,
  ...more,
});

function addNode(message: MessageWriter, { graphs = {}, references = {}, ...own }: Node): void {
  writeNode(message, { domain: "", name: "", inputs: [], outputs: [], attributes: {}, ...own });
  for (const [name, graph] of Object.entries(graphs)) {
    message.message(NODE.attribute, (attribute) => {
      attribute.text(ATTRIBUTE.name, name);
      attribute.int(ATTRIBUTE.type, KIND.graph);
      attribute.message(ATTRIBUTE.graph, (inner) => addGraph(inner, graph, []));
    });
  }
  for (const [name, from] of Object.entries(references)) {
    message.message(NODE.attribute, (attribute) => {
      attribute.text(ATTRIBUTE.name, name);
      attribute.int(ATTRIBUTE.type, KIND.float);
      attribute.text(ATTRIBUTE.reference, from);
    });
  }
}

function addGraph(message: MessageWriter, { nodes, outputs, constants = {} }: Graph, inputs: [string, Dim[]][]): void {
  for (const own of nodes) message.message(GRAPH.node, (inner) => addNode(inner, own));
  for (const [name, tensor] of Object.entries(constants))
    message.message(GRAPH.initializer, (own) => writeTensor(own, name, tensor));
  const info = (field: number, name: string, dims?: Dim[]) =>
    message.message(field, (own) => writeValueInfo(own, { name, type: "float32", dims }));
  for (const [name, dims] of inputs) info(GRAPH.input, name, dims);
  for (const name of outputs) info(GRAPH.output, name);
}

function fileOf(graph: Graph, functions: Fn[] = []): Uint8Array {
  const message = new MessageWriter();
  message.int(MODEL.irVersion, 8);
  message.message(MODEL.graph, (own) => addGraph(own, graph, [["x", ["n", 3]]]));
  const opset = (into: MessageWriter, field: number, domain: string, version: number) =>
    into.message(field, (own) => {
      own.text(OPSET_IMPORT.domain, domain);
      own.int(OPSET_IMPORT.version, version);
    });
  opset(message, MODEL.opsetImport, "", 18);
  opset(message, MODEL.opsetImport, "local", 1);
  for (const { name, inputs, outputs, nodes, opset: version = 18, defaults = [] } of functions) {
    message.message(MODEL.functions, (own) => {
      own.text(FUNCTION.name, name);
      own.text(FUNCTION.domain, "local");
      for (const input of inputs) own.text(FUNCTION.input, input);
      for (const output of outputs) own.text(FUNCTION.output, output);
      for (const inner of nodes) own.message(FUNCTION.node, (into) => addNode(into, inner));
      opset(own, FUNCTION.opsetImport, "", version);
      for (const [attribute, value] of defaults) {
        own.message(FUNCTION.attributeDefault, (into) => {
          into.text(ATTRIBUTE.name, attribute);
          into.int(ATTRIBUTE.type, KIND.float);
          into.float(ATTRIBUTE.float, value);
        });
      }
    });
  }
  return message.finish();
}

/** Value and gradient at [[1, 2, −3]], by a cotangent of ones. */
async function run(file: Uint8Array): Promise<{ y: number[]; gradient: number[] }> {
  const model = differentiate(readOnnx(file), { outputs: ["y"], wrt: ["x"], cotangents: "ones" });
  const { y, x_gradient } = await runModel(model, { x: { dims: [1, 3], data: [1, 2, -3] } });
  return { y: [...y!.data], gradient: [...x_gradient!.data] };
}

describe("control flow", () => {
  /** if (x.shape[axis] === size) y = 2 · x; else y = |x|, where the branches' values have the same names. */
  const ofShape = (axis: number, size: number): Graph => ({
    nodes: [
      node("Shape", ["x"], ["shape"]),
      node("Gather", ["shape", "axis"], ["dim"]),
      node("Equal", ["dim", "size"], ["is"]),
      node("If", ["is"], ["y"], {
        name: "choice",
        graphs: {
          then_branch: { nodes: [node("Mul", ["x", "two"], ["own"])], outputs: ["own"], constants: { two: floats([], [2]) } },
          else_branch: { nodes: [node("Abs", ["x"], ["own"])], outputs: ["own"] },
        },
      }),
    ],
    outputs: ["y"],
    constants: { axis: { ...integers([axis]), dims: [] }, size: { ...integers([size]), dims: [] } },
  });

  it("takes the branch that constants and shapes lead to, also where the batch is asked for a size that it seldom has", async () => {
    expect(await run(fileOf(ofShape(1, 3)))).toEqual({ y: [2, 4, -6], gradient: [2, 2, 2] });
    expect(await run(fileOf(ofShape(1, 4)))).toEqual({ y: [1, 2, 3], gradient: [1, 1, -1] });
    expect(await run(fileOf(ofShape(0, 2)))).toEqual({ y: [1, 2, 3], gradient: [1, 1, -1] });
    expect(readOnnx(fileOf(ofShape(1, 3))).nodes.map(({ op }) => op)).not.toContain("If");
  });

  it("takes branches within branches, which hand on values from around them", async () => {
    const inner = node("If", ["yes"], ["inner"], {
      graphs: {
        then_branch: { nodes: [node("Neg", ["own"], ["low"])], outputs: ["low"] },
        else_branch: { nodes: [], outputs: ["x"] },
      },
    });
    const graph: Graph = {
      nodes: [
        // Before what it reads: files need not be sorted.
        node("If", ["yes"], ["y"], {
          graphs: {
            then_branch: { nodes: [inner, node("Mul", ["x", "x"], ["own"])], outputs: ["inner"] },
            else_branch: { nodes: [], outputs: ["x"] },
          },
        }),
        node("Not", ["no"], ["yes"]),
      ],
      outputs: ["y"],
      constants: { no: { type: "bool", dims: [], data: Uint8Array.of(0) } },
    };
    expect(await run(fileOf(graph))).toEqual({ y: [-1, -4, -9], gradient: [-2, -4, 6] });
  });

  it("that hangs on data, or repeats, is refused by its node's name", () => {
    const branch: Graph = { nodes: [], outputs: ["x"] };
    const both = { then_branch: branch, else_branch: branch };
    const onData: Graph = {
      nodes: [
        node("ReduceMax", ["x"], ["m"], { attributes: { keepdims: { int: 0 } } }),
        node("Cast", ["m"], ["is"], { attributes: { to: { int: 9 } } }),
        node("If", ["is"], ["y"], { name: "bright", graphs: both }),
      ],
      outputs: ["y"],
    };
    expect(() => readOnnx(fileOf(onData))).toThrow(/node "bright" \(If → y\): its condition hangs on data/);
    const loop: Graph = {
      nodes: [node("Loop", ["", "", "x"], ["y"], { name: "steps", graphs: { body: branch } })],
      outputs: ["y"],
    };
    expect(() => readOnnx(fileOf(loop))).toThrow(
      /expected no control flow but an If of a known condition, got node "steps" \(Loop → y\)/,
    );
  });
});

describe("local functions", () => {
  const twice: Fn = { name: "Twice", inputs: ["a"], outputs: ["b"], nodes: [node("Add", ["a", "a"], ["b"])] };
  const leaky: Fn = {
    name: "Leaky",
    inputs: ["a", "bias"],
    outputs: ["b", "c"],
    nodes: [
      node("Twice", ["a"], ["t"], { domain: "local" }),
      node("LeakyRelu", ["t"], ["b"], { references: { alpha: "slope" } }),
      node("Identity", ["t"], ["c"]),
    ],
    defaults: [["slope", 0.5]],
  };
  const call = (name: string, inputs: string[], outputs: string[], more: Partial<Node> = {}) =>
    node(name, inputs, outputs, { domain: "local", ...more });

  it("are put in the place of their calls, with the call's attributes or the function's own, as often as they are called", async () => {
    const graph: Graph = {
      nodes: [
        call("Leaky", ["x"], ["h"], { attributes: { slope: { float: 0.1 } } }),
        call("Leaky", ["h", ""], ["", "g"]),
        call("Leaky", ["g"], ["y"]),
      ],
      outputs: ["y"],
    };
    const file = fileOf(graph, [twice, leaky]);
    const { y, gradient } = await run(file);
    // 2x, leaky of 0.1, 2·, then 2· and leaky of 0.5: for −3: −6 → −0.6 → −1.2 → −2.4 → −1.2.
    for (const [k, value] of [8, 16, -1.2].entries()) expect(y[k]).toBeCloseTo(value, 5);
    for (const [k, value] of [8, 8, 0.4].entries()) expect(gradient[k]).toBeCloseTo(value, 5);
    expect(readOnnx(file).domains).toEqual({});
  });

  it("are refused by name where they call themselves, are of another operator set, or take less than they are given", () => {
    const graph = (name: string, inputs = ["x"]): Graph => ({
      nodes: [call(name, inputs, ["y"], { name: "mine" })],
      outputs: ["y"],
    });
    const endless: Fn = { name: "Endless", inputs: ["a"], outputs: ["b"], nodes: [call("Endless", ["a"], ["b"])] };
    expect(() => readOnnx(fileOf(graph("Endless"), [endless]))).toThrow(/which calls itself/);
    expect(() => readOnnx(fileOf(graph("Twice"), [{ ...twice, opset: 13 }]))).toThrow(
      /functions of the model's operator set, 18, got node "mine" \(Twice → y\), a function of 13/,
    );
    expect(() => readOnnx(fileOf(graph("Twice", ["x", "x"]), [twice]))).toThrow(/at most 1 inputs.*node "mine"/);
  });

  it("that multiply are stopped by the memory that a file may take", () => {
    const layers = Array.from({ length: 40 }, (_, i): Fn => {
      const inner = i === 0 ? node("Neg", ["a"], ["m"]) : call(`F${i - 1}`, ["a"], ["m"]);
      const last = i === 0 ? node("Neg", ["m"], ["b"]) : call(`F${i - 1}`, ["m"], ["b"]);
      return { name: `F${i}`, inputs: ["a"], outputs: ["b"], nodes: [inner, last] };
    });
    const graph: Graph = { nodes: [call("F39", ["x"], ["y"])], outputs: ["y"] };
    expect(() => readOnnx(fileOf(graph, layers))).toThrow(OnnxError);
  });
});
