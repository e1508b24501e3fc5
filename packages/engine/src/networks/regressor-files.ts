import type { CheckpointSource } from "@latentflow/checkpoints";
import { FactorRegressor, type RegressorFileOptions } from "@latentflow/models";
import {
  type HeadSpec,
  type ImageSize,
  type OnnxModel,
  openOnnx,
  type Resize,
  sideLengths,
  withHeads,
  withResize,
} from "@latentflow/onnx";
import { EngineError } from "../errors.js";
import type { NetworkParts } from "../parts.js";
import { type FileType, openFile, shortName } from "./file-type.js";
import { resizedRegressor } from "./resized-regressor.js";
import { readKeyed } from "./state-dicts.js";

/** How a regressor is read. */
export interface RegressorChoice {
  readonly file: CheckpointSource;
  /** Where in a checkpoint its weights are. */
  readonly key?: string | undefined;
  /** How images of another size than its own come to it. */
  readonly resize?: Resize | undefined;
  readonly attributes?: readonly HeadSpec[];
  readonly heads?: "classes" | "binary";
  /** Of the generator's images, where it is known. */
  readonly size?: ImageSize;
}

/** A regressor of a file. */
export interface LoadedRegressor {
  readonly regressor: NetworkParts["regressor"];
  readonly notes: readonly string[];
  dispose?(): void;
}

/** Readers by the file's type; one is one line. */
const REGRESSORS: Partial<Record<FileType, (source: CheckpointSource, choice: RegressorChoice) => Promise<LoadedRegressor>>> = {
  torch: async (source, choice) => factorRegressor(await readTorchRegressor(source, choice), choice),
  safetensors: async (source, choice) => factorRegressor(await FactorRegressor.fromSafetensors(source, namesOf(choice)), choice),
  onnx: async (source, choice) => graphRegressor(await openOnnx(source), choice),
};

export function readRegressor(part: "regressor" | "judge", choice: RegressorChoice): Promise<LoadedRegressor> {
  return openFile(part, choice.file, REGRESSORS, (read, source) => read(source, choice));
}

function readTorchRegressor(source: CheckpointSource, choice: RegressorChoice): Promise<FactorRegressor> {
  return readKeyed(
    "regressor",
    source,
    choice.key,
    (file) => FactorRegressor.fromTorch(file, namesOf(choice)),
    (bytes) => FactorRegressor.fromSafetensors(bytes, namesOf(choice)),
  );
}

function namesOf({ attributes, heads }: RegressorChoice): RegressorFileOptions {
  const names = attributes?.map((spec) => (typeof spec === "string" ? spec : spec.name));
  return { ...(names && { attributes: names }), ...(heads && { heads }) };
}

/** One of ours: its heads are rows of classes. */
async function factorRegressor(
  read: FactorRegressor,
  { attributes = [], heads, resize, size }: RegressorChoice,
): Promise<LoadedRegressor> {
  const regressor = size !== undefined && resize === undefined ? read.forImages(size) : read;
  if (regressor !== read) read.dispose();
  const dispose = () => regressor.dispose();
  const wrong = attributes.find(
    (spec, k) => typeof spec !== "string" && !("classes" in spec && spec.classes === regressor.attributes[k]?.classes),
  );
  if (wrong !== undefined && typeof wrong !== "string") {
    const found = regressor.attributes.map(({ name, classes }) => `${name}: ${classes}`).join(", ");
    dispose();
    throw new EngineError(
      `expected attributes as the file's heads are (${found} classes), got "${wrong.name}" with ${"classes" in wrong ? `${wrong.classes} classes` : "thresholds, which graphs (.onnx) take"}.`,
    );
  }
  const several = heads === "binary" ? regressor.attributes.find(({ classes }) => classes !== 2) : undefined;
  if (several) {
    dispose();
    throw new EngineError(`expected heads of two classes for heads: "binary", got "${several.name}" with ${several.classes}.`);
  }
  if (resize === undefined || size === undefined) return { regressor, notes: [], dispose };
  return { regressor: await resizedRegressor(regressor, size, resize), notes: [noteOf(size, resize)], dispose };
}

const noteOf = ({ height, width }: ImageSize, resize: Resize) =>
  `images of ${width} × ${height} px are resized (${resize}) for the regressor where it takes others`;

function graphRegressor(graph: OnnxModel, choice: RegressorChoice): LoadedRegressor {
  const { attributes, heads, resize, size, file } = choice;
  const { model, notes } = fitted(graph, size, resize, shortName(file, "the regressor"));
  const options = { ...(attributes && { attributes }), ...(heads && { heads }) };
  const { regressor, attributes: found, notes: guessed } = withHeads(model, options);
  const name = shortName(file, "the regressor");
  return {
    regressor: { attributes: found, toOnnx: () => regressor },
    notes: [...notes, ...guessed.map((note) => `${name}: ${note}`)],
  };
}

/** The graph for the generator's images, resized where that is asked for and its own word for their size where it leaves it open. */
function fitted(graph: OnnxModel, size: ImageSize | undefined, resize: Resize | undefined, name: string) {
  const [input, ...more] = graph.inputs;
  const dims = input?.dims;
  if (!input || more.length > 0 || dims?.length !== 4 || size === undefined) return { model: graph, notes: [] };
  const own = sideLengths(dims);
  if (own === undefined) {
    const open = dims[1] === 3 ? [dims[0]!, 3, size.height, size.width] : [dims[0]!, size.height, size.width, dims[3]!];
    return { model: { ...graph, inputs: [{ ...input, dims: open }] }, notes: [] };
  }
  const isSame = own.height === size.height && own.width === size.width;
  if (isSame) return { model: graph, notes: [] };
  if (resize === undefined)
    throw new EngineError(
      `expected a regressor of images of ${size.width} × ${size.height} px, as the generator makes them, got one of ${own.width} × ${own.height} px. Name a resize, { file: "${name}", resize: "area" | "bilinear" | "nearest" }, the one that it was trained behind.`,
    );
  return {
    model: withResize(graph, size, resize),
    notes: [`${name}: images of ${size.width} × ${size.height} px are resized (${resize}) to ${own.width} × ${own.height} px`],
  };
}
