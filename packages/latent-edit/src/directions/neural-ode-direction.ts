import "@latentflow/backend/gradients";
import { type DeclaredOptions, type GivenOptions, readOptions, SeededRandom } from "@latentflow/core";
import {
  add,
  div,
  matMul,
  mul,
  relu,
  sqrt,
  square,
  sub,
  sum,
  type Tensor2D,
  type Tensor3D,
  tidy,
  tile,
  type Variable,
  variable,
} from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { SEED } from "../input/checks.js";
import { FlowDirection, type FlowOptions } from "./direction.js";
import { flowAtTimes, flowEachRow, type Integration, type Velocity } from "./integrate.js";
import { type FlowSolver, PAPER_SOLVER, SOLVER } from "./solver.js";

const NEURAL_ODE = {
  /** Width d of a latent row. */
  latentDim: { min: 1, integer: true },
  /** Number of residual layers, 1 or more (paper: 1 to 3), or −1 for a trainable constant. */
  depth: { min: -1, integer: true },
  /** Slope of the leaky ReLU between layers for negative inputs (default 0.2). */
  negativeSlope: { default: 0.2 },
  /** Seed of the initial weights (default 0: two directions made without one start alike; give each its own to have them start apart). */
  seed: SEED,
  /** Default: one step of the 3/8 rule, as the paper trains. */
  solver: { ...SOLVER, default: PAPER_SOLVER },
} as const satisfies DeclaredOptions;

export interface NeuralOdeOptions extends GivenOptions<typeof NEURAL_ODE> {}

/** Keeps the division away from 0 where the field vanishes; the released code's value. */
const SPEED_EPSILON = 1e-6;

/**
 * The paper's latent flow (equation 3): dw/dt = f(w) / (‖f(w)‖ + 1e-6), where f is a chain of residual layers x ↦ Wx + b + x with leaky ReLU in
 * between, or a constant.
 *
 * Initial weights come from the seed, 0 when none is given: two directions of one shape then start alike, and training repeats. For another start
 * give another seed: `new NeuralOdeDirection({ latentDim, depth, seed: 1 })`.
 *
 * Variables: W [in, out] and b [1, out] of each layer in turn, or the constant [1, d]. Initial weights are uniform within ±1/√d, as PyTorch's
 * Linear; the constant is standard normal.
 */
export class NeuralOdeDirection extends FlowDirection {
  readonly kind = "neural-ode";
  readonly latentDim: number;
  readonly depth: number;
  readonly negativeSlope: number;
  readonly variables: Variable[];
  override solver: FlowSolver;

  constructor(options: NeuralOdeOptions) {
    super();
    const settings = readOptions("NeuralOdeDirection", NEURAL_ODE, options, LatentEditError);
    const { latentDim, depth, negativeSlope, seed } = settings;
    if (depth === 0) throw new LatentEditError("NeuralOdeDirection: expected depth 1 or more, or −1 for a constant, got 0.");
    this.latentDim = latentDim;
    this.depth = depth;
    this.negativeSlope = negativeSlope;
    this.solver = settings.solver;
    const random = new SeededRandom(seed);
    const bound = 1 / Math.sqrt(latentDim);
    const uniform = (rows: number) => variable(random.uniformTensor([rows, latentDim], -bound, bound));
    this.variables = tidy(() =>
      depth === -1
        ? [variable(random.normalTensor([1, latentDim]))]
        : Array.from({ length: depth }, () => [uniform(latentDim), uniform(1)]).flat(),
    );
  }

  /** f before normalisation. w [n, d] → [n, d] */
  field(w: Tensor2D): Tensor2D {
    this.checkRows("field", w);
    const variables = this.variables as (Variable & Tensor2D)[];
    if (this.depth === -1) return tile(variables[0]!, [w.shape[0], 1]);
    let x = w;
    for (let i = 0; i < variables.length; i += 2) {
      const input = i === 0 ? x : this.leakyRelu(x);
      x = add(add(matMul(input, variables[i]!), variables[i + 1]!), input);
    }
    return x;
  }

  velocity(w: Tensor2D): Tensor2D {
    this.checkRows("velocity", w);
    return tidy(() => {
      const field = this.field(w);
      const length = sqrt(sum(square(field), 1, true));
      return div(field, add(length, SPEED_EPSILON)) as Tensor2D;
    });
  }

  protected moveRows(rows: Tensor2D, times: readonly number[], options: FlowOptions): Tensor3D {
    return flowAtTimes(this.rightHandSide, rows, times, this.integration(options));
  }

  protected moveEachRow(rows: Tensor2D, times: readonly number[], options: FlowOptions): Tensor2D {
    return flowEachRow(this.rightHandSide, rows, times, this.integration(options));
  }

  private integration({ solver = this.solver, gradient = "steps" }: FlowOptions): Integration {
    return { solver, gradient };
  }

  private readonly rightHandSide: Velocity = (w) => this.velocity(w);

  /** From ReLUs, since tfjs' own leaky ReLU has no second derivative. */
  private leakyRelu(x: Tensor2D): Tensor2D {
    return sub(relu(x), mul(relu(mul(x, -1)), this.negativeSlope));
  }
}
