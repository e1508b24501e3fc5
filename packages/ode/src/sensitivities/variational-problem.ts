import { OdeError } from "../errors.js";
import type { NumberTree } from "../input/numbers-like.js";
import { preparePlan } from "../input/plan.js";
import type { CheckedCall } from "../input/problem.js";
import { assemble } from "../input/problem.js";
import { widthOf } from "../linear-algebra/band.js";
import { checkFits, flatMatrix } from "../state/float64-jacobian.js";
import { Float64Space } from "../state/float64-space.js";
import type { JacobianPlan } from "../state/given-jacobian.js";
import { type OwnErrorTest, tolerancesByLeaf } from "../state/tolerances.js";
import type { TreeStructure } from "../state/tree.js";
import { newStatistics, type Statistics } from "../status.js";
import type { Problem, StepSettings } from "../stepping/problem.js";
import { Derivatives } from "./derivatives.js";
import { type Column, type VariationalSource, variationalEquations } from "./variational-equations.js";
import { VariationalLinearizer } from "./variational-linearizer.js";

type Leaves = readonly (number | Float64Array)[];

/** A call whose f has parameters, checked; its options without those of Jacobians. */
export interface ParametricCall extends CheckedCall {
  readonly y0: { readonly kind: "numbers"; readonly structure: TreeStructure; readonly leaves: (number | Float64Array)[] };
  readonly parameters: NumberTree;
  /** Typical sizes of the parameters. */
  readonly scales: Float64Array;
  readonly jacobian: JacobianPlan;
  readonly parameterJacobian: ((t: number, y: unknown, parameters: unknown) => unknown) | undefined;
}

/** y with its sensitivities as one problem, and the spaces of y and of the parameters. */
export interface Variational {
  readonly problem: Problem<Float64Array>;
  readonly states: Float64Space;
  /** Numbers in y. */
  readonly size: number;
}

/** The variational equations of a call, for some columns of sensitivities. */
export function variationalProblem(call: ParametricCall, columns: readonly Column[]): Variational {
  const { caller, y0, options, methods, extra, times, parameters } = call;
  const plan = preparePlan(caller, options, methods, extra, times.values, Float64Space.defaultTolerances);
  const states = new Float64Space(caller, y0.structure, y0.leaves);
  const copies = 1 + columns.length;
  const repeat = <T>(values: readonly T[]): T[] => Array.from({ length: copies }, () => values).flat();
  const all = new Float64Space(caller, { kind: "array", children: repeat([y0.structure]) }, repeat(y0.leaves));
  const start = states.pack(y0.leaves);
  const size = start.length;
  const statistics = newStatistics();
  const f = parametricDynamics(call, states, statistics);
  const floors = floorsOf(plan.steps, call);
  const band = call.jacobian.band && checkFits(caller, call.jacobian.band, size);
  const derivatives = new Derivatives(
    {
      size,
      parameters: parameters.values,
      scales: call.scales,
      floors,
      band,
      f: f.displaced,
      recycle: (slope) => states.recycle(slope),
      jacobian: matrixInto(call, states, "jacobian", call.jacobian.given, size * (band === undefined ? size : widthOf(band))),
      parameterJacobian: matrixInto(call, states, "parameterJacobian", call.parameterJacobian, size * parameters.values.length),
    },
    columns.some(({ parameter }) => parameter !== undefined),
  );
  const whole = new Float64Array(size * copies);
  whole.set(start);
  columns.forEach((column, k) => {
    column.start.forEach((value, i) => {
      whole[(k + 1) * size + i] = value * column.scale;
    });
  });
  const source: VariationalSource = {
    size,
    columns,
    f: f.counted,
    derivatives,
    band,
    allocate: () => all.clone(whole),
    recycle: (slope) => (slope.length === size ? states : all).recycle(slope),
  };
  const equations = variationalEquations(source);
  const inner = plan.method.implicit?.({
    caller,
    size,
    statistics,
    band,
    f: f.counted,
    recycle: (state) => states.recycle(state),
    given: (t, y) => {
      derivatives.at(t, y);
      return derivatives.byState;
    },
  });
  const linearizer = inner && new VariationalLinearizer(source, inner, equations, floors, plan.method.exactJacobian === true);
  const { steps } = plan;
  const own = steps.kind === "adaptive" ? steps.ownTest : undefined;
  const measure = own && all.measure(repeatedTest(own, copies));
  const { onStep } = options;
  const problem = {
    ...assemble(call, plan, all, equations, whole, statistics, measure),
    linearizer,
    // y alone, without its derivatives.
    onStep: onStep && ((t: number, state: Float64Array, h: number) => onStep(t, states.present(state.slice(0, size)), h)),
  };
  return { problem, states, size };
}

/** f on packed states: for steps, and with parameters displaced, counted apart. */
function parametricDynamics({ f, parameters, caller }: ParametricCall, states: Float64Space, statistics: Statistics) {
  const space = new Float64Space(caller, parameters.structure, parameters.leaves);
  const own = space.present(parameters.values);
  let [current, forDerivatives] = [own, false];
  const dynamics = states.dynamics((t, y) => {
    if (forDerivatives) statistics.nfeJacobian = (statistics.nfeJacobian ?? 0) + 1;
    else statistics.nfe++;
    return f(t, y, current);
  });
  return {
    counted: dynamics,
    displaced(t: number, y: Float64Array, values: Float64Array): Float64Array {
      [current, forDerivatives] = [values === parameters.values ? own : space.present(values), true];
      try {
        return dynamics(t, y);
      } finally {
        [current, forDerivatives] = [own, false];
      }
    },
  };
}

/** A matrix of the user's, copied into an array of its length. */
function matrixInto(
  { caller, parameters }: ParametricCall,
  states: Float64Space,
  name: string,
  given: ((t: number, y: unknown, parameters: unknown) => unknown) | undefined,
  length: number,
) {
  if (given === undefined) return undefined;
  const own = new Float64Space(caller, parameters.structure, parameters.leaves).present(parameters.values);
  return (t: number, y: Float64Array, into: Float64Array): void => {
    const matrix = flatMatrix(caller, given(t, states.present(y), own), name);
    if (matrix.length !== length)
      throw new OdeError(`${caller}: expected ${name} to return ${length} numbers in rows, got ${matrix.length}.`);
    for (let i = 0; i < length; i++) into[i] = matrix[i]!;
  };
}

/** The absolute tolerance of each number of y: what is smaller does not matter. */
function floorsOf(steps: StepSettings, { caller, y0 }: ParametricCall): Float64Array | undefined {
  if (steps.kind !== "adaptive") return undefined;
  const sizes = y0.leaves.map(lengthOf);
  const given = tolerancesByLeaf(caller, "atol", steps.ownTest?.atol ?? steps.tolerances.atol, y0.structure, sizes);
  return Float64Array.from(
    given.flatMap((value, leaf) => (typeof value === "number" ? Array(sizes[leaf]!).fill(value) : [...value])),
  );
}

const lengthOf = (leaf: Leaves[number]) => (typeof leaf === "number" ? 1 : leaf.length);

/** The user's error test for y and each sensitivity alike. */
function repeatedTest({ rtol, atol, norm }: OwnErrorTest, copies: number): OwnErrorTest {
  const each = (given: unknown) => (typeof given === "object" ? Array(copies).fill(given) : given);
  const largest = (errors: unknown) =>
    (errors as readonly unknown[]).reduce((most: number, error) => {
      const size = norm!(error) as number;
      return Math.max(size, most);
    }, 0);
  return { rtol: each(rtol), atol: each(atol), norm: norm && largest };
}
