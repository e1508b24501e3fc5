import type { CheckpointSource } from "@latentflow/checkpoints";
import { StyleGan2Generator } from "@latentflow/models";
import { imagesOutput, type OnnxModel, openOnnx, sideLengths, splitMapping } from "@latentflow/onnx";
import { EngineError } from "../errors.js";
import type { GraphGenerator, NetworkParts } from "../parts.js";
import { type Codes, normalCodes } from "./codes.js";
import { type FileType, openFile, shortName } from "./file-type.js";
import { mappedCodes } from "./mapped-codes.js";
import { readKeyed } from "./state-dicts.js";
import { codesOfStyleGan2 } from "./stylegan2-parts.js";

/** A generator of a file. */
export interface LoadedGenerator {
  /** For people: "StyleGAN2, 64 px". */
  readonly name: string;
  readonly generator: NetworkParts["generator"];
  /** Of its images; undefined where a graph does not tell. */
  readonly size: { readonly height: number; readonly width: number } | undefined;
  /** Codes of its own mapping, or for want of one normal numbers. */
  codes(): Promise<Codes & { dispose?(): void }>;
  /** Whether those are of a mapping. */
  readonly isMapped: boolean;
  readonly styleWeights?: NonNullable<NetworkParts["styleWeights"]>;
  dispose?(): void;
}

/** How a generator is read. */
export interface GeneratorChoice {
  readonly file: CheckpointSource;
  /** Where in a checkpoint its weights are. */
  readonly key?: string | undefined;
  /** Of a graph that maps z to w inside: the name of w. */
  readonly latent?: string | undefined;
  /** A mapping z → w of its own. */
  readonly mapping?: CheckpointSource;
}

/** Readers by the file's type; one is one line. */
const GENERATORS: Partial<Record<FileType, (source: CheckpointSource, choice: GeneratorChoice) => Promise<LoadedGenerator>>> = {
  pickle: async (source, choice) => {
    checkFor(choice, "a .pkl", ["key", "latent", "mapping"]);
    return styleGan2(await StyleGan2Generator.fromNvlabs(source));
  },
  torch: async (source, choice) => {
    checkFor(choice, "a .pt", ["latent", "mapping"]);
    return styleGan2(await readStyleGan2(source, choice.key));
  },
  safetensors: async (source, choice) => {
    checkFor(choice, "a .safetensors", ["key", "latent", "mapping"]);
    return styleGan2(await StyleGan2Generator.fromSafetensors(source));
  },
  onnx: async (source, choice) => {
    checkFor(choice, "an .onnx", ["key"]);
    return graphGenerator(await openOnnx(source), choice);
  },
};

/** What says nothing of a kind of file is a mistake. */
function checkFor(choice: GeneratorChoice, kind: string, others: readonly (keyof GeneratorChoice)[]): void {
  const given = others.find((field) => choice[field] !== undefined);
  if (given === undefined) return;
  const of = given === "key" ? "PyTorch files (.pt, .pth)" : "graphs (.onnx); StyleGAN2's other files have their mapping inside";
  throw new EngineError(`expected no ${given} beside ${kind} file: it is for ${of}.`);
}

export function readGenerator(choice: GeneratorChoice): Promise<LoadedGenerator> {
  return openFile("generator", choice.file, GENERATORS, (read, source) => read(source, choice));
}

function styleGan2(generator: StyleGan2Generator): LoadedGenerator {
  const { resolution } = generator.architecture;
  return {
    name: `StyleGAN2, ${resolution} px`,
    generator,
    size: { height: resolution, width: resolution },
    isMapped: true,
    codes: async () => {
      const { styleWeights: _, ...codes } = await codesOfStyleGan2(generator);
      return { ...codes, notes: [] };
    },
    styleWeights: async () => generator.styleWeights(),
    dispose: () => generator.dispose(),
  };
}

function readStyleGan2(source: CheckpointSource, key: string | undefined): Promise<StyleGan2Generator> {
  return readKeyed(
    "generator",
    source,
    key,
    (file) => StyleGan2Generator.fromRosinality(file),
    (bytes) => StyleGan2Generator.fromSafetensors(bytes),
  );
}

/** A graph: its input is w where a mapping is given, or can be cut off it. */
async function graphGenerator(graph: OnnxModel, choice: GeneratorChoice): Promise<LoadedGenerator> {
  const name = shortName(choice.file, "a graph");
  const split = choice.mapping === undefined ? splitMapping(graph, choice.latent) : null;
  const synthesis = split?.synthesis ?? graph;
  const size = sideLengths(imagesOutput("loadModel", synthesis).dims);
  const mapping = choice.mapping === undefined ? split?.mapping : await readMapping(choice.mapping);
  const generator = graphPart(synthesis);
  const from = split ? `the mapping inside ${name}, whose codes w are its value "${split.latent}"` : "the mapping";
  return {
    ...{ generator, size, isMapped: mapping !== undefined },
    name: `${name}${size ? `, ${size.width === size.height ? size.width : `${size.width} × ${size.height}`} px` : ""}`,
    codes: async () =>
      mapping
        ? mappedCodes(mapping, generator.latentDim, choice.mapping ? shortName(choice.mapping, from) : from)
        : normalCodes(generator.latentDim, `as ${name} has no mapping`),
  };
}

function readMapping(file: CheckpointSource): Promise<OnnxModel> {
  return openFile("mapping", file, { onnx: openOnnx }, (read, source) => read(source));
}

function graphPart(graph: OnnxModel): GraphGenerator {
  const [input, ...more] = graph.inputs;
  const [, ...code] = input?.dims ?? [];
  const latentDim = code.at(-1);
  if (!input || more.length > 0 || code.length < 1 || code.length > 2 || code.some((dim) => typeof dim !== "number")) {
    const found = graph.inputs.map(({ name, dims }) => `${name} [${dims?.join(", ") ?? "of any shape"}]`).join(", ");
    const readsImages = code.length === 3 && (code[0] === 3 || code[2] === 3);
    if (readsImages)
      throw new EngineError(
        `expected a generator with an input w, got a network that reads images, ${found}: give it as the regressor.`,
      );
    throw new EngineError(
      `expected a generator with one input w [n, d] or [n, rows, d], got ${found || "none"}; make the rest constants when exporting.`,
    );
  }
  const rows = code.length === 2 ? (code[0] as number) : undefined;
  return { latentDim: latentDim as number, ...(rows !== undefined && { rowCount: rows }), toOnnx: () => graph };
}
