import type { TensorData } from "@latentflow/checkpoints";
import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { LatentEditError } from "../errors.js";
import { checkAlive } from "../input/checks.js";
import { assignWeights, weightsOf } from "../tensors/weights.js";
import { checkWeights } from "./check-weights.js";
import { NeuralOdeDirection } from "./neural-ode-direction.js";
import { SOLVER } from "./solver.js";

const PREFIX = "odefunc.model";
const LAYER = /^(\d+\.(weight|bias)|const)$/;

/**
 * A direction's weights under the paper's keys, as its released `ckpt_{i}.pt` files name them: `odefunc.model.0.weight` [out, in],
 * `odefunc.model.0.bias`, then even indices; the constant is `odefunc.model.const`.
 */
export async function toStateDict(direction: NeuralOdeDirection): Promise<Map<string, TensorData>> {
  if (!(direction instanceof NeuralOdeDirection)) {
    throw new LatentEditError(`toStateDict: expected a NeuralOdeDirection, got ${describeValue(direction)}.`);
  }
  checkAlive("toStateDict", direction);
  const values = await weightsOf(direction.variables);
  values.forEach((data, i) => {
    checkWeights("toStateDict", `variable ${i}`, data);
  });
  const d = direction.latentDim;
  if (direction.depth === -1) return new Map([[`${PREFIX}.const`, { dtype: "float32", shape: [1, d], data: values[0]! }]]);
  const entries: [string, TensorData][] = [];
  for (let layer = 0; layer < direction.depth; layer++) {
    const [weight, bias] = [values[2 * layer]!, values[2 * layer + 1]!];
    entries.push([`${PREFIX}.${2 * layer}.weight`, { dtype: "float32", shape: [d, d], data: transposed(weight, d) }]);
    entries.push([`${PREFIX}.${2 * layer}.bias`, { dtype: "float32", shape: [d], data: bias }]);
  }
  return new Map(entries);
}

const IMPORT = {
  /** Default: one step of the 3/8 rule, as the paper trains. */
  solver: { ...SOLVER, optional: true },
  /** Default 0.2. */
  negativeSlope: { optional: true },
} as const satisfies DeclaredOptions;

/**
 * A direction from the paper's released weights: `importSeedFlow(stateDict(await readTorch(bytes)))`. Depth and width follow from the keys;
 * `odefunc.` in front is optional.
 *
 * @throws LatentEditError for other keys or shapes
 */
export function importSeedFlow(
  state: ReadonlyMap<string, TensorData> | Readonly<Record<string, TensorData>>,
  options: GivenOptions<typeof IMPORT> = {},
): NeuralOdeDirection {
  const settings = readOptions("importSeedFlow", IMPORT, options, LatentEditError);
  if (typeof state !== "object" || state === null) {
    throw new LatentEditError(
      `importSeedFlow: expected a state dict, such as stateDict(await readTorch(bytes)), got ${describeValue(state)}.`,
    );
  }
  const entries: [string, TensorData][] = state instanceof Map ? [...state] : Object.entries(state);
  const named = new Map(entries.map(([key, value]) => [key.replace(/^(.*\.)?model\./, ""), value]));
  for (const [key, value] of named) if (LAYER.test(key)) checkTensorData(key, value);
  const constant = named.get("const");
  if (constant !== undefined && named.size === 1) {
    const d = constant.data.length;
    if (constant.shape.at(-1) !== d) {
      throw new LatentEditError(`importSeedFlow: expected const [1, d], got [${constant.shape.join(", ")}].`);
    }
    return withWeights(new NeuralOdeDirection({ latentDim: d, depth: -1, ...settings }), [toFloat32(constant)]);
  }
  const weights: Float32Array[] = [];
  const d = named.get("0.bias")?.data.length ?? 0;
  for (let index = 0; named.has(`${index}.weight`); index += 2) {
    const [weight, bias] = [named.get(`${index}.weight`)!, named.get(`${index}.bias`)];
    if (bias === undefined || bias.data.length !== d || weight.data.length !== d * d) {
      throw new LatentEditError(
        `importSeedFlow: expected a square layer ${index} of width ${d} with a bias, got weight [${weight.shape.join(", ")}].`,
      );
    }
    weights.push(transposed(toFloat32(weight), d), toFloat32(bias));
  }
  if (weights.length === 0) {
    throw new LatentEditError(
      `importSeedFlow: expected keys ${PREFIX}.0.weight, ${PREFIX}.0.bias, … or ${PREFIX}.const, got ${[...named.keys()].slice(0, 8).join(", ")}.`,
    );
  }
  const layers = [...named.keys()].filter((key) => LAYER.test(key));
  if (layers.length > weights.length) {
    throw new LatentEditError(
      `importSeedFlow: expected residual layers at 0, 2, … without a gap and nothing else, got ${layers.join(", ")}; this is another network.`,
    );
  }
  return withWeights(new NeuralOdeDirection({ latentDim: d, depth: weights.length / 2, ...settings }), weights);
}

function checkTensorData(key: string, value: unknown): void {
  const { data, shape } = (value ?? {}) as Partial<TensorData>;
  if (!Array.isArray(shape) || !ArrayBuffer.isView(data)) {
    throw new LatentEditError(
      `importSeedFlow: expected ${key} as { dtype, shape, data }, as readTorch and readSafetensors give it, got ${describeValue(value)}.`,
    );
  }
  checkWeights("importSeedFlow", key, data as ArrayLike<number | bigint>);
}

/** A new direction with weights, in its variables' order. */
function withWeights(direction: NeuralOdeDirection, weights: readonly Float32Array[]): NeuralOdeDirection {
  assignWeights(direction.variables, weights);
  return direction;
}

function toFloat32({ data }: TensorData): Float32Array<ArrayBuffer> {
  return Float32Array.from(data as ArrayLike<number>, Number);
}

function transposed(matrix: Float32Array, d: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: d * d }, (_, i) => matrix[(i % d) * d + Math.floor(i / d)]!);
}
